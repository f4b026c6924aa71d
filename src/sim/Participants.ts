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
import type { Opening } from './Engine.ts'
import { openingCredits, type Party, type Role } from './plan/State.ts'
import * as Random from './Random.ts'
import { siteWatts, type World } from './Scenario.ts'

export interface Participants {
  /** A party's account. */
  of(party: Party): Robot
  /** A party's meter; all but customers and robots have one. */
  meterOf(party: Party): Meter
  /** The meter that mints what a party had in stock when the day began. */
  openingMeterOf(party: Party): Meter
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
  /** What everybody deposits, and what is in stock. */
  readonly opening: Opening
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
    // The last of them is the grid connection.
    ['producer', scenario.producers + 1],
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

/** What a meter is approved for. */
interface Approval {
  readonly party: Party
  readonly meter: Meter
  readonly isProducing: boolean
  readonly watts: number | bigint
}

const approve = async (options: ParticipantsOptions, { party, meter, isProducing, watts }: Approval): Promise<void> => {
  const { world, client, status, operatorToken } = options
  const request = await approveMeter(Random.key(world.scenario.seed, party.role, party.index), status, {
    meter: meter.address,
    kind: isProducing ? 1 : 2,
    capacityWatts: BigInt(typeof watts === 'bigint' ? watts : Math.ceil(watts)),
    marginBps: 500,
    startMilliWh: 0n,
    startComputeUnits: 0n,
    region: Keccak.ofText('simulated region'),
    vintage: Keccak.ofText('simulated vintage'),
    ...(isProducing ? { delivery: { toClearing: true } } : {}),
  })
  await client.approveMeter(request, operatorToken)
}

/** Capacity of each party's meter, W. */
const wattsOf = (world: World): ((party: Party) => number) => {
  const site = siteWatts(world)
  return ({ role, index }) => {
    if (role === 'producer') return world.producerWatts[index] ?? world.importWatts
    return role === 'site' ? site : world.stationWatts
  }
}

/** Stocks are read once, at least half an hour after their meters were approved. */
const openingWatts = (energyMilliWh: bigint): bigint => energyMilliWh / 500n + 1n

/** The salt of a participant's deposit, the same for the same seed. */
const saltOf = (seed: number, party: Party): Hex => Keccak.ofText(`deposit ${seed} ${nameOf(party)}`)

const expectedOwner: Address = `0x${genesisHistory.slice(2, 42)}`

/** Opens and approves everybody's meters, and one for each stock. */
const metersOf = async (options: ParticipantsOptions, parties: readonly Party[]) => {
  const { world, status, opening } = options
  const open = (name: string, { index }: Party) => Meter.open(Random.key(world.scenario.seed, name, index), status)
  const watts = wattsOf(world)
  const [meters, stocks] = [new Map<string, Meter>(), new Map<string, Meter>()]
  const approvals: Approval[] = []
  for (const party of parties.filter(({ role }) => metered.includes(role as never))) {
    const meter = await open(`${party.role} meter`, party)
    meters.set(nameOf(party), meter)
    approvals.push({ party, meter, isProducing: party.role === 'producer', watts: watts(party) })
  }
  for (const { party, energyMilliWh } of openingCredits(opening.state)) {
    if (energyMilliWh === 0n) continue
    const meter = await open(`${party.role} stock`, party)
    stocks.set(nameOf(party), meter)
    approvals.push({ party, meter, isProducing: true, watts: openingWatts(energyMilliWh) })
  }
  await each(approvals, width, (approval) => approve(options, approval))
  return { meters, stocks, count: approvals.length }
}

/** Connects everybody, approves the meters, and lets everybody deposit what it starts with. */
export const gather = async (options: ParticipantsOptions): Promise<Participants> => {
  const { world, client, status, progress, opening } = options
  const { seed } = world.scenario
  const parties = partiesOf(world)
  const robots = new Map<string, Robot>()
  await each(parties, width, async (party) => {
    robots.set(
      nameOf(party),
      await Robot.connect(client, { account: Random.key(seed, party.role, party.index), status, keep: false }),
    )
  })
  const domain = TypedData.domain(status.chainId, status.clearingHouse)
  const of = (party: Party) => robots.get(nameOf(party)) as Robot
  progress(`${parties.length} participants connected`)
  const amountOf = ({ role, index }: Party) => opening.dollars[role][index] ?? 0n
  const deposit = (party: Party) =>
    of(party).deposit(amountOf(party), {
      owner: expectedOwner,
      salt: saltOf(seed, party),
      validBefore: options.validUntilSeconds,
    })
  const depositors = parties.filter((party) => amountOf(party) > 0n)
  const [{ meters, stocks, count }] = await Promise.all([metersOf(options, parties), each(depositors, width, deposit)])
  progress(`${count} meters approved, ${depositors.length} deposits made`)
  return {
    of,
    meterOf: (party) => meters.get(nameOf(party)) as Meter,
    openingMeterOf: (party) => stocks.get(nameOf(party)) as Meter,
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
