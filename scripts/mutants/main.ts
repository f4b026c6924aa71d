/**
 * `npm run -s mutants`: would the contract tests notice? Changes the contracts in one place at a time and runs the tests on each change.
 * A change that no test notices is listed; one that cannot be noticed, because nothing that anybody could see changes, is explained in
 * explained.json beside this file. No part of `npm test`: thousands of compilations take their time.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import * as Suite from '../solidity/Suite.ts'
import * as Judge from './Judge.ts'
import { type Mutant, mutantsOf } from './Mutate.ts'
import * as Summary from './Summary.ts'

const help = `Usage: npm run -s mutants -- [--only FILE] [--sample N] [--seed S] [--match TEXT] [--minutes M] [--out FILE] [--json] [--list]

Changes one operator, constant, condition or statement of the contracts at a time and runs the contract tests on each change.

  --only FILE    only files of contracts/ whose path contains FILE; may be repeated
  --match TEXT   only mutants whose name contains TEXT; may be repeated
  --sample N     N mutants, chosen at random, instead of all
  --seed S       which ones; the same seed gives the same sample (default 1)
  --minutes M    ends after so many minutes with what has been judged until then
  --out FILE     where the verdicts go as JSON (default reports/mutants.json)
  --json         print that document instead of a summary
  --list         name the mutants and judge none
  --help         this text

Ends with 0 where every survivor is explained in scripts/mutants/explained.json, and at least 95 % of the others were killed.
`

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof TypeError)) throw error
  process.stderr.write(`${error.message}\n\n${help}`)
  process.exitCode = 2
}

async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      ...{ only: { type: 'string', multiple: true }, match: { type: 'string', multiple: true } },
      ...{ sample: { type: 'string' }, seed: { type: 'string', default: '1' }, minutes: { type: 'string' } },
      out: { type: 'string', default: 'reports/mutants.json' },
      ...{ json: { type: 'boolean' }, list: { type: 'boolean' }, help: { type: 'boolean' } },
    },
  })
  if (values.help) {
    process.stdout.write(help)
    return 0
  }
  const files = ownFiles().filter((file) => values.only?.some((part) => file.includes(part)) ?? true)
  const all = files.flatMap(mutantsOf).filter(({ key }) => values.match?.some((part) => key.includes(part)) ?? true)
  if (all.length === 0) throw new TypeError('There is no such mutant.')
  const seed = countOf('--seed', values.seed)
  const mutants = values.sample === undefined ? all : sampled(all, countOf('--sample', values.sample), seed)
  if (values.list) {
    for (const { file, line, key } of mutants) process.stdout.write(`${file}:${line} ${key}\n`)
    return 0
  }
  const minutes = values.minutes === undefined ? Number.POSITIVE_INFINITY : countOf('--minutes', values.minutes)
  const judged = await judgeAll(mutants, Date.now() + 60_000 * minutes)
  const summary = Summary.of(judged, {
    of: all.length,
    seed,
    whole: judged.length === all.length && !values.only && !values.match,
  })
  mkdirSync(path.dirname(values.out), { recursive: true })
  writeFileSync(values.out, Summary.toJson(summary))
  process.stdout.write(values.json ? Summary.toJson(summary) : Summary.toText(summary))
  return Summary.isGood(summary) ? 0 : 1
}

/** The clearing house, the meter and the tokens; `contracts/peers` is of the cost study and holds nobody's money. */
function ownFiles(): string[] {
  return Suite.contractFiles().filter((file) => !file.startsWith('contracts/peers/'))
}

function countOf(flag: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new TypeError(`${flag} takes a whole number, not '${text}'.`)
  return Number(text)
}

/** A shuffle by a small generator of its own, so that a seed means the same sample everywhere. */
function sampled(mutants: readonly Mutant[], count: number, seed: number): Mutant[] {
  let state = (seed * 2_654_435_761) >>> 0
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
  return mutants
    .map((mutant) => ({ mutant, rank: next() }))
    .sort((one, other) => one.rank - other.rank)
    .slice(0, count)
    .map(({ mutant }) => mutant)
}

async function judgeAll(mutants: readonly Mutant[], until: number): Promise<Summary.Judged[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'sunledger-mutants-'))
  const began = Date.now()
  try {
    const { artifacts, settings } = await baseline()
    const artifactsFile = path.join(folder, 'artifacts.json')
    writeFileSync(artifactsFile, JSON.stringify(artifacts))
    const judge = Judge.open({ artifactsFile, settings })
    const judged: Summary.Judged[] = []
    for (const mutant of mutants) {
      if (Date.now() > until) break
      const verdict = await judge.judge({ file: mutant.file, content: mutant.content })
      judged.push({ ...mutant, ...verdict })
      if (verdict.outcome === 'survived') say(`survived: ${mutant.file}:${mutant.line} ${mutant.key}`)
      if (judged.length % 25 === 0) say(`${judged.length}/${mutants.length} after ${seconds(began)} s`)
    }
    judge.close()
    return judged
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The tests must pass before a change can be found by their failing. */
async function baseline() {
  say('compiling contracts and tests')
  const files = [...Suite.contractFiles(), ...Suite.testFiles()]
  const { settings } = Suite
  const artifacts = Suite.artifactsOf(files, {}, settings)
  const options = { fuzzRuns: 32, invariantRuns: 3, depth: 160, gasLimit: 1n << 34n }
  const [failure] = await Suite.run(artifacts, Suite.suitesOf(artifacts), options)
  if (failure) throw new Error(`${failure.suite}.${failure.test} fails on the contracts as they are: ${failure.reason}`)
  return { artifacts, settings }
}

function seconds(began: number): number {
  return Math.round((Date.now() - began) / 1000)
}

function say(text: string): void {
  process.stderr.write(`${text}\n`)
}
