/**
 * The state of a plan and the shapes that it hands out. A plan is a reducer: each function takes the world, a state and the balances that
 * it may count on, and gives what everybody wants to do and the next state. It touches nothing; what it plans it takes as done, and
 * a payment that is refused is a fault of the run to be reported, not a part of the model.
 *
 * Which copy is true: dollars and credits are the ledger's, and are passed in. Batteries, cumulative deliveries and purchases are
 * the state's, and are what the meters show. All quantities are integers.
 */
import type { AmountAtomic } from '../../core/Amount.ts'
import type { EnergyMilliWh } from '../../core/Energy.ts'
import type * as Strategy from '../../market/Strategy.ts'
import * as Compute from '../Compute.ts'
import * as Random from '../Random.ts'
import { costAtomicPerKwh, type World } from '../Scenario.ts'

export type Role = 'customer' | 'robot' | 'producer' | 'site' | 'station' | 'storage'

/** A participant: `Random.key(seed, role, index)` is its key in a simulation. */
export interface Party {
  readonly role: Role
  /** From 0 to the scenario's count less one. */
  readonly index: number
}

/** Dollars that one participant wants to pay another. */
export interface Payment {
  /** Unique in the run, such as `slot/3/charge/17`; what it is for. */
  readonly purpose: string
  readonly from: Party
  readonly to: Party
  /** Above zero. */
  readonly amountAtomic: AmountAtomic
  /** Energy that it is for; left out for tasks, help and compute. */
  readonly energyMilliWh?: EnergyMilliWh
}

/** A payment before it has a name. */
export interface Intent extends Omit<Payment, 'purpose'> {
  readonly kind: 'task' | 'job' | 'help' | 'charge' | 'penalty'
  /** Tells those of a kind in a slot apart. */
  readonly index: number
}

/** Names payments of a slot. */
export const withPurpose =
  (slot: number) =>
  ({ kind, index, ...payment }: Intent): Payment => ({ purpose: `slot/${slot}/${kind}/${index}`, ...payment })

/** Takes what somebody wants to pay. */
export type Sink = (intent: Intent) => void

/** An order in the order of arrival. */
export interface Placed extends Strategy.Bid {
  readonly party: Party
  /** Of a robot: the station at which it charges. */
  readonly station?: number
}

/** A sale of energy credits, delivery versus payment: counts as two payments. */
export interface Trade {
  /** Unique in the run, such as `slot/3/trade/0`. */
  readonly purpose: string
  /** A producer or storage: gives the credits, gets the dollars. */
  readonly seller: Party
  /** A site, station or storage. */
  readonly buyer: Party
  /** Above zero; as many atomic credits. */
  readonly energyMilliWh: EnergyMilliWh
  /** Above zero. */
  readonly priceAtomic: AmountAtomic
}

/** What a meter shows at the end of a slot: totals since the start of the run. */
export interface Reading {
  /** A producer, site, station or storage. */
  readonly meter: Party
  readonly energyMilliWh: EnergyMilliWh
  /** Generated tokens, of sites; 0 elsewhere. */
  readonly computeUnits: bigint
}

/** The phases of a slot, in their order. */
export const phases = ['tasks', 'services', 'market', 'readings'] as const
export type Phase = (typeof phases)[number]

/** Where a run stands. Plain data; treat it as read-only. */
export interface State {
  /** `world.digest` of the world that it belongs to. */
  readonly digest: string
  /** The slot in hand; `scenario.slots` when the run is over. */
  readonly slot: number
  /** The phase to be planned next. */
  readonly phase: Phase
  /** Charge of each robot's battery, mWh. */
  readonly batteryMilliWh: BigInt64Array
  /** What each producer has sold and produced, mWh: its meter. What nobody buys is not produced. */
  readonly producerMilliWh: readonly bigint[]
  /** What each station has delivered and bought, mWh: its meter. */
  readonly stationMilliWh: readonly bigint[]
  /** What each site has generated, units: its meter. */
  readonly siteUnits: readonly bigint[]
  /** Credits that each site has bought, mWh, and what it paid for them, atomic dollars. */
  readonly siteBoughtMilliWh: readonly bigint[]
  readonly siteSpentAtomic: readonly bigint[]
  /** What each stationary battery can sell, mWh, and what it paid for that, atomic dollars. */
  readonly storageMilliWh: readonly bigint[]
  readonly storageSpentAtomic: readonly bigint[]
  /** What each has lost in storing, mWh: its meter. */
  readonly storageLostMilliWh: readonly bigint[]
  /** The price at which energy was last sold, atomic dollars a kWh. */
  readonly lastPriceAtomicPerKwh: bigint
  /** Sum of the prices so far, and of how many slots. */
  readonly priceSumAtomicPerKwh: bigint
  readonly pricedSlots: number
}

/** What a battery holds: 2.3 kWh (Tesla AI Day 2022). */
export const batteryMilliWh = 2_300_000n

/** Of a kWh that a stationary battery buys, what it can sell again, % (assumed). */
export const efficiencyPercent = 90n

/** Energy that a site's meter shows, mWh: the floor of its units' energy. */
export const siteMilliWh = (units: bigint): bigint => Compute.energyMicroWh(units) / 1000n

/** The state at midnight: batteries between 90 and 100 % full, nothing delivered or bought. */
export function start(world: World): State {
  const { seed, robots, stations, sites, producers, storages } = world.scenario
  const random = Random.stream(seed, 'batteries')
  const zeros = (count: number) => new Array<bigint>(count).fill(0n)
  return {
    digest: world.digest,
    slot: 0,
    phase: 'tasks',
    batteryMilliWh: BigInt64Array.from(
      { length: robots },
      () => (batteryMilliWh * BigInt(Random.between(random, 90, 100))) / 100n,
    ),
    producerMilliWh: zeros(producers),
    stationMilliWh: zeros(stations),
    siteUnits: zeros(sites),
    siteBoughtMilliWh: zeros(sites),
    siteSpentAtomic: zeros(sites),
    storageMilliWh: zeros(storages),
    storageSpentAtomic: zeros(storages),
    storageLostMilliWh: zeros(storages),
    lastPriceAtomicPerKwh: costAtomicPerKwh(world.scenario, 0),
    priceSumAtomicPerKwh: 0n,
    pricedSlots: 0,
  }
}

/** True when the last slot has been planned to its end. */
export const isOver = (world: World, state: State): boolean => state.slot === world.scenario.slots

/** Asserts that a phase is next. Calling them out of order is a programmer's mistake. */
export function expectPhase(world: World, state: State, phase: Phase): void {
  if (state.digest !== world.digest) throw new Error('the state belongs to another world')
  if (isOver(world, state) || state.phase !== phase)
    throw new Error(`phase ${phase} of slot ${state.slot} asked for, but ${state.phase} is next`)
}

/** Asserts that a list of balances is one for each participant of a role. */
export function expectOneEach(name: string, balances: ArrayLike<bigint>, count: number): void {
  if (balances.length !== count) throw new Error(`${name}: ${count} balances expected, ${balances.length} given`)
}

/** Mean of the prices so far, each slot counting once; before the first, the last known. */
export const meanPriceAtomicPerKwh = ({ priceSumAtomicPerKwh, pricedSlots, lastPriceAtomicPerKwh }: State): bigint =>
  pricedSlots === 0 ? lastPriceAtomicPerKwh : priceSumAtomicPerKwh / BigInt(pricedSlots)
