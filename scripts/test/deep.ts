/**
 * The steps of `npm run test:deep`: what takes long by nature. Each file of `test/deep` is a step of its own, and says by `@minutes`
 * in its first comment how long it takes on two cores; the others are benches and tools, whose times stand here.
 */
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { check } from './counts.ts'
import { fromHardhatRun, root, type Step, tool, vitest } from './steps.ts'

export interface DeepStep extends Step {
  /** What it takes on two cores that do nothing else. */
  readonly minutes: number
}

/** A step that takes so many times longer than it says hangs, and has failed. */
const patience = 4

/**
 * What a file of `test/deep` says of its time.
 *
 * @throws RangeError where it does not say
 */
export function minutesOf(file: string, text: string): number {
  const comment = text.trimStart().startsWith('/**') ? text.slice(0, text.indexOf('*/')) : ''
  const [, minutes] = /@minutes (\d+(?:\.\d+)?)\s/.exec(comment) ?? []
  if (minutes === undefined) throw new RangeError(`${file} does not say '@minutes N' in its first comment.`)
  return Number(minutes)
}

/** All of them, in the order in which they run: test files first, quick ones before slow ones. */
export function deepSteps(): DeepStep[] {
  const files = globSync('test/deep/**/*.test.ts', { cwd: root }).map((file) => file.replaceAll('\\', '/'))
  const tests = files
    .map((file) => ({ file, minutes: minutesOf(file, readFileSync(path.join(root, file), 'utf8')) }))
    .sort((one, other) => one.minutes - other.minutes || (one.file < other.file ? -1 : 1))
    .map(({ file, minutes }) => ({
      ...vitest(path.basename(file, '.test.ts'), `Deep: ${file}`, ['--project=deep', file]),
      minutes,
    }))
  return [...tests, ...others()].map((step) => ({ ...step, limitMs: patience * step.minutes * 60_000 }))
}

const others = (): DeepStep[] => [
  bench('chaos', 'Chaos: kill -9 under load', 2, ['recovery', '--rounds', '60']),
  bench('fuzz', 'Wrong inputs for decoders and routes', 1, ['fuzz', '--cases', '20000']),
  {
    name: 'mutants',
    title: 'A sample of mutants of the contracts',
    minutes: 2,
    args: [script('mutants/main.ts'), '--sample', '60', '--out', 'reports/mutants/sample.json'],
    count: check,
  },
  {
    name: 'invariants',
    title: 'Contracts, a hundred times deeper',
    minutes: 90,
    args: [tool('hardhat/dist/src/cli.js'), 'test', 'solidity', '--test-profile', 'deep'],
    count: fromHardhatRun,
  },
]

const script = (file: string): string => path.join(root, 'scripts', file)

const bench = (name: string, title: string, minutes: number, args: readonly string[]): DeepStep => ({
  ...{ name, title, minutes, count: check },
  args: [script('bench/main.ts'), ...args],
})

/** What fits into so many minutes, in the order of the steps: one that is too long makes room for shorter ones behind it. */
export function fitting(
  steps: readonly DeepStep[],
  minutes: number,
): { readonly chosen: DeepStep[]; readonly leftOut: DeepStep[] } {
  let left = minutes
  const chosen = steps.filter((step) => {
    if (step.minutes > left) return false
    left -= step.minutes
    return true
  })
  return { chosen, leftOut: steps.filter((step) => !chosen.includes(step)) }
}
