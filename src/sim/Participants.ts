/**
 * The economy's people and machines: each with a key of its own (made from the seed), an account at the clearing house, and, where it
 * produces or uses energy, a meter with a device key. They act through the SDK over HTTP, as real ones would.
 */
import type { Order, SignedOrder } from '../core/Order.ts'
import type { Address, Hex } from '../core/Payment.ts'
import { genesisHistory } from '../core/Payment.ts'
import type { Status } from '../core/Wire.ts'
import * as Keccak from '../crypto/Keccak.ts'
import * as Signature from '../crypto/Signature.ts'
import type { Client } from '../sdk/Client.ts'
import { approveMeter, Meter } from '../sdk/Meter.ts'
import { Robot } from '../sdk/Robot.ts'
import * as TypedData from '../sdk/TypedData.ts'
import type { Party, Role } from './plan/State.ts'
import { funding as funded, storageFunding } from './plan/Tasks.ts'
import * as Random from './Random.ts'
import { siteWatts, type World } from './Scenario.ts'

export interface Participants {
  /** A party's account. */
  of(party: Party): Robot
  /** A party's meter; all but customers and robots have one. */
  meterOf(party: Party): Meter
  readonly all: readonly Robot[]
  /** Every party, with its place in the economy. */
  readonly parties: readonly Party[]
  /** The clearing house's domain, in which orders are signed. */
  readonly domain: TypedData.Domain
  /** A party's order, signed with its key. */
  readonly sign: (party: Party, order: Order) => SignedOrder
  close(): Promise<void>
}

export interface ParticipantsOptions {
  readonly world: World
  readonly client: Client
  readonly status: Status
  readonly operatorToken: string
  /** Until when signed words hold, chain time. */
  readonly validUntilSeconds: bigint
  readonly progress: (text: string) => void
}

const metered = ['producer', 'site', 'station', 'storage'] as const

const partiesOf = ({ scenario }: World): Party[] => {
  const counts: [Role, number][] = [
    ['customer', scenario.customers],
    ['robot', scenario.robots],
    ['producer', scenario.producers],
    ['site', scenario.sites],
    ['station', scenario.stations],
    ['storage', scenario.storages],
  ]
  return counts.flatMap(([role, count]) => Array.from({ length: count }, (_, index) => ({ role, index })))
}

/** A participant's name: `robot 17`. */
export const nameOf = ({ role, index }: Party): string => `${role} ${index}`

/** Runs a task for each item, `width` at a time, so that latencies are those of a busy service and not of a queue of our own. */
export const each = async <T>(
  items: readonly T[],
  width: number,
  run: (item: T) => Promise<unknown>,
): Promise<void> => {
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < items.length) await run(items[next++] as T)
  }
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker))
}

/** Requests under way during set-up. */
const width = 64

const approve = async (
  options: ParticipantsOptions & { readonly siteWatts: number },
  party: Party,
  meter: Meter,
): Promise<void> => {
  const { world, client, status, operatorToken } = options
  const { seed } = world.scenario
  const watts = {
    producer: world.producerWatts[party.index] ?? 0,
    site: options.siteWatts,
    station: world.stationWatts,
    storage: world.stationWatts,
  }
  const request = await approveMeter(Random.key(seed, party.role, party.index), status, {
    meter: meter.address,
    kind: party.role === 'producer' ? 1 : 2,
    capacityWatts: BigInt(Math.ceil(watts[party.role as (typeof metered)[number]])),
    marginBps: 500,
    startMilliWh: 0n,
    startComputeUnits: 0n,
    region: Keccak.ofText('simulated region'),
    vintage: Keccak.ofText('simulated vintage'),
    ...(party.role === 'producer' ? { delivery: { toClearing: true } } : {}),
  })
  await client.approveMeter(request, operatorToken)
}

/** The salt of a participant's deposit, the same for the same seed. */
const saltOf = (seed: number, party: Party): Hex => Keccak.ofText(`deposit ${seed} ${nameOf(party)}`)

const expectedOwner: Address = `0x${genesisHistory.slice(2, 42)}`

/**
 * Connects everybody, approves the meters, and lets customers deposit what their wages take and stationary batteries what they trade with.
 */
export const gather = async (options: ParticipantsOptions): Promise<Participants> => {
  const { world, client, status, progress } = options
  const { seed } = world.scenario
  const parties = partiesOf(world)
  const robots = new Map<string, Robot>()
  const meters = new Map<string, Meter>()
  await each(parties, width, async (party) => {
    robots.set(
      nameOf(party),
      await Robot.connect(client, { account: Random.key(seed, party.role, party.index), status, keep: false }),
    )
  })
  const domain = TypedData.domain(status.chainId, status.clearingHouse)
  const of = (party: Party) => robots.get(nameOf(party)) as Robot
  progress(`${parties.length} participants connected`)
  const withMeter = parties.filter(({ role }) => metered.includes(role as never))
  for (const party of withMeter)
    meters.set(nameOf(party), await Meter.open(Random.key(seed, `${party.role} meter`, party.index), status))
  const meterOf = (party: Party) => meters.get(nameOf(party)) as Meter
  const funding = { customer: funded(world), storage: storageFunding(world) }
  const amountOf = ({ role, index }: Party) =>
    role === 'customer' || role === 'storage' ? (funding[role][index] ?? 0n) : 0n
  const deposit = (party: Party) =>
    of(party).deposit(amountOf(party), {
      owner: expectedOwner,
      salt: saltOf(seed, party),
      validBefore: options.validUntilSeconds,
    })
  const withWatts = { ...options, siteWatts: siteWatts(world) }
  const depositors = parties.filter((party) => amountOf(party) > 0n)
  await Promise.all([
    each(withMeter, width, (party) => approve(withWatts, party, meterOf(party))),
    each(depositors, width, deposit),
  ])
  progress(`${withMeter.length} meters approved, ${depositors.length} deposits made`)
  return {
    of,
    meterOf,
    all: [...robots.values()],
    parties,
    domain,
    sign: (party, order) => ({
      ...order,
      signature: Signature.sign(TypedData.digest('Order', domain, order), Random.key(seed, party.role, party.index)),
    }),
    async close() {
      await Promise.all([...robots.values()].map((robot) => robot.close()))
    },
  }
}
