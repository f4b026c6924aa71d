/** The faults of `bench recovery --damage`: what is done to a folder, at rest or under a running service. */
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { files } from '../../../src/cli/service.ts'
import * as Check from './DamageCheck.ts'
import type { World } from './DamageWorld.ts'

type Fraction = () => number

/** A round: what is done, and what came of it. `older` is a copy of the living folder from before its last payments. */
export type Fault = (world: World, older: string, fraction: Fraction, outcome: Check.Outcome) => Promise<void>

const logIn = (data: string): string => join(data, 'journal.log')

/** Files of the journal; keys and deployment are the operator's own. */
const journalFiles = (data: string): string[] =>
  readdirSync(data).filter((name) => /^(journal\.(log|mark)|index-|snapshot-)/.test(name))

const pick = <T>(list: readonly T[], fraction: Fraction): T => list[Math.floor(fraction() * list.length)] as T

/** Where groups begin, and where the last one ends. */
const groupEnds = (log: Buffer): number[] => {
  const ends: number[] = []
  let place = 512
  for (; place < log.length; place += 32 + log.readUInt32LE(place + 8)) ends.push(place)
  return [...ends, place]
}

/** A place in a file: its start and its end are as likely as all between. */
const placeIn = (size: number, fraction: Fraction): number => {
  const near = pick(['start', 'end', 'anywhere'] as const, fraction)
  const span = near === 'anywhere' ? size : Math.min(size, 1024)
  return Math.floor(fraction() * span) + (near === 'end' ? size - span : 0)
}

const spoil = (data: string, fraction: Fraction, change: (bytes: Buffer, at: number) => Buffer): void => {
  const path = join(data, pick(journalFiles(data), fraction))
  const bytes = readFileSync(path)
  writeFileSync(path, change(bytes, placeIn(bytes.length, fraction)))
}

/** Damages a copy that no fence knows, so that only what is in the folder speaks for itself, and starts a service on it. */
const atRest =
  (damage: (data: string, fraction: Fraction, older: string) => void): Fault =>
  async (world, older, fraction, outcome) => {
    const data = world.place('copy')
    world.copy(world.data, data)
    damage(data, fraction, older)
    await world.undone(async () => {
      const started = await world.start(data, world.place('fence.json'))
      await Check.check(world, data, started, outcome, fraction)
    })
  }

/** A copy that must not start at all. */
const copied =
  (make: (world: World, older: string) => string): Fault =>
  async (world, older, fraction, outcome) => {
    const data = make(world, older)
    await world.undone(async () => {
      await Check.check(world, data, await world.start(data), outcome, fraction, true)
    })
  }

/** An accident under a service that is paid: from then on no receipt may be given. */
const running =
  (accident: (data: string, older: string) => void): Fault =>
  async (world, older, _, outcome) => {
    const data = world.place('copy')
    const fence = world.place('fence.json')
    world.copy(world.data, data)
    await world.undone(async () => {
      const started = await world.start(data, fence)
      if ('refusal' in started) throw started.refusal
      await world.pay(started.client, 10)
      accident(data, older)
      const { paid, code } = await world.pay(started.client, 10)
      for (let i = 0; i < paid; i++) outcome.isLost('a payment was acknowledged into a journal that was gone')
      if (code !== undefined) outcome.refusedBy(code, code)
      await world.kill(started.child)
      // Whatever is in its place now must not pass for it.
      mkdirSync(data, { recursive: true })
      for (const path of Object.values(files(world.data))) cpSync(path, join(data, path.slice(world.data.length)))
      const again = await world.start(data, fence)
      if ('refusal' in again) outcome.refusedBy(again.refusal.code, again.refusal.actual)
      else {
        outcome.isLost('another journal was started in its place')
        await world.kill(again.child)
      }
      rmSync(`${data}.away`, { recursive: true, force: true })
    })
  }

const hourMs = 3_600_000

/** The service's clock jumps while it is paid. */
const clockJumps: Fault = async (world, _, fraction, outcome) => {
  const data = world.place('copy')
  const fence = world.place('fence.json')
  world.copy(world.data, data)
  await world.undone(async () => {
    world.clock(0)
    const started = await world.start(data, fence)
    if ('refusal' in started) throw started.refusal
    await world.pay(started.client, 10)
    world.clock((fraction() < 0.5 ? -1 : 1) * hourMs * 10 ** Math.floor(fraction() * 4))
    await new Promise((resolve) => setTimeout(resolve, 50))
    await world.pay(started.client, 10)
    await world.kill(started.child)
    world.clock(undefined)
    await Check.check(world, data, await world.start(data, fence), outcome, fraction)
  })
}

const lastGroups = (data: string, fraction: Fraction): void => {
  const ends = groupEnds(readFileSync(logIn(data)))
  truncateSync(logIn(data), ends.at(-2 - Math.floor(fraction() * 8)) as number)
}

const twin: Fault = async (world, _, fraction, outcome) => {
  const copy = world.place('copy')
  const original = await world.start(world.data)
  if ('refusal' in original) throw original.refusal
  await world.pay(original.client, 3)
  world.copy(world.data, copy)
  await world.undone(async () => Check.check(world, copy, await world.start(copy), outcome, fraction, true))
  // The original is not disturbed.
  const { code } = await world.pay(original.client, 3)
  if (code !== undefined) outcome.isLost(`the original was stopped: ${code}`)
  await world.kill(original.child)
}

export const faults: { readonly [kind: string]: Fault } = {
  'bit flip': atRest((data, fraction) =>
    spoil(data, fraction, (bytes, at) => {
      bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << Math.floor(fraction() * 8)), at)
      return bytes
    }),
  ),
  zeros: atRest((data, fraction) =>
    spoil(data, fraction, (bytes, at) =>
      bytes.fill(0, at, at + Math.floor(fraction() * Math.min(1 << 20, bytes.length - at))),
    ),
  ),
  cut: atRest((data, fraction) => spoil(data, fraction, (bytes, at) => bytes.subarray(0, at))),
  'last groups cut': atRest(lastGroups),
  deletion: atRest((data, fraction) => rmSync(join(data, pick(journalFiles(data), fraction)))),
  'torn tail': atRest((data, fraction) => {
    const log = readFileSync(logIn(data))
    const ends = groupEnds(log)
    const [from, to] = ends.slice(-2) as [number, number]
    appendFileSync(logIn(data), log.subarray(from, from + Math.floor(fraction() * (to - from))))
  }),
  'older log': atRest((data, _, older) => cpSync(logIn(older), logIn(data))),
  'older mark': atRest((data, _, older) => cpSync(join(older, 'journal.mark'), join(data, 'journal.mark'))),
  'older copy beside': copied((world, older) => {
    const data = world.place('copy')
    world.copy(older, data)
    return data
  }),
  'older copy in place': async (world, older, fraction, outcome) => {
    const away = world.place('away')
    renameSync(world.data, away)
    world.copy(older, world.data)
    await copied(() => world.data)(world, older, fraction, outcome)
    rmSync(world.data, { recursive: true })
    renameSync(away, world.data)
  },
  twin,
  'folder deleted': running((data) => rmSync(data, { recursive: true })),
  'folder moved': running((data) => renameSync(data, `${data}.away`)),
  'log replaced': running((data, older) => {
    renameSync(logIn(data), `${data}.away`)
    cpSync(logIn(older), logIn(data))
  }),
  'log cut under it': running((data) => truncateSync(logIn(data), statSync(logIn(data)).size - 100)),
  'clock jump': clockJumps,
}
