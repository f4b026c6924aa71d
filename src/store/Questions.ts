/**
 * What a journal is asked, answered from its log and its index: a payment by its name, a purchase, an account's lines. An index gives places
 * where something may be; what counts is what stands in the log there.
 */
import * as Packed from '../core/Packed.ts'
import type { Address, Hex } from '../core/Payment.ts'
import type { PaymentRecord } from '../core/Record.ts'
import * as Frame from './Frame.ts'
import type * as Index from './Index.ts'
import type { Entry, StoredLine, StoredPayment } from './Journal.ts'
import * as Keys from './Keys.ts'
import * as Log from './Log.ts'

export interface Questions {
  payment(id: Hex): StoredPayment | undefined
  byReference(payer: Address, asset: Address, reference: Hex): PaymentRecord | undefined
  purchase(payment: Packed.Packed): Packed.Packed | undefined
  lines(account: Address, after: number, limit: number, incoming?: boolean): StoredLine[]
}

type Payments = readonly Packed.Packed[]

/** A group commit that was read. */
interface Group {
  readonly frame: Frame.Frame
  readonly entries: readonly Entry[]
  /** Its payments as values, once they have been asked for: the same array each time, which whoever builds a tree over it relies on. */
  records?: readonly PaymentRecord[]
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
    last = { frame, entries: [...Frame.entries(frame)].map(({ entry }) => entry) }
    return last
  }

  const paymentsAt = (position: number): Payments => {
    const { frame, entries } = groupAt(position)
    const entry = entries[position - frame.first]
    return entry !== undefined && Packed.isList(entry) ? entry : []
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

  return {
    payment(id) {
      const it = found(index.find(Keys.ofId(seed, bytes(id), 0)), (payment) => Packed.id(payment) === id)
      if (it === undefined) return undefined
      const group = groupAt(it.position)
      // The same list each time: whoever proves several payments of a group builds its tree once.
      group.records ??= group.entries.flatMap((entry) => (Packed.isList(entry) ? entry.map(Packed.toRecord) : []))
      return {
        position: it.position,
        record: Packed.toRecord(it.payment),
        group: group.records,
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
    lines(account, after, limit, incoming = false) {
      const lines: StoredLine[] = []
      const last = end()
      let [count, before] = [0, 0]
      for (const position of index.find(Keys.ofLine(seed, bytes(account), 0), after + 1)) {
        // Both legs of a sale name both of its parties.
        if (position === before || position > last) continue
        before = position
        const own = paymentsAt(position)
          .map(Packed.toRecord)
          .filter((payment) => payment.payee === account || (!incoming && payment.payer === account))
        if (own.length === 0) continue
        lines.push(...own.map((record) => ({ position, record })))
        if (++count === limit) break
      }
      return lines
    },
  }
}
