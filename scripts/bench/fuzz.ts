/**
 * `bench fuzz`: wrong inputs without number for whatever takes input: never an error that is not ours, a hang, or memory that grows.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import * as Usage from '../../src/cli/Usage.ts'
import * as Decoders from './fuzz/Decoders.ts'
import * as Http from './fuzz/Http.ts'
import type { RunOptions } from './Output.ts'
import * as Output from './Output.ts'

export const help = `Usage: npm run -s bench -- fuzz [--cases N] [--seed N] [--only PART] [--json]

  --cases N     wrong inputs for each decoder, and requests to the service's routes (100000)
  --seed N      the first seed; each case has its own (1)
  --only PART   those whose name has this in it; the routes' is 'routes'
  --json        one JSON document: results by name

Exit code 1 where an error is not ours, a case takes longer than a second, memory grows, or requests changed the ledger.
`

const slowMs = 1000
/** Of memory in use from a tenth of the cases to the end. */
const mostGrowthBytes = 8 * 2 ** 20
const shownFaults = 3

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const inUse = (): number => {
  collect()
  return process.memoryUsage().heapUsed
}

export interface Fuzzed {
  readonly name: string
  readonly cases: number
  readonly taken: number
  readonly refused: number
  /** Untyped errors and broken promises, with their seeds; the first few. */
  readonly faults: readonly string[]
  readonly faulty: number
  readonly slowestMs: number
  readonly growthBytes: number
}

const fuzz = (decoder: Decoders.Decoder, cases: number, first: number): Fuzzed => {
  const faults: string[] = []
  let [taken, refused, faulty, slowestMs, begun] = [0, 0, 0, 0, 0]
  for (let i = 0; i < cases; i++) {
    if (i === Math.floor(cases / 10)) begun = inUse()
    const startedMs = performance.now()
    const outcome = Decoders.outcome(decoder, first + i)
    slowestMs = Math.max(slowestMs, performance.now() - startedMs)
    if (outcome === 'taken') taken++
    else if (outcome === 'refused') refused++
    else if (faulty++ < shownFaults) faults.push(outcome)
  }
  return { name: decoder.name, cases, taken, refused, faults, faulty, slowestMs, growthBytes: inUse() - begun }
}

const isBad = ({ faulty, slowestMs, growthBytes }: Fuzzed): boolean =>
  faulty > 0 || slowestMs > slowMs || growthBytes > mostGrowthBytes

const wholeNumber = (name: string, text: string): number => {
  if (!/^[1-9]\d{0,8}$/.test(text))
    throw new Usage.UsageError('value', `--${name} takes a whole number from 1, not '${text}'.`)
  return Number(text)
}

export const run = async ({ args, json }: RunOptions): Promise<number> => {
  const { values } = Usage.parse({
    args,
    options: {
      cases: { type: 'string', default: '100000' },
      seed: { type: 'string', default: '1' },
      only: { type: 'string', default: '' },
    },
  })
  const [cases, seed] = [wholeNumber('cases', values.cases), wholeNumber('seed', values.seed)]
  const chosen = Decoders.decoders.filter(({ name }) => name.includes(values.only))
  const withRoutes = 'routes'.includes(values.only)
  if (chosen.length === 0 && !withRoutes)
    throw new Usage.UsageError('value', `--only: nothing has '${values.only}' in its name.`)
  const results = chosen.map((decoder) => {
    const result = fuzz(decoder, cases, seed)
    Output.say(`${result.name}: ${isBad(result) ? `${result.faulty} faults` : 'holds'}`)
    return result
  })
  const routes = withRoutes ? [await Http.run(cases, seed)] : []
  for (const result of routes) Output.say(`routes: ${Http.isBad(result) ? `${result.faulty} faults` : 'holds'}`)
  const all = [...results, ...routes]
  const rows = all.map(({ name, taken, refused, faulty, slowestMs, growthBytes }) => [
    ...[name, ...[taken, refused, faulty].map(Output.grouped), slowestMs.toFixed(1), Output.grouped(growthBytes)],
  ])
  const columns = ['', 'taken', 'refused', 'faults', 'slowest ms', 'growth in bytes']
  Output.print(json, { cases, seed, results: all, basis: 'measured' }, () =>
    [Output.table(columns, rows, [1, 2, 3, 4, 5]), ...all.flatMap(({ faults }) => faults)].join('\n'),
  )
  return results.some(isBad) || routes.some(Http.isBad) ? 1 : 0
}
