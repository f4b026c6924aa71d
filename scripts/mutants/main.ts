/**
 * `npm run -s mutants`: would the contract tests notice? Changes the contracts in one place at a time and runs the tests on each change.
 * A change that no test notices is listed; one that cannot be noticed, because nothing that anybody could see changes, is explained in
 * explained.json beside this file. No part of `npm test`: thousands of compilations take their time.
 */
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import * as Ending from '../../src/cli/Ending.ts'
import * as Entry from '../../src/cli/Entry.ts'
import * as OutFolder from '../../src/cli/OutFolder.ts'
import * as Usage from '../../src/cli/Usage.ts'
import * as Compile from '../solidity/Compile.ts'
import * as Base from './Base.ts'
import * as Judge from './Judge.ts'
import { Kept } from './Kept.ts'
import { Killers } from './Killers.ts'
import { type Mutant, mutantsOf } from './Mutate.ts'
import * as Summary from './Summary.ts'

const folder = path.join(Compile.root, 'reports/mutants')
const batchSize = 10

const help = `Usage: npm run -s mutants -- [--only FILE] [--sample N] [--seed S] [--match TEXT] [--minutes M] [--again] [--out FILE] [--json] [--list]

Changes one operator, constant, condition or statement of the contracts at a time and runs the contract tests on each change. Verdicts
are kept in reports/mutants: the next run goes on from there, and after a change judges what it concerns.

  --only FILE    only files of contracts/ whose path contains FILE; may be repeated
  --match TEXT   only mutants whose name contains TEXT; may be repeated
  --sample N     N mutants, chosen at random, instead of all
  --seed S       which ones; the same seed gives the same sample (default 1)
  --minutes M    ends after so many minutes (0.5 is half a one) with what has been judged until then
  --again        judges again what was judged before
  --out FILE     where the verdicts go as JSON (default reports/mutants/summary.json)
  --json         print that document instead of a summary
  --list         name the mutants and judge none
  --help         this text

Ends with 0 where every survivor is explained in scripts/mutants/explained.json, and at least 95 % of the others were killed.
`

/** What was judged until somebody asks for an end is summed up all the same. */
const asked = new AbortController()
void Ending.asked().then((cause) => asked.abort(cause))

await Entry.run(() => main(process.argv.slice(2)))

async function main(args: string[]): Promise<number> {
  const { values } = Usage.parse({
    args,
    options: {
      ...{ only: { type: 'string', multiple: true }, match: { type: 'string', multiple: true } },
      ...{ sample: { type: 'string' }, seed: { type: 'string', default: '1' }, minutes: { type: 'string' } },
      out: { type: 'string', default: path.join(folder, 'summary.json') },
      again: { type: 'boolean' },
      ...{ json: { type: 'boolean' }, list: { type: 'boolean' }, help: { type: 'boolean' } },
    },
  })
  if (values.help) {
    process.stdout.write(help)
    return 0
  }
  const files = Base.ownFiles().filter((file) => values.only?.some((part) => file.includes(part)) ?? true)
  const all = mutantsOf(files).filter(({ key }) => values.match?.some((part) => key.includes(part)) ?? true)
  if (all.length === 0) throw new Usage.UsageError('value', 'there is no such mutant.')
  OutFolder.ensure(path.dirname(values.out))
  const seed = Usage.wholeNumber('--seed', values.seed, 0, 999_999_999)
  const mutants =
    values.sample === undefined ? all : sampled(all, Usage.wholeNumber('--sample', values.sample, 0, 999_999_999), seed)
  if (values.list) {
    for (const { file, line, key } of mutants) process.stdout.write(`${file}:${line} ${key}\n`)
    return 0
  }
  const until =
    values.minutes === undefined ? Number.POSITIVE_INFINITY : Date.now() + 60_000 * minutesOf(values.minutes)
  const judged = await judgeAll(mutants, until, values.again ?? false)
  const summary = Summary.of(judged, {
    of: all.length,
    seed,
    whole: judged.length === all.length && !values.only && !values.match,
  })
  writeFileSync(values.out, Summary.toJson(summary))
  process.stdout.write(values.json ? Summary.toJson(summary) : Summary.toText(summary))
  if (asked.signal.aborted) return Ending.exitCodes[asked.signal.reason as Ending.Cause]
  return Summary.isGood(summary) ? 0 : 1
}

function minutesOf(text: string): number {
  if (!/^\d{1,6}(\.\d{1,3})?$/.test(text))
    throw new Usage.UsageError('value', `--minutes takes a number, not '${text}'.`)
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

async function judgeAll(mutants: readonly Mutant[], until: number, again: boolean): Promise<Summary.Judged[]> {
  const began = Date.now()
  const base = await Base.prepare(folder, say)
  const kept = new Kept(path.join(folder, 'verdicts.jsonl'), Base.read(base))
  const killers = new Killers()
  const judged: Summary.Judged[] = []
  const open: Mutant[] = []
  for (const mutant of mutants) {
    const verdict = again ? undefined : kept.verdictOn(mutant)
    if (verdict) judged.push({ ...mutant, ...verdict })
    else open.push(mutant)
    killers.note(mutant, verdict ?? {})
  }
  say(`${judged.length} of ${mutants.length} were judged before`)
  const isOver = () => asked.signal.aborted || Date.now() > until
  const judge = Judge.open({ base })
  let fresh = 0
  for (const batch of batchesOf(open)) {
    if (isOver()) break
    await judge.take({ file: batch[0]?.file ?? '', contents: batch.map(({ content }) => content) })
    for (const [index, mutant] of batch.entries()) {
      if (isOver()) break
      const order = killers.orderFor(mutant, kept.lastKiller(mutant))
      const verdict = await judge.judge({ index, order, explained: mutant.key in Summary.reasons })
      killers.note(mutant, verdict)
      judged.push({ ...mutant, ...verdict })
      kept.add(mutant, verdict)
      if (verdict.outcome === 'survived') say(`survived: ${mutant.file}:${mutant.line} ${mutant.key}`)
      if (++fresh % 50 === 0) say(`${fresh} of ${open.length} in ${seconds(began)} s`)
    }
  }
  judge.close()
  return judged
}

/** Mutants of one file, few enough for the compiler's memory and for an end in good time. */
function batchesOf(mutants: readonly Mutant[]): Mutant[][] {
  const batches: Mutant[][] = []
  for (const file of new Set(mutants.map((mutant) => mutant.file))) {
    const group = mutants.filter((mutant) => mutant.file === file)
    for (let from = 0; from < group.length; from += batchSize) batches.push(group.slice(from, from + batchSize))
  }
  return batches
}

function seconds(began: number): number {
  return Math.round((Date.now() - began) / 1000)
}

function say(text: string): void {
  process.stderr.write(`${text}\n`)
}
