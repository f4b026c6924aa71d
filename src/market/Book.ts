/**
 * One slot's order book. Orders are taken only as their owners signed them; the place in the order of arrival is the book's word. `clear` closes
 * the book and works the auction out (`Clear` has its rules).
 */
import type { AmountAtomic } from '../core/Amount.ts'
import type { EnergyMilliWh } from '../core/Energy.ts'
import { SunledgerError } from '../core/Errors.ts'
import { buys, type SignedOrder, sells } from '../core/Order.ts'
import type { Address } from '../core/Payment.ts'
import * as Digest from '../crypto/Digest.ts'
import * as Signature from '../crypto/Signature.ts'
import * as Clear from './Clear.ts'
import * as Spec from './Spec.ts'

export interface BookOptions {
  readonly spec: Spec.Spec
  readonly slot: bigint
  /** The clearing house's. */
  readonly domain: Digest.Domain
}

/** What an order got. */
export interface Fill {
  readonly order: SignedOrder
  /** Above zero; less than it wanted where it was served last. */
  readonly energyMilliWh: EnergyMilliWh
}

/** A sale between two accounts. */
export interface Deal {
  /** Who takes the credits: a buyer, or whom it buys through. */
  readonly buyer: Address
  readonly seller: Address
  readonly energyMilliWh: EnergyMilliWh
  /** Exactly energy × price. */
  readonly amountAtomic: AmountAtomic
}

export interface Clearing {
  /** Undefined where nothing traded. */
  readonly priceAtomicPerKwh: bigint | undefined
  readonly volumeMilliWh: EnergyMilliWh
  /** In the order of arrival, buyers first. */
  readonly fills: readonly Fill[]
  readonly deals: readonly Deal[]
}

const largest = 2 ** 31

export class Book {
  readonly #options: BookOptions
  readonly #bids: SignedOrder[] = []
  readonly #asks: SignedOrder[] = []
  readonly #seen = new Set<string>()
  readonly #sides = new Map<Address, number>()
  #isOpen = true

  constructor(options: BookOptions) {
    this.#options = options
  }

  /** How many orders were taken. */
  get size(): number {
    return this.#bids.length + this.#asks.length
  }

  /**
   * Takes an order in. Of equal limits the one that is placed first is served first.
   * @throws {OrderInvalidError} not in lots or ticks, or for an account on both sides
   * @throws {OrderSignatureError} @throws {OrderLateError} @throws {OrderRepeatedError}
   */
  place(order: SignedOrder): void {
    const { slot, domain } = this.#options
    if (!this.#isOpen || order.slot !== slot) throw new OrderLateError(slot, order.slot, this.#isOpen)
    this.#check(order)
    const by = Signature.recover(Digest.order(domain, order), Signature.compact(order.signature))
    if (by !== order.account) throw new OrderSignatureError(order.account, by)
    const name = `${order.account} ${order.nonce}`
    if (this.#seen.has(name)) throw new OrderRepeatedError(order)
    const parties = order.side === buys ? [order.via, order.account] : [order.account]
    for (const party of parties)
      if ((this.#sides.get(party) ?? order.side) !== order.side)
        throw new OrderInvalidError('one side for an account in a slot: it could trade with itself', `both, ${party}`)
    for (const party of parties) this.#sides.set(party, order.side)
    this.#seen.add(name)
    const side = order.side === buys ? this.#bids : this.#asks
    if (side.length === Clear.mostOrders)
      throw new OrderInvalidError(`at most ${Clear.mostOrders} orders a side`, 'one more')
    side.push(order)
  }

  #check({ side, energyMilliWh, limitAtomicPerKwh }: SignedOrder): void {
    const { lotMilliWh, tickAtomicPerKwh } = this.#options.spec
    if (side !== buys && side !== sells) throw new OrderInvalidError('side 1 (buys) or 2 (sells)', String(side))
    if (energyMilliWh <= 0n || energyMilliWh % lotMilliWh !== 0n || energyMilliWh / lotMilliWh >= largest)
      throw new OrderInvalidError(`whole lots of ${lotMilliWh} mWh`, `${energyMilliWh} mWh`)
    if (
      limitAtomicPerKwh <= 0n ||
      limitAtomicPerKwh % tickAtomicPerKwh !== 0n ||
      limitAtomicPerKwh / tickAtomicPerKwh >= largest
    )
      throw new OrderInvalidError(
        `a limit in whole ticks of ${tickAtomicPerKwh}, above zero`,
        `${limitAtomicPerKwh} atomic dollars a kWh`,
      )
  }

  /** Closes the book and works the auction out. */
  clear(): Clearing {
    this.#isOpen = false
    const { spec } = this.#options
    const side = (orders: readonly SignedOrder[]): Clear.Side => ({
      ticks: Uint32Array.from(orders, ({ limitAtomicPerKwh }) => Number(limitAtomicPerKwh / spec.tickAtomicPerKwh)),
      lots: Uint32Array.from(orders, ({ energyMilliWh }) => Number(energyMilliWh / spec.lotMilliWh)),
    })
    const { priceTicks, volumeLots, bids, asks } = Clear.clear(side(this.#bids), side(this.#asks))
    const filled = (orders: readonly SignedOrder[], lots: Float64Array) =>
      orders.flatMap((order, i) => ((lots[i] ?? 0) > 0 ? [{ order, lots: lots[i] as number }] : []))
    const [bought, sold] = [filled(this.#bids, bids), filled(this.#asks, asks)]
    const [buyers, sellers] = [sums(bought, ({ via }) => via), sums(sold, ({ account }) => account)]
    const pairs = Clear.deals([...buyers.values()], [...sellers.values()])
    const [buyerNames, sellerNames] = [[...buyers.keys()], [...sellers.keys()]]
    return {
      priceAtomicPerKwh: priceTicks === undefined ? undefined : Spec.priceOf(spec, priceTicks),
      volumeMilliWh: Spec.energyOf(spec, volumeLots),
      fills: [...bought, ...sold].map(({ order, lots }) => ({ order, energyMilliWh: Spec.energyOf(spec, lots) })),
      deals: Array.from(pairs, ({ buyer, seller, lots }) => ({
        buyer: buyerNames[buyer] as Address,
        seller: sellerNames[seller] as Address,
        energyMilliWh: Spec.energyOf(spec, lots),
        amountAtomic: Spec.amountOf(spec, lots, priceTicks ?? 0),
      })),
    }
  }
}

/** Lots by account, in the order in which accounts first come up. */
const sums = (
  filled: readonly { readonly order: SignedOrder; readonly lots: number }[],
  nameOf: (order: SignedOrder) => Address,
): Map<Address, number> => {
  const found = new Map<Address, number>()
  for (const { order, lots } of filled) found.set(nameOf(order), (found.get(nameOf(order)) ?? 0) + lots)
  return found
}

/** An order is not one that this market deals in. */
export class OrderInvalidError extends SunledgerError {
  override readonly name = 'OrderInvalidError'
  constructor(expected: string, actual: string) {
    super('SL714', 'Not an order that this market takes.', { expected, actual })
  }
}

/** An order's signature is not its account's. */
export class OrderSignatureError extends SunledgerError {
  override readonly name = 'OrderSignatureError'
  constructor(expected: Address, actual: Address | undefined) {
    super('SL715', 'The order is not signed by its account.', {
      expected,
      actual: actual ?? 'no signature of anybody',
      hint: 'Sign Order(…) in the EIP-712 domain of the clearing house.',
    })
  }
}

/** An order for an auction that is over, or not open yet. */
export class OrderLateError extends SunledgerError {
  override readonly name = 'OrderLateError'
  constructor(expected: bigint, actual: bigint, isOpen: boolean) {
    super('SL716', 'The order is not for the auction that is open.', {
      expected: isOpen ? `slot ${expected}` : `an auction that is open; that of slot ${expected} is over`,
      actual: `slot ${actual}`,
      status: 409,
    })
  }
}

/** An account has placed an order under this nonce already. */
export class OrderRepeatedError extends SunledgerError {
  override readonly name = 'OrderRepeatedError'
  constructor({ account, nonce }: SignedOrder) {
    super('SL717', 'The account has placed an order under this nonce already.', {
      expected: 'a nonce for each order of a slot',
      actual: `${account}, nonce ${nonce}`,
      status: 409,
    })
  }
}
