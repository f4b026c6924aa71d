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
import { costAtomicPerKwh, type Job, slotSeconds, type World } from '../Scenario.ts'

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
  /** Energy that it is for; left out where it is for something else. */
  readonly energyMilliWh?: EnergyMilliWh
}

/** A payment before it has a name. */
export interface Intent extends Omit<Payment, 'purpose'> {
  readonly kind: 'task' | 'job' | 'help' | 'charge' | 'penalty' | 'fee' | 'upkeep' | 'capital'
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
  /** In whose market it was made, and its number there. */
  readonly slot: number
  readonly index: number
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
export const phases = ['demand', 'market', 'services', 'readings'] as const
export type Phase = (typeof phases)[number]

/** What everybody wants to do in the slot in hand. */
export interface Work {
  /** Energy that each robot needs to do all that it wants, mWh, and to stand still. */
  readonly needMilliWh: BigInt64Array
  readonly restMilliWh: BigInt64Array
  /** What its tasks earn when they are done, atomic dollars; 0n where it has none. */
  readonly wageAtomic: BigInt64Array
  /** How many tasks that is, and who ordered them. */
  readonly tasks: Uint8Array
  readonly customer: Int32Array
  /** How many of them the robot has had the energy for; known after the market. */
  readonly done: Uint8Array
  /** Tasks that nobody could pay for. */
  readonly unaffordable: number
  readonly jobs: readonly Job[]
  /** What each site takes for 1 000 units, atomic dollars. */
  readonly sitePrices: readonly bigint[]
}

/** Where a run stands. Plain data; treat it as read-only. */
export interface State {
  /** `world.digest` of the world that it belongs to. */
  readonly digest: string
  /** The slot in hand; `scenario.slots` when the day is over. */
  readonly slot: number
  /** The phase to be planned next. */
  readonly phase: Phase
  /** What is wanted in the slot in hand; undefined before that is planned. */
  readonly work: Work | undefined
  /** Charge of each robot's battery, mWh. */
  readonly batteryMilliWh: BigInt64Array
  /** What each producer has sold and produced, mWh: its meter. What nobody buys is not produced. The last is the grid connection. */
  readonly producerMilliWh: readonly bigint[]
  /** What each station has delivered and bought, losses of the grid included, mWh: its meter. */
  readonly stationMilliWh: readonly bigint[]
  /** What each site has generated, units: its meter. */
  readonly siteUnits: readonly bigint[]
  /** Credits that each site has bought, mWh, and what it paid for them, atomic dollars. */
  readonly siteBoughtMilliWh: readonly bigint[]
  readonly siteSpentAtomic: readonly bigint[]
  /** Drawn from the grid since its fee was last paid, mWh. */
  readonly feeDue: { readonly site: readonly bigint[]; readonly station: readonly bigint[] }
  /** What each stationary battery can sell, mWh, and what it paid for that, atomic dollars. */
  readonly storageMilliWh: readonly bigint[]
  readonly storageSpentAtomic: readonly bigint[]
  /** What each has lost in storing, mWh: its meter. */
  readonly storageLostMilliWh: readonly bigint[]
  /** The price at which energy was last sold, atomic dollars a kWh. */
  readonly lastPriceAtomicPerKwh: bigint
  /** The price of each slot so far today, and of yesterday's; of a slot without sales the last price. On a first day yesterday's are guessed. */
  readonly today: readonly bigint[]
  readonly yesterday: readonly bigint[]
}

/** Energy that a site's meter shows, mWh: what its units take, and what the grid loses on the way, rounded down. */
export const siteMilliWh = (world: World, units: bigint): bigint =>
  (Compute.energyMicroWh(units) * 100n) / (BigInt(100 - world.assumed.gridLossPercent) * 1000n)

/** What arrives of an energy that is drawn from the grid, mWh, rounded down. */
export const arriving = (world: World, energyMilliWh: bigint): bigint =>
  (energyMilliWh * BigInt(100 - world.assumed.gridLossPercent)) / 100n

/** What has to be drawn so that an energy arrives, mWh, rounded up. */
export const drawn = (world: World, energyMilliWh: bigint): bigint => {
  const share = BigInt(100 - world.assumed.gridLossPercent)
  return (energyMilliWh * 100n + share - 1n) / share
}

const zeros = (count: number) => new Array<bigint>(count).fill(0n)

/** The state before a first day: robots' batteries between half and nine tenths full, stationary ones half, nothing delivered or bought. */
export function start(world: World): State {
  const { seed, robots, stations, sites, producers, storages } = world.scenario
  const random = Random.stream(seed, 'batteries')
  const cost = costAtomicPerKwh(world.scenario, 0)
  const stored = world.storageMilliWh / 2n
  return {
    digest: world.digest,
    slot: 0,
    phase: 'demand',
    work: undefined,
    batteryMilliWh: BigInt64Array.from(
      { length: robots },
      () => (world.assumed.robotBatteryMilliWh * BigInt(Random.between(random, 50, 90))) / 100n,
    ),
    producerMilliWh: zeros(producers + 1),
    stationMilliWh: zeros(stations),
    siteUnits: zeros(sites),
    siteBoughtMilliWh: zeros(sites),
    siteSpentAtomic: zeros(sites),
    feeDue: { site: zeros(sites), station: zeros(stations) },
    storageMilliWh: new Array<bigint>(storages).fill(stored),
    storageSpentAtomic: new Array<bigint>(storages).fill((stored * cost) / 1_000_000n),
    storageLostMilliWh: zeros(storages),
    lastPriceAtomicPerKwh: cost,
    today: [],
    yesterday: guessed(world, cost),
  }
}

/** Prices that are expected on a first day: what energy costs to make where a clear sky gives a tenth of the rated power, else what imports cost. */
const guessed = (world: World, cost: bigint): bigint[] =>
  Array.from({ length: world.scenario.slots }, (_, slot) => {
    const joules = (world.clear[slot + 1] ?? 0) - (world.clear[slot] ?? 0)
    return joules > slotSeconds(world.scenario, slot) / 10 ? cost : world.assumed.importPriceAtomicPerKwh
  })

/**
 * The state at the start of the next day, in that day's world: batteries, prices and what sites have in stock stay as they are, every meter starts anew.
 * @param ended at the end of the day before
 */
export function nextDay(world: World, ended: State): State {
  const { producers, stations, sites, storages } = world.scenario
  const stock = ended.siteBoughtMilliWh.map((bought, site) => bought - siteMilliWh(world, ended.siteUnits[site] ?? 0n))
  return {
    ...ended,
    digest: world.digest,
    slot: 0,
    phase: 'demand',
    work: undefined,
    producerMilliWh: zeros(producers + 1),
    stationMilliWh: zeros(stations),
    siteUnits: zeros(sites),
    siteBoughtMilliWh: stock,
    siteSpentAtomic: stock.map((kept, site) => {
      const bought = ended.siteBoughtMilliWh[site] ?? 0n
      return bought === 0n ? 0n : ((ended.siteSpentAtomic[site] ?? 0n) * kept) / bought
    }),
    storageLostMilliWh: zeros(storages),
    today: [],
    yesterday: ended.today,
  }
}

/** Energy credits that exist when a day starts: what batteries have stored and sites have bought ahead. */
export const openingCredits = ({
  storageMilliWh,
  siteBoughtMilliWh,
}: State): { party: Party; energyMilliWh: bigint }[] => [
  ...storageMilliWh.map((energyMilliWh, index) => ({ party: { role: 'storage' as const, index }, energyMilliWh })),
  ...siteBoughtMilliWh.map((energyMilliWh, index) => ({ party: { role: 'site' as const, index }, energyMilliWh })),
]

/** True when the last slot has been planned to its end. */
export const isOver = (world: World, state: State): boolean => state.slot === world.scenario.slots

/** Asserts that a phase is next. Calling them out of order is a programmer's mistake. */
export function expectPhase(world: World, state: State, phase: Phase): void {
  if (state.digest !== world.digest) throw new Error('the state belongs to another world')
  if (isOver(world, state) || state.phase !== phase)
    throw new Error(`phase ${phase} of slot ${state.slot} asked for, but ${state.phase} is next`)
}

/** What is wanted in the slot; there once its demand is planned. */
export function workOf({ work, slot }: State): Work {
  if (work === undefined) throw new Error(`the demand of slot ${slot} has not been planned`)
  return work
}

/** Asserts that a list of balances is one for each participant of a role. */
export function expectOneEach(name: string, balances: ArrayLike<bigint>, count: number): void {
  if (balances.length !== count) throw new Error(`${name}: ${count} balances expected, ${balances.length} given`)
}

/** Mean of the prices that are known, each slot counting once: the last day's worth; before the first, the last known. */
export const meanPriceAtomicPerKwh = ({ today, yesterday, lastPriceAtomicPerKwh }: State): bigint => {
  const known = [...yesterday.slice(today.length), ...today]
  return known.length === 0
    ? lastPriceAtomicPerKwh
    : known.reduce((sum, price) => sum + price, 0n) / BigInt(known.length)
}
