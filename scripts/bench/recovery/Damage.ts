/**
 * `bench recovery --damage`: every round a service on a real chain acknowledges payments, an accident happens to its folder or its clock, and
 * a service is started again: every acknowledged payment must be there once, or the journal, or the question, must be refused by a code
 * that names what is missing (I19, I20). What is lost or repeated without a word is counted as silent.
 */
import { rmSync } from 'node:fs'
import * as Output from '../Output.ts'
import * as Check from './DamageCheck.ts'
import { type Fault, faults } from './DamageFaults.ts'
import * as World from './DamageWorld.ts'
import { fractions } from './Fractions.ts'

export interface Options {
  readonly rounds: number
  readonly seed: number
  /** Payments in the journal before the first round: 66 000 and more have an index and snapshots. */
  readonly payments: number
  /** Which faults; left out: all. */
  readonly kinds?: readonly string[]
  /** Done to a folder before each start on it: a control that takes a mechanism away. */
  readonly blind?: (data: string) => void
}

export interface Found {
  readonly faults: { readonly [kind: string]: number }
  readonly acknowledged: number
  readonly lost: number
  readonly repeated: number
  readonly silent: number
  readonly refused: { readonly [code: string]: number }
  /** What was silent, in words. */
  readonly failed: readonly string[]
  readonly seconds: number
}

/** Rounds of the same journal; then it has more payments, and its folder of before is the older copy. */
const roundsBetween = 8

/** A service on the living journal acknowledges some more and is killed. */
const advance = async (world: World.World, older: string, fraction: () => number): Promise<void> => {
  world.copy(world.data, older)
  const started = await world.start(world.data)
  if ('refusal' in started) throw started.refusal
  await world.pay(started.client, 10 + Math.floor(fraction() * 60))
  await world.kill(started.child)
}

const add = (counts: { [name: string]: number }, name: string): void => {
  counts[name] = (counts[name] ?? 0) + 1
}

export const rounds = async ({ rounds: many, seed, payments, kinds, blind }: Options): Promise<Found> => {
  const fraction = fractions(seed)
  const chosen = Object.entries(faults).filter(([kind]) => kinds === undefined || kinds.includes(kind))
  const counted: { [kind: string]: number } = {}
  const refused: { [code: string]: number } = {}
  const failed: string[] = []
  let [lost, repeated] = [0, 0]
  const began = performance.now()
  const real = await World.create(payments)
  const start: World.World['start'] = (data, fence) => {
    blind?.(data)
    return real.start(data, fence)
  }
  const world: World.World = { ...real, start }
  const older = world.place('older')
  try {
    for (let round = 0; round < many; round++) {
      if (round % roundsBetween === 0) await advance(real, older, fraction)
      // Each kind in turn, so that few rounds have many kinds.
      const [kind, fault] = chosen[round % chosen.length] as [string, Fault]
      const outcome = new Check.Outcome()
      await fault(world, older, fraction, outcome)
      add(counted, kind)
      for (const code of outcome.refused) add(refused, code)
      lost += outcome.lost
      repeated += outcome.repeated
      failed.push(...outcome.silent.map((what) => `round ${round + 1}, ${kind}: ${what}`))
      if ((round + 1) % 20 === 0) Output.say(`round ${round + 1}/${many}: ${failed.length} silent`)
    }
    const acknowledged = real.count()
    const seconds = (performance.now() - began) / 1000
    return { faults: counted, acknowledged, lost, repeated, silent: failed.length, refused, failed, seconds }
  } finally {
    rmSync(older, { recursive: true, force: true })
    await world.close()
  }
}

/** Prints what was found. Resolves with the exit code. */
export const run = async (options: Pick<Options, 'rounds' | 'seed'>, json: boolean): Promise<number> => {
  Output.say(`${options.rounds} accidents with folders and clocks …`)
  const found = await rounds({ ...options, payments: 70_000 })
  const { faults: kinds, refused, failed, seconds, ...counts } = found
  const fields = { rounds: options.rounds, seed: options.seed, faults: kinds, ...counts, refused, failed }
  const rows = [
    ...Object.entries(kinds).map(([kind, many]) => [kind, String(many)]),
    ['payments acknowledged', Output.grouped(counts.acknowledged)],
    ['lost / repeated / silent', `${counts.lost} / ${counts.repeated} / ${counts.silent}`],
    ...Object.entries(refused).map(([code, many]) => [`refused by ${code}`, String(many)]),
    ['seconds', seconds.toFixed(0)],
  ]
  Output.print(json, { ...fields, seconds, basis: 'measured' }, () =>
    [Output.table(['', 'measured'], rows, [1]), ...failed].join('\n'),
  )
  return counts.lost + counts.repeated + counts.silent === 0 ? 0 : 1
}
