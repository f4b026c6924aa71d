// How Vitest finds and runs the tests: the ones that mirror `src`, the end-to-end ones that start real processes, those that take long,
// and the one that keeps the order of the sources. Every file runs in a process of its own, because native signature checks and the
// local chain hold state that a worker thread would share.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

/** Node 22 and 24 warn that `node:sqlite` is experimental, once for each process; that says nothing about a test. */
const execArgv = ['--disable-warning=ExperimentalWarning']

/** What outlives a process, such as fence files, is kept out of the home of whoever runs the tests; child processes inherit it. */
const XDG_STATE_HOME = mkdtempSync(join(tmpdir(), 'sunledger-state-'))
process.once('exit', () => rmSync(XDG_STATE_HOME, { recursive: true, force: true }))

const shared = { pool: 'forks', execArgv, globals: false, restoreMocks: true, env: { XDG_STATE_HOME } } as const

export default defineConfig({
  test: {
    teardownTimeout: 20_000,
    projects: [
      {
        test: {
          ...shared,
          name: 'src',
          include: ['test/src/**/*.test.ts', 'test/launcher/**/*.test.ts', 'test/tidy.test.ts'],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          ...shared,
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
      {
        // Long by nature: `npm run test:deep`.
        test: {
          ...shared,
          name: 'deep',
          include: ['test/deep/**/*.test.ts'],
          testTimeout: 1_800_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
})
