/**
 * The credit key's word on a group commit: one signature over the tree of its credits, and receipts made from it, of what has just gone to disk
 * (from bytes) and of what stands in the journal (`proving`).
 */
import * as Packed from '../core/Packed.ts'
import type { Address, Credit, Hex, Receipt } from '../core/Payment.ts'
import * as ReceiptText from '../core/ReceiptText.ts'
import type * as Record from '../core/Record.ts'
import * as Digest from '../crypto/Digest.ts'
import * as Merkle from '../crypto/Merkle.ts'
import { creditInto } from '../crypto/Packed.ts'
import * as Signature from '../crypto/Signature.ts'
import type { StoredPayment } from '../store/Journal.ts'

/** The credit that a payment made. */
const creditOf = (record: Record.PaymentRecord): Credit => ({
  asset: record.asset,
  account: record.payee,
  total: record.creditTotal,
  history: record.creditHistory,
  debit: record.id,
})

const receiptOf = (record: Record.PaymentRecord, signature: Hex, branch: readonly Hex[]): Receipt => ({
  payment: {
    asset: record.asset,
    payee: record.payee,
    amount: record.amount,
    reference: record.reference,
    validUntil: record.validUntil,
    total: record.total,
    history: record.history,
    signature: record.signature,
    id: record.id,
    payer: record.payer,
  },
  credit: creditOf(record),
  before: record.creditBefore,
  proof: { signature, branch },
})

/** The tree over the credits of these payments. */
const treeOf = (domain: Digest.Domain, paid: readonly Packed.Packed[]): Merkle.ByteTree => {
  const leaves = Buffer.allocUnsafe(32 * paid.length)
  const view = Packed.viewOf(leaves)
  paid.forEach((payment, leaf) => {
    creditInto(view, 32 * leaf, domain, payment)
  })
  return Merkle.buildBytes(leaves)
}

/**
 * Receipts of payments that stand in the journal, proven under the credit key of today: what a replaced key has signed no longer draws on the
 * pool, and collects nothing (PROTOCOL 3.3).
 */
export const proving = (domain: Digest.Domain, creditKey: Hex): ((stored: StoredPayment) => Receipt) => {
  const own = Signature.addressOf(creditKey)
  /** Of groups that were read back, so that reading all payments of a group hashes it once. */
  const sealings = new WeakMap<readonly Packed.Packed[], Sealing>()

  const sealingOf = ({ group, seal }: StoredPayment): Sealing => {
    const known = sealings.get(group)
    if (known !== undefined) return known
    const tree = treeOf(domain, group)
    const digest = Digest.credits(domain, Merkle.rootOf(tree))
    const isOwn = Signature.recover(digest, seal) === own
    const made = { tree, seal: isOwn ? seal : Signature.sign(digest, creditKey) }
    sealings.set(group, made)
    return made
  }

  return (stored) => {
    const { tree, seal } = sealingOf(stored)
    const leaf = stored.group.findIndex((payment) => Packed.id(payment) === stored.record.id)
    return receiptOf(stored.record, seal, Merkle.branchOf(tree, leaf))
  }
}

/** A payment on disk, with the tree of its group: its receipt is made when it is asked for. */
export interface Sealed {
  readonly payment: Packed.Packed
  readonly position: number
  payee(): Address
  receipt(): Receipt
  /** The same as JSON. */
  json(): string
}

/** A class, because one is made for every payment: closures would take five times the memory. */
class SealedPayment implements Sealed {
  readonly payment: Packed.Packed
  readonly position: number
  readonly #group: Sealing
  readonly #leaf: number
  #receipt: Receipt | undefined
  #payee: Address | undefined

  constructor(payment: Packed.Packed, position: number, group: Sealing, leaf: number) {
    this.payment = payment
    this.position = position
    this.#group = group
    this.#leaf = leaf
  }
  payee(): Address {
    this.#payee ??= Packed.payee(this.payment)
    return this.#payee
  }
  receipt(): Receipt {
    this.#receipt ??= receiptOf(Packed.toRecord(this.payment), this.#group.seal, this.#branch())
    return this.#receipt
  }
  json(): string {
    return ReceiptText.from(this.payment, this.#group.seal, this.#branch())
  }
  #branch(): Hex[] {
    return Merkle.branchOf(this.#group.tree, this.#leaf)
  }
}

/** A group's tree and the signature over its root. */
export interface Sealing {
  readonly tree: Merkle.ByteTree
  readonly seal: Hex
}

/** A payment, or the two of a sale, that lie on disk at a position; the first one's credit is that leaf of its group's tree. */
export const sealed = (
  legs: readonly Packed.Packed[],
  position: number,
  group: Sealing,
  leaf: number,
): readonly Sealed[] => {
  const [one] = legs
  if (legs.length === 1) return [new SealedPayment(one as Packed.Packed, position, group, leaf)]
  return legs.map((leg, i) => new SealedPayment(leg, position, group, leaf + i))
}

/** Seals the credits of payments that go to disk together, in order; at least one. */
export const of = (domain: Digest.Domain, creditKey: Hex, paid: readonly Packed.Packed[]): Sealing => {
  const tree = treeOf(domain, paid)
  return { tree, seal: Signature.sign(Digest.credits(domain, Merkle.rootOf(tree)), creditKey) }
}
