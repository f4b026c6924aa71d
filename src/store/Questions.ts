/**
 * What a journal is asked, answered from its log and its index: a payment by its name, a purchase, an account's lines. An index gives places
 * where something may be; what counts is what stands in the log there.
 */
import * as Packed from '../core/Packed.ts'
import type { Hex } from '../core/Payment.ts'
import * as Frame from './Frame.ts'
import type * as Index from './Index.ts'
import type { Journal, StoredLine } from './Journal.ts'
import { JournalReadError } from './Journal.ts'
import * as Keys from './Keys.ts'
import * as Log from './Log.ts'

export type Questions = Pick<Journal, 'payment' | 'byReference' | 'purchase' | 'places' | 'linesAt' | 'lines'>

type Payments = readonly Packed.Packed[]

/** A group commit that was read. */
interface Group {
  readonly frame: Frame.Frame
  /** By place in the group; none where something else than payments is stored. */
  readonly payments: readonly Payments[]
  /** All of them in order, once they have been asked for: the same array each time, which whoever builds a tree over it relies on. */
  all?: Payments
}

/** @param end position of the last record */
export const create = (handle: number, index: Index.Index, seed: Keys.Seed, end: () => number): Questions => {
  /** Whoever reads one payment of a group mostly reads the next one too. Groups never change. */
  let last: Group | undefined

  /** The group commit that holds a position. */
  const groupAt = (position: number): Group => {
    if (last !== undefined && last.frame.first <= position && position < last.frame.first + last.frame.count)
      return last
    const { offset } = Log.headOf(handle, index.marks, position)
    const frame = Log.frameAt(handle, offset)
    if (position < frame.first || position >= frame.first + frame.count)
      throw new JournalReadError(new Error(`position ${position} is not in the group at byte ${offset} of the log`))
    const payments: Packed.Packed[][] = Array.from({ length: frame.count }, () => [])
    Frame.forEachPayment(frame, (payment, at) => payments[at - frame.first]?.push(payment))
    last = { frame, payments }
    return last
  }

  const paymentsAt = (position: number): Payments => {
    const { frame, payments } = groupAt(position)
    return payments[position - frame.first] ?? []
  }

  const bytes = (...values: Hex[]): DataView =>
    Packed.viewOf(Buffer.from(values.map((value) => value.slice(2)).join(''), 'hex'))

  const found = (
    positions: Iterable<number>,
    isIt: (payment: Packed.Packed) => boolean,
  ): { position: number; payment: Packed.Packed } | undefined => {
    const last = end()
    for (const position of positions) {
      if (position > last) continue
      const payment = paymentsAt(position).find(isIt)
      if (payment !== undefined) return { position, payment }
    }
    return undefined
  }

  const purchaseAt = (key: Keys.Key, isIt: (payment: Packed.Packed) => boolean): Packed.Packed | undefined => {
    // A reader looks for what was written meanwhile.
    end()
    const positions = index.purchases(key)
    return positions.length === 0 ? undefined : found(positions, isIt)?.payment
  }

  const places: Journal['places'] = (account, after, limit) => {
    const positions: number[] = []
    const last = end()
    for (const position of index.find(Keys.ofLine(seed, bytes(account), 0), after + 1)) {
      // Both legs of a sale name both of its parties.
      if (position > last || position === positions.at(-1)) continue
      positions.push(position)
      if (positions.length === limit) break
    }
    return positions
  }

  const linesAt: Journal['linesAt'] = (account, position, incoming = false) =>
    paymentsAt(position)
      .map(Packed.toRecord)
      .filter((payment) => payment.payee === account || (!incoming && payment.payer === account))
      .map((record) => ({ position, record }))

  return {
    payment(id) {
      const it = found(index.find(Keys.ofId(seed, bytes(id), 0)), (payment) => Packed.id(payment) === id)
      if (it === undefined) return undefined
      const group = groupAt(it.position)
      // The same list each time: whoever proves several payments of a group builds its tree once.
      group.all ??= group.payments.flat()
      return {
        position: it.position,
        record: Packed.toRecord(it.payment),
        group: group.all,
        seal: group.frame.seal as Hex,
      }
    },
    byReference(payer, asset, reference) {
      const key = Keys.ofPurchase(seed, bytes(payer, asset, reference), 0)
      const isIt = (payment: Packed.Packed): boolean =>
        Packed.payer(payment) === payer && Packed.asset(payment) === asset && Packed.reference(payment) === reference
      const it = purchaseAt(key, isIt)
      return it === undefined ? undefined : Packed.toRecord(it)
    },
    purchase(payment) {
      const { view, start } = payment
      return purchaseAt(Keys.ofPurchase(seed, view, start + Packed.at.payer), (other) =>
        Packed.isSamePurchase(payment, other),
      )
    },
    places,
    linesAt,
    lines(account, after, limit, incoming = false) {
      const lines: StoredLine[] = []
      let [left, from] = [limit, after]
      while (left > 0) {
        const found = places(account, from, left)
        if (found.length === 0) break
        for (const position of found) {
          const own = linesAt(account, position, incoming)
          lines.push(...own)
          if (own.length > 0) left--
          from = position
        }
      }
      return lines
    },
  }
}
