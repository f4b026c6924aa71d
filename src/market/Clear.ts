/**
 * A call auction, worked out: all orders of a slot at once, one price for everybody. Pure and exact: prices are whole ticks, quantities whole
 * lots, held in packed arrays because an economy may have a million orders a slot.
 *
 * - Volume is the greatest that any one price allows.
 * - Priority: better limits first; of equal limits the one that came first. The last to be served may be served in part.
 * - Price: of all prices at which that volume trades, nobody trades outside of its limit and nobody is left out who would have been served, the
 *   one in the middle, rounded down to a tick.
 */

/** One side's orders, in the order in which they came. */
export interface Side {
  /** Limit of each, ticks, below 2^31. */
  readonly ticks: ArrayLike<number>
  /** The most that each wants, lots, below 2^31. */
  readonly lots: ArrayLike<number>
}

export interface Cleared {
  /** Undefined where nothing traded. */
  readonly priceTicks: number | undefined
  readonly volumeLots: number
  /** What each order got, lots, by its place. */
  readonly bids: Float64Array
  readonly asks: Float64Array
}

/** The most orders of a side: index and limit of one share the 53 bits of a sorting key. */
export const mostOrders = 2 ** 21

const tickLimit = 2 ** 31

/** Places of orders from the best to the worst. Keys are whole numbers below 2^53: limit first, then arrival. */
const ranking = ({ ticks, lots }: Side, isBid: boolean): Uint32Array => {
  const count = ticks.length
  if (count !== lots.length || count > mostOrders) throw new RangeError(`${count} limits, ${lots.length} quantities`)
  const keys = new Float64Array(count)
  for (let i = 0; i < count; i++) {
    const [tick, lot] = [ticks[i] as number, lots[i] as number]
    if (!isWhole(tick) || !isWhole(lot)) throw new RangeError(`order ${i}: ${lot} lots at ${tick} ticks`)
    keys[i] = (isBid ? tickLimit - 1 - tick : tick) * mostOrders + i
  }
  keys.sort()
  return Uint32Array.from(keys, (key) => key % mostOrders)
}

const isWhole = (value: number): boolean => Number.isInteger(value) && value >= 0 && value < tickLimit

/** Clears a market. An order over no lots takes no part. */
export const clear = (bids: Side, asks: Side): Cleared => {
  const [bidRank, askRank] = [ranking(bids, true), ranking(asks, false)]
  const got = { bids: new Float64Array(bidRank.length), asks: new Float64Array(askRank.length) }
  let [b, a, volumeLots] = [0, 0, 0]
  let last: { bid: number; ask: number } | undefined
  while (b < bidRank.length && a < askRank.length) {
    const [bid, ask] = [bidRank[b] as number, askRank[a] as number]
    const wanted = (bids.lots[bid] as number) - (got.bids[bid] as number)
    const offered = (asks.lots[ask] as number) - (got.asks[ask] as number)
    if (wanted === 0) b++
    else if (offered === 0) a++
    else if ((bids.ticks[bid] as number) < (asks.ticks[ask] as number)) break
    else {
      const lots = Math.min(wanted, offered)
      got.bids[bid] = (got.bids[bid] as number) + lots
      got.asks[ask] = (got.asks[ask] as number) + lots
      volumeLots += lots
      last = { bid: bids.ticks[bid] as number, ask: asks.ticks[ask] as number }
    }
  }
  return {
    priceTicks:
      last === undefined ? undefined : priceOf(last, rest(bids, bidRank, got.bids), rest(asks, askRank, got.asks)),
    volumeLots,
    ...got,
  }
}

/** The best limit that did not get all it wanted. */
const rest = ({ ticks, lots }: Side, ranked: Uint32Array, got: Float64Array): number | undefined => {
  const place = ranked.find((each) => (got[each] as number) < (lots[each] as number))
  return place === undefined ? undefined : ticks[place]
}

/** The middle of what everybody can accept: those who were served last, and those who went without. */
const priceOf = (
  last: { readonly bid: number; readonly ask: number },
  restBid: number | undefined,
  restAsk: number | undefined,
): number => {
  const low = Math.max(last.ask, restBid ?? last.ask)
  const high = Math.min(last.bid, restAsk ?? last.bid)
  return Math.floor((low + high) / 2)
}

/** Who takes how much from whom. */
export interface Deal {
  /** Places in the two lists. */
  readonly buyer: number
  readonly seller: number
  readonly lots: number
}

/**
 * Brings buyers and sellers together in their order: fewer deals than there are parties.
 * @param bought what each buyer got, lots; `sold` adds up to the same
 */
export function* deals(bought: readonly number[], sold: readonly number[]): Generator<Deal> {
  let [buyer, seller, taken, given] = [0, 0, 0, 0]
  while (buyer < bought.length && seller < sold.length) {
    const lots = Math.min((bought[buyer] as number) - taken, (sold[seller] as number) - given)
    if (lots > 0) yield { buyer, seller, lots }
    taken += lots
    given += lots
    if (taken === bought[buyer]) [buyer, taken] = [buyer + 1, 0]
    if (given === sold[seller]) [seller, given] = [seller + 1, 0]
  }
}
