/**
 * The state of a plan and the shapes that it hands out. A plan is a reducer: each function takes the world, a state and the balances that
 * it may count on, and gives what everybody wants to do and the next state. It touches nothing; what it plans it takes as done, and
 * a payment that is refused is a fault of the run to be reported, not a part of the model.
 *
 * Which copy is true: dollars and credits are the ledger's, and are passed in. Batteries, cumulative deliveries and purchases are
 * the state's, and are what the meters show. All quantities are integers.
 */
import type { AmountAtomic } from '../core/Amount.ts'
import type { EnergyMilliWh } from '../core/Energy.ts'
import { SunledgerError } from '../core/Errors.ts'
import * as Random from './Random.ts'
import type { World } from './Scenario.ts'

export type Role = 'customer' | 'robot' | 'producer' | 'site' | 'station'

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

/** A sale of energy credits, delivery versus payment: counts as two payments. */
export interface Trade {
  /** Unique in the run, such as `slot/3/trade/0`. */
  readonly purpose: string
  /** A producer: gives the credits, gets the dollars. */
  readonly seller: Party
  /** A site or station. */
  readonly buyer: Party
  /** Above zero; as many atomic credits. */
  readonly energyMilliWh: EnergyMilliWh
  /** Above zero. */
  readonly priceAtomic: AmountAtomic
}

/** What a meter shows at the end of a slot: totals since the start of the run. */
export interface Reading {
  /** A producer, site or station. */
  readonly meter: Party
  readonly energyMilliWh: EnergyMilliWh
  /** Generated tokens, of sites; 0 elsewhere. */
  readonly computeUnits: bigint
}

/** The phases of a slot, in their order. */
export const phases = ['tasks', 'services', 'trades', 'readings'] as const
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
  readonly batteryMilliWh: readonly bigint[]
  /** What each station has delivered, mWh: its meter. */
  readonly stationMilliWh: readonly bigint[]
  /** Credits that each station has bought, mWh. */
  readonly stationBoughtMilliWh: readonly bigint[]
  /** What each site has generated, units: its meter. */
  readonly siteUnits: readonly bigint[]
  /** Credits that each site has bought, mWh. */
  readonly siteBoughtMilliWh: readonly bigint[]
}

/** What a battery holds: 2.3 kWh (Tesla AI Day 2022). */
export const batteryMilliWh = 2_300_000n

/** The state at midnight: batteries between 90 and 100 % full, nothing delivered or bought. */
export function start(world: World): State {
  const { seed, robots, stations, sites } = world.scenario
  const random = Random.stream(seed, 'batteries')
  const zeros = (count: number) => new Array<bigint>(count).fill(0n)
  return {
    digest: world.digest,
    slot: 0,
    phase: 'tasks',
    batteryMilliWh: Array.from(
      { length: robots },
      () => (batteryMilliWh * BigInt(Random.between(random, 90, 100))) / 100n,
    ),
    stationMilliWh: zeros(stations),
    stationBoughtMilliWh: zeros(stations),
    siteUnits: zeros(sites),
    siteBoughtMilliWh: zeros(sites),
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
export function expectOneEach(name: string, balances: readonly bigint[], count: number): void {
  if (balances.length !== count) throw new Error(`${name}: ${count} balances expected, ${balances.length} given`)
}

const arrays = ['batteryMilliWh', 'stationMilliWh', 'stationBoughtMilliWh', 'siteUnits', 'siteBoughtMilliWh'] as const

/** The state as JSON text; whole numbers beyond JSON's as decimal strings. */
export const stringify = (state: State): string =>
  JSON.stringify(state, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value))

/**
 * The state from its JSON text.
 * @throws {StateInvalidError} no state, or one of another world
 */
export function parse(world: World, text: string): State {
  const fresh = start(world)
  try {
    const found = JSON.parse(text) as Record<string, unknown>
    const { digest, slot, phase } = found
    if (digest !== world.digest) throw new StateInvalidError(`a state of the scenario ${world.digest}`, String(digest))
    if (!Number.isInteger(slot) || Number(slot) < 0 || Number(slot) > world.scenario.slots)
      throw new StateInvalidError('a slot of the scenario', String(slot))
    if (!phases.includes(phase as Phase)) throw new StateInvalidError('a phase', String(phase))
    const lists = arrays.map((name) => {
      const list = found[name]
      if (!Array.isArray(list) || list.length !== fresh[name].length || !list.every((item) => /^\d{1,30}$/.test(item)))
        throw new StateInvalidError(
          `${fresh[name].length} whole numbers ${name}`,
          JSON.stringify(list)?.slice(0, 60) ?? 'none',
        )
      return [name, list.map(BigInt)] as const
    })
    return { ...fresh, ...Object.fromEntries(lists), slot: Number(slot), phase: phase as Phase }
  } catch (error) {
    if (error instanceof SunledgerError) throw error
    throw new StateInvalidError('the JSON text of a state', JSON.stringify(text.slice(0, 60)))
  }
}

/** A text is no state of this scenario. */
export class StateInvalidError extends SunledgerError {
  override readonly name = 'StateInvalidError'
  constructor(expected: string, actual: string) {
    super('SL712', 'Not a state of this scenario.', { expected, actual })
  }
}
