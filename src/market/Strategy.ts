/**
 * How a participant trades: a small pure function from what it sees to what it wants. Strategies know nothing of keys, ledgers or each other, so
 * one can be replaced without touching anything else; `sunledger demo --strategy FILE` takes one from a file (`scripts/examples/strategy.ts`).
 *
 * All quantities are bigints: energy in mWh, money in atomic dollars, prices in atomic dollars a kWh.
 */
import { SunledgerError } from '../core/Errors.ts'
import * as Spec from './Spec.ts'

/** Figures that strategies are assumed to bid by (a run's table of assumptions has them); of prices, atomic dollars a kWh. */
export interface Bids {
  readonly robotFullAtomicPerKwh: bigint
  readonly robotEmptyAtomicPerKwh: bigint
  readonly siteBidAtomicPerKwh: bigint
  readonly storageMarginPercent: bigint
}

/** What everybody sees. */
export interface MarketView {
  readonly slot: number
  readonly slots: number
  /** Seconds after midnight at which the slot begins, and how long it is. */
  readonly clockSeconds: number
  readonly slotSeconds: number
  readonly spec: Spec.Spec
  /** At which energy was last sold; before the first sale, what solar energy costs to make. */
  readonly lastPriceAtomicPerKwh: bigint
  /** Mean price of the last day's worth of slots, each counting once. */
  readonly meanPriceAtomicPerKwh: bigint
  /**
   * A simple forecast of a day, slot by slot from this one: the prices of the last day. On a first day what energy costs to make where the sun
   * shines, and what imports cost where it does not.
   */
  readonly aheadAtomicPerKwh: readonly bigint[]
  readonly assumed: Bids
  /** What all producers expect in this slot, % of what they could produce at most; 0 at night. */
  readonly sunPercent: number
  /** What may be spent now. */
  readonly moneyAtomic: bigint
}

/** A robot that has stopped at a station. */
export interface RobotView extends MarketView {
  readonly batteryMilliWh: bigint
  readonly capacityMilliWh: bigint
  /** What it will use in this slot. */
  readonly needMilliWh: bigint
  /** The most that it can take. */
  readonly roomMilliWh: bigint
}

export interface ProducerView extends MarketView {
  /** What it expects to produce in this slot. What it sells and does not produce costs it a penalty. */
  readonly forecastMilliWh: bigint
  /** The most that it can produce in this slot. */
  readonly capacityMilliWh: bigint
  /** Below this it had rather not sell (its own share of the levelised cost). */
  readonly reserveAtomicPerKwh: bigint
}

export interface SiteView extends MarketView {
  /** What it will use in the slot, grid losses included, and has not yet bought. What it does not get is not computed. */
  readonly needMilliWh: bigint
}

/** A stationary battery. */
export interface StorageView extends MarketView {
  /** What it can sell in this slot, and all that is stored. */
  readonly storedMilliWh: bigint
  readonly chargeMilliWh: bigint
  /** What it can buy. */
  readonly roomMilliWh: bigint
  /** Its mean cost of what is stored. */
  readonly costAtomicPerKwh: bigint
  /** Of a kWh bought, what can be sold again, %. */
  readonly efficiencyPercent: bigint
  /** The most that it can take or give in a slot. */
  readonly powerMilliWh: bigint
}

/** The grid connection, which sells what it imports. */
export interface GridView extends MarketView {
  /** The most that it can bring in this slot. */
  readonly capacityMilliWh: bigint
  /** What imports cost. */
  readonly priceAtomicPerKwh: bigint
}

export interface Views {
  readonly robot: RobotView
  readonly producer: ProducerView
  readonly site: SiteView
  readonly storage: StorageView
  readonly grid: GridView
}

export type Role = keyof Views

/** What a participant wants; energy is cut down to whole lots, a limit to a whole tick in its own favour. */
export interface Wish {
  readonly side: 'buy' | 'sell'
  readonly energyMilliWh: bigint
  readonly limitAtomicPerKwh: bigint
}

export interface Strategy<R extends Role = Role> {
  readonly name: string
  readonly role: R
  /** Of the role's participants, the first so many percent; all where it is left out. */
  readonly percent?: number
  /** Several wishes make a curve; none: it sits this slot out. All on one side. */
  readonly wishes: (view: Views[R]) => readonly Wish[]
}

/** A wish as the market takes it. */
export interface Bid {
  readonly isBuying: boolean
  readonly lots: number
  readonly ticks: number
}

/** The most wishes that a participant may have in a slot. */
export const mostWishes = 8

/** What a role may sell and buy at most. */
const boundsOf = (role: Role, view: Views[Role]): { sell: bigint; buy: bigint } => {
  if (role === 'producer' || role === 'grid')
    return { sell: (view as ProducerView | GridView).capacityMilliWh, buy: 0n }
  if (role === 'robot') return { sell: 0n, buy: (view as RobotView).roomMilliWh }
  if (role === 'storage') return { sell: (view as StorageView).storedMilliWh, buy: (view as StorageView).roomMilliWh }
  // A site may stock up; what it pays is bounded by its money.
  return { sell: 0n, buy: 1n << 62n }
}

/**
 * Asks a strategy, and checks what it says.
 * @throws {StrategyFaultError} it threw, or what it returned is not possible: this participant sits the slot out
 */
export const ask = <R extends Role>(strategy: Strategy<R>, view: Views[R]): Bid[] => {
  let wishes: readonly Wish[]
  try {
    wishes = strategy.wishes(view)
  } catch (error) {
    throw new StrategyFaultError(
      strategy,
      'wishes',
      `it threw ${error instanceof Error ? error.message : String(error)}`,
    )
  }
  const fault = faultOf(wishes, boundsOf(strategy.role, view), view.moneyAtomic)
  if (fault !== undefined) throw new StrategyFaultError(strategy, ...fault)
  return wishes.flatMap(({ side, energyMilliWh, limitAtomicPerKwh }) => {
    const isBuying = side === 'buy'
    const lots = Spec.lots(view.spec, energyMilliWh)
    const ticks = (isBuying ? Spec.ticksDown : Spec.ticksUp)(view.spec, limitAtomicPerKwh)
    // Below a tick nobody can be paid.
    return lots === 0 || (isBuying && ticks === 0) ? [] : [{ isBuying, lots, ticks: Math.max(1, ticks) }]
  })
}

const isQuantity = (value: unknown): value is bigint => typeof value === 'bigint' && value >= 0n && value < 1n << 62n

const faultOf = (wishes: unknown, most: { sell: bigint; buy: bigint }, money: bigint): [string, string] | undefined => {
  if (!Array.isArray(wishes) || wishes.length > mostWishes)
    return [`a list of at most ${mostWishes} wishes`, Array.isArray(wishes) ? `${wishes.length}` : typeof wishes]
  let [sell, buy, price] = [0n, 0n, 0n]
  for (const wish of wishes as Partial<Wish>[]) {
    const { side, energyMilliWh, limitAtomicPerKwh } = wish ?? {}
    if (side !== 'buy' && side !== 'sell') return ["side: 'buy' or 'sell'", JSON.stringify(side) ?? 'nothing']
    if (!isQuantity(energyMilliWh)) return ['energyMilliWh: a bigint from 0n', shown(energyMilliWh)]
    if (!isQuantity(limitAtomicPerKwh)) return ['limitAtomicPerKwh: a bigint from 0n', shown(limitAtomicPerKwh)]
    if (side === 'sell') sell += energyMilliWh
    else {
      buy += energyMilliWh
      price += energyMilliWh * limitAtomicPerKwh
    }
  }
  if (sell > 0n && buy > 0n) return ['all wishes on one side', 'both']
  if (sell > most.sell) return [`to sell at most ${most.sell} mWh`, `${sell}`]
  if (buy > most.buy) return [`to buy at most ${most.buy} mWh`, `${buy}`]
  if (price > money * 1_000_000n) return [`to pay at most ${money} atomic dollars`, `${price / 1_000_000n}`]
  return undefined
}

const shown = (value: unknown): string =>
  typeof value === 'bigint' ? `${value}n` : `${typeof value} ${String(value).slice(0, 40)}`

/** The most energy that money buys at a limit, mWh. */
export const affordable = (money: bigint, limitAtomicPerKwh: bigint): bigint =>
  limitAtomicPerKwh === 0n ? 0n : (money * 1_000_000n) / limitAtomicPerKwh

export const least = (a: bigint, b: bigint): bigint => (a < b ? a : b)

/** A strategy asked for something impossible, or failed. Its participant sits the slot out, and the run counts it. */
export class StrategyFaultError extends SunledgerError {
  override readonly name = 'StrategyFaultError'
  constructor({ name, role }: Pick<Strategy, 'name' | 'role'>, expected: string, actual: string) {
    super('SL718', `The strategy ${JSON.stringify(name)} of a ${role} cannot be followed.`, {
      expected,
      actual,
      hint: 'Its participant sits this slot out; the report counts how often.',
    })
  }
}
