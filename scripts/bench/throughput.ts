/**
 * `bench throughput`: payments accepted a second on one core and on two, and records replayed a second, each beside `R`: the rate at which one core
 * recovers signatures with libsecp256k1 and does nothing else, measured in the same run, around each sample. One core means all of the process on
 * it: writing to disk and collecting garbage too.
 */

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { replay } from '../../src/clearing/Replay.ts'
import * as Scratch from '../../src/cli/Scratch.ts'
import * as Ledger from '../../src/core/Ledger.ts'
import { median } from '../../src/report/Percentiles.ts'
import * as Embedded from '../../src/store/Embedded.ts'
import { print, type Result, type RunOptions, resultsTable, say } from './Output.ts'
import { dollar } from './throughput/Acceptance.ts'
import * as Chain from './throughput/Chain.ts'
import * as Cores from './throughput/Cores.ts'
import type { Sample } from './throughput/Sampler.ts'

export const help = `Usage: npm run -s bench -- throughput [--json]

Payments accepted a second (parsed, verified, ordered, applied, on disk, credit and proof made) by a process on one core, and by one on two;
records replayed a second; members settled a second on a local chain. Ratios are to R, one core that only recovers signatures, in the same run;
each is the median of the samples' own ratios.
`

const samples = 9
/** Before them, until everything that runs often is compiled. */
const warmUps = 2

interface Pair {
  readonly one: Sample
  readonly two: Sample
}

/** The two take turns, so that whatever else the machine does meets both. */
const accepting = async (folders: readonly [string, string]): Promise<Pair[]> => {
  say(Cores.canHold ? 'each process is held on its cores' : 'no taskset here: the system may use more cores than one')
  const [one, two] = folders.map((folder, i) => Cores.start(i + 1, folder, i, samples + warmUps)) as [
    Cores.Sampler,
    Cores.Sampler,
  ]
  const pairs: Pair[] = []
  for (let i = 0; i < warmUps + samples; i++) {
    const pair = { one: await one.sample(), two: await two.sample() }
    if (i < warmUps) continue
    pairs.push(pair)
    const of = ({ accepted, cores }: Sample): string =>
      `${Math.round(accepted)} payments/s (had ${cores.toFixed(2)} cores)`
    say(`R ${Math.round(pair.one.r)}, one core ${of(pair.one)}, two cores ${of(pair.two)}`)
  }
  await Promise.all([one.close(), two.close()])
  return pairs
}

const replaying = (folder: string): number[] => {
  const journal = Embedded.read(folder)
  const measured: number[] = []
  for (let i = 0; i <= samples; i++) {
    const began = performance.now()
    replay(journal, Ledger.create([dollar]))
    const rate = (1000 * journal.end) / (performance.now() - began)
    if (i > 0) measured.push(rate)
  }
  journal.close()
  return measured
}

export const run = async ({ json }: RunOptions): Promise<number> => {
  const folder = Scratch.folder()
  try {
    const folders = [join(folder, 'one'), join(folder, 'two')] as const
    for (const each of folders) mkdirSync(each)
    const pairs = await accepting(folders)
    const [ones, twos] = [pairs.map(({ one }) => one.accepted), pairs.map(({ two }) => two.accepted)]
    const row = (name: string, unit: string, values: readonly number[]): Result => ({
      ...{ name, value: median(values), unit, samples: values.length },
    })
    const results: Result[] = [
      row(
        'R',
        'recoveries/s',
        pairs.map(({ one }) => one.r),
      ),
      {
        ...row('accept.1core', 'payments/s', ones),
        ratio: median(pairs.map(({ one }) => one.accepted / one.r)),
        of: 'R',
      },
      {
        ...row('accept.2cores', 'payments/s', twos),
        ...{ ratio: median(pairs.map(({ one, two }) => two.accepted / one.accepted)), of: 'accept.1core' },
      },
      row('replay', 'records/s', replaying(folders[0])),
      await Chain.measure(),
    ]
    const coresHad = { one: median(pairs.map(({ one }) => one.cores)), two: median(pairs.map(({ two }) => two.cores)) }
    print(json, { heldOnCores: Cores.canHold, coresHad, results }, () => resultsTable(results))
    return 0
  } finally {
    Scratch.remove(folder)
  }
}
