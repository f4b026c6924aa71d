// How Vitest finds and runs the tests: the ones that mirror `src`, the end-to-end ones that start real processes, those that take long,
// and the one that keeps the order of the sources. Every file runs in a process of its own, because native signature checks and the
// local chain hold state that a worker thread would share.
import { defineConfig } from 'vitest/config'

/** Node 22 and 24 warn that `node:sqlite` is experimental, once for each process; that says nothing about a test. */
const execArgv = ['--disable-warning=ExperimentalWarning']

const shared = { pool: 'forks', execArgv, globals: false, restoreMocks: true } as const

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
          testTimeout: 60_000,
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
