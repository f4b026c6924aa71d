/**
 * `bench scale`: what an account costs the service in memory when there are a million, and whether a payment takes longer then. Every account
 * has money, and was paid or has paid, so that it waits for settlement: as much as the service ever keeps of one.
 */

import { join } from 'node:path'
import * as Scratch from '../../src/cli/Scratch.ts'
import * as Usage from '../../src/cli/Usage.ts'
import { median } from '../../src/report/Percentiles.ts'
import { grouped, print, type Result, type RunOptions, resultsTable, say } from './Output.ts'
import * as Books from './scale/Books.ts'
import * as Memory from './scale/Memory.ts'
import * as Pace from './scale/Pace.ts'

export const help = `Usage: npm run -s bench -- scale [--accounts N] [--json]

  --accounts N   of the large ledger (default: 1000000); the small one has 1 000

memory: bytes of this process for each account, after garbage collection: heap and buffers, or resident memory where that grew more.
growth: time of a payment among so many accounts against one among 1 000, medians of samples taken in turn; accepted as a service does it
(parsed, signature checked, ordered, applied, on disk, credited). growth.ledger: of that, only the rules and the books, without hashing
the signature and without the disk: where accounts are looked up, and so where growth would come from.
`

const small = 1_000
const samples = 9
const paymentsASample = 2_500

const parse = (args: string[]): number => {
  const { values } = Usage.parse({ args, options: { accounts: { type: 'string', default: '1000000' } } })
  if (!/^[1-9]\d{3,6}$/.test(values.accounts))
    throw new Usage.UsageError(
      'value',
      `--accounts wants a whole number from 1000 to 9999999, not '${values.accounts}'.`,
    )
  return Number(values.accounts)
}

/** Medians in turn, so that what else the machine does falls on both alike. */
const paces = async (both: readonly Pace.Site[]): Promise<{ accept: number[]; ledger: number[] }> => {
  const accept: number[][] = both.map(() => [])
  const ledger: number[][] = both.map(() => [])
  for (let sample = 0; sample <= samples; sample++)
    for (const [i, site] of both.entries()) {
      const took = { accept: await site.accept(), ledger: site.books() }
      // The first one warms up.
      if (sample === 0) continue
      accept[i]?.push(took.accept)
      ledger[i]?.push(took.ledger)
    }
  return { accept: accept.map(median), ledger: ledger.map(median) }
}

const ratioRows = (name: string, [few, many]: readonly number[], accounts: number): Result[] => [
  { name: `${name}.${small}`, value: few as number, unit: 'µs a payment', samples },
  { name: `${name}.${accounts}`, value: many as number, unit: 'µs a payment', samples },
]

export const run = async ({ args, json }: RunOptions): Promise<number> => {
  const accounts = parse(args)
  const folder = Scratch.folder()
  try {
    say(`opening ${grouped(accounts)} accounts`)
    const before = Memory.now()
    const large = Books.open(accounts)
    const memory = Memory.grown(before, Memory.now())
    say(`signing ${grouped(4 * (samples + 1) * paymentsASample)} payments`)
    const plan = { samples: samples + 1, payments: paymentsASample }
    const sites = [Books.open(small), large].map((books, i) => Pace.open(join(folder, String(i)), books, plan))
    say(`accepting them: among ${grouped(small)} and among ${grouped(accounts)} accounts in turn`)
    const { accept, ledger } = await paces(sites)
    for (const site of sites) site.close()
    const growth = (pace: readonly number[]) => (pace[1] as number) / (pace[0] as number)
    const results: Result[] = [
      { name: 'memory', value: memory.bytes / accounts, unit: 'bytes/account', samples: accounts },
      { name: 'memory.rows', value: memory.buffers / accounts, unit: 'bytes/account in buffers' },
      { name: 'growth', value: growth(accept), unit: 'times', ratio: growth(accept), of: `pace.${small}`, samples },
      ...ratioRows('pace', accept, accounts),
      {
        ...{ name: 'growth.ledger', value: growth(ledger), unit: 'times', ratio: growth(ledger) },
        ...{ of: `ledger.${small}`, samples },
      },
      ...ratioRows('ledger', ledger, accounts),
    ]
    print(json, { results, basis: 'measured' }, () => resultsTable(results))
    return 0
  } finally {
    Scratch.remove(folder)
  }
}
