/** What `npm run test:deep` chooses, and how `.ci/run` sums up both runs. */
import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { check } from '../../scripts/test/counts.ts'
import { type DeepStep, deepSteps, fitting, minutesOf } from '../../scripts/test/deep.ts'
import { Runner } from '../../scripts/test/runner.ts'
import { root } from '../../scripts/test/steps.ts'

const step = (name: string, minutes: number): DeepStep => ({ name, title: name, minutes, args: [], count: check })

describe('the steps of test:deep', () => {
  it('behavior: each says how long it takes, and has a name of its own', () => {
    const steps = deepSteps()
    expect(steps.filter(({ minutes }) => !(minutes > 0))).toEqual([])
    expect(new Set(steps.map(({ name }) => name)).size).toBe(steps.length)
  })

  it('behavior: those that fit are chosen in their order, and the others are named', () => {
    const steps = [step('a', 2), step('b', 3), step('c', 90), step('d', 1)]
    expect(fitting(steps, 6)).toEqual({ chosen: [steps[0], steps[1], steps[3]], leftOut: [steps[2]] })
    expect(fitting(steps, 1)).toEqual({ chosen: [steps[3]], leftOut: steps.slice(0, 3) })
    expect(fitting(steps, Number.POSITIVE_INFINITY).leftOut).toEqual([])
  })

  it('error: a file whose first comment names no time', () => {
    expect(minutesOf('a', '/** Long.\n * @minutes 1.5 */\nimport')).toBe(1.5)
    for (const text of ['/** Long. */\n// @minutes 2 ', '// @minutes 2 ', '/** @minutes soon */', ''])
      expect(() => minutesOf('a', text)).toThrow(RangeError)
  })

  it('error: a step that hangs is ended, and has failed', async () => {
    const hanging = { ...step('hanging', 1), args: ['-e', 'setInterval(() => {}, 1000)'], limitMs: 200 }
    expect(await new Runner().run([hanging])).toEqual([{ passed: 0, failed: 1, skipped: 0 }])
  })
})

describe.skipIf(process.platform === 'win32')('.ci/run', () => {
  /** Runs it in a folder of its own, with an npm that says and ends as told. */
  const run = (test: string, deep: string) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'sunledger-ci-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    for (const name of ['.ci', 'bin']) mkdirSync(path.join(folder, name))
    copyFileSync(path.join(root, '.ci/run'), path.join(folder, '.ci/run'))
    const npm = path.join(folder, 'bin/npm')
    writeFileSync(npm, `#!/bin/sh\nif [ "$1" = test ]; then ${test}; else echo "asked: $*"; ${deep}; fi\n`)
    chmodSync(npm, 0o755)
    const env = { ...process.env, PATH: `${path.join(folder, 'bin')}:${process.env['PATH']}` }
    const { stdout, status } = spawnSync('bash', [path.join(folder, '.ci/run')], { env, encoding: 'utf8' })
    return { last: stdout.trimEnd().split('\n').at(-1), status, stdout }
  }

  it('behavior: the last line is the sum of both, and the long ones get what time is left', () => {
    const { last, status, stdout } = run("echo '5 passed, 0 failed'", "echo '2 passed, 0 failed'")
    expect({ last, status }).toEqual({ last: '7 passed, 0 failed', status: 0 })
    expect(stdout).toContain('asked: run test:deep -- --minutes 22')
  })

  it('error: red in either is red, also what ends badly or without a sum', () => {
    const green = "echo '5 passed, 0 failed'"
    expect(run("echo '4 passed, 1 failed'; exit 1", green)).toMatchObject({ last: '9 passed, 1 failed', status: 1 })
    expect(run(green, "echo '4 passed, 1 failed'; exit 1")).toMatchObject({ last: '9 passed, 1 failed', status: 1 })
    expect(run(green, 'exit 3')).toMatchObject({ last: '5 passed, 1 failed', status: 1 })
    expect(run(`${green}; exit 3`, green)).toMatchObject({ last: '10 passed, 1 failed', status: 1 })
    expect(run("echo '5 passed, 0 failed, 2 skipped'", green)).toMatchObject({ last: '5 passed, 1 failed', status: 1 })
  })
})
