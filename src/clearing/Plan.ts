/**
 * What to settle, and in which transactions: a pure function of the ledger. Net payers come first in the whole plan, so that the pool
 * holds what the later credits draw (I2); within that, order is fixed, so that the same ledger gives the same batches.
 */
import type { Account } from '../core/Account.ts'
import { isUnsettled, payable, unsettledDebit } from '../core/Account.ts'
import * as Batch from '../core/Batch.ts'
import type { Address, Hex } from '../core/Payment.ts'

export interface Limits {
  /** Gas of one transaction; EIP-7825 allows 16 777 216. */
  readonly gas: number
  /** Bytes of one batch; common pools take 128 KB a transaction. */
  readonly bytes: number
}

/** EIP-7825. */
const mostGas = 16_777_216

export const defaultLimits: Limits = { gas: 14_000_000, bytes: 90_000 }

export interface Transaction {
  /** Encoded when it is asked for: the first batch is on its way before the others are. */
  readonly batch: Hex
  /** As they were planned: what the batch says of them. */
  readonly members: readonly Account[]
  /** Gas limit to send it with. */
  readonly gas: bigint
}

type Kind = 'debit' | 'both' | 'credit'

interface Member {
  readonly account: Account
  readonly kind: Kind
  readonly p256: boolean
  readonly bytes: number
  readonly gas: number
}

/** Upper bounds of what a member costs, for splitting only; a slot that was never written costs 17 100 more. */
const gasOfKind: { readonly [kind in Kind]: number } = { debit: 14_000, both: 16_000, credit: 9_000 }
const gasOfNewSlot = 17_100
const gasOfP256 = 9_000
const gasOfTransaction = 120_000
/** A section's head, and what the ABI puts around a batch. */
const bytesOfSection = 28
const bytesOfCall = 101
/** Of one asset: payers and earners, two kinds of signature. */
const mostSectionsOfAsset = 4

/** What the chain still has to credit. */
const unsettledCredit = (account: Account): bigint => payable(account) - account.settled.credited

const kindOf = (account: Account): Kind =>
  unsettledDebit(account) <= 0n ? 'credit' : unsettledCredit(account) <= 0n ? 'debit' : 'both'

const signatureBytes = (account: Account): number => (account.debitSignature.length - 2) / 2

const memberOf = (account: Account): Member => {
  const kind = kindOf(account)
  const { balance, debited, credited } = account.settled
  const isNew = balance === 0n && debited === 0n && credited === 0n
  const signed = kind === 'credit' ? 0 : signatureBytes(account) + 32 + 10
  const p256 = signed > 0 && signatureBytes(account) === 128
  return {
    account,
    kind,
    p256,
    bytes: signed + (kind === 'debit' ? 0 : 10) + (kind === 'credit' ? 20 : 0),
    gas: gasOfKind[kind] + (isNew ? gasOfNewSlot : 0) + (p256 ? gasOfP256 : 0),
  }
}

/** What a settlement of so many members takes at most, as far as it fits into one transaction. */
export const gasOf = (members: number): bigint =>
  BigInt(Math.min(defaultLimits.gas, gasOfTransaction + members * gasOfKind.both))

/** A quarter above the estimate, which costs nothing; at most what a transaction may have. */
const gasLimitOf = (estimate: number): bigint => BigInt(Math.min(mostGas, estimate + Math.ceil(estimate / 4)))

const net = (account: Account): bigint => unsettledDebit(account) - unsettledCredit(account)

/** Net payers first; equal ones as they came. */
const order = (members: readonly Member[]): Member[] =>
  members
    .map((member) => ({ member, pays: net(member.account) }))
    .sort((a, b) => (a.pays === b.pays ? 0 : a.pays > b.pays ? -1 : 1))
    .map(({ member }) => member)

/**
 * A section for each asset and kind of signature. Those that pay more than they earn come before those that earn more, whatever they sign
 * with; where that makes two neighbours of one kind, they are one section.
 */
const sectionsOf = (members: readonly Member[]): Batch.Section[] => {
  const assets = [...new Set(members.map(({ account }) => account.asset))].sort()
  return assets.flatMap((asset) => {
    const own = members.filter(({ account }) => account.asset === asset)
    const groups = [true, false].flatMap((pays) => [true, false].map((p256) => ({ pays, p256 })))
    const sections: { p256: boolean; members: Member[] }[] = []
    for (const { pays, p256 } of groups) {
      const part = own.filter((member) => member.p256 === p256 && net(member.account) > 0n === pays)
      const last = sections.at(-1)
      if (last?.p256 === p256) last.members.push(...part)
      else if (part.length > 0) sections.push({ p256, members: part })
    }
    return sections.map(({ p256, members: list }) => sectionOf(asset, p256, list))
  })
}

const sectionOf = (asset: Address, p256: boolean, members: readonly Member[]): Batch.Section => {
  const of = (kind: Kind) => members.filter((member) => member.kind === kind).map(({ account }) => account)
  return {
    asset,
    p256,
    debits: of('debit').map((a) => ({ signature: a.debitSignature, total: a.debitTotal, history: a.debitHistory })),
    boths: of('both').map((a) => ({
      signature: a.debitSignature,
      debitTotal: a.debitTotal,
      history: a.debitHistory,
      creditTotal: payable(a),
    })),
    credits: of('credit').map((a) => ({ account: a.account, total: payable(a) })),
  }
}

/**
 * Plans a settlement.
 * @param accounts what may be settled, in a fixed order (`Ledger.toSettle`); settled ones are left out
 */
export const plan = (accounts: readonly Account[], limits: Limits = defaultLimits): Transaction[] => {
  const members = order(accounts.filter(isUnsettled).map(memberOf))
  const assets = new Set(accounts.map((account) => account.asset)).size
  const parts: Member[][] = []
  let [gas, bytes] = [Number.POSITIVE_INFINITY, 0]
  for (const member of members) {
    if (gas + member.gas > limits.gas || bytes + member.bytes > limits.bytes) {
      parts.push([])
      gas = gasOfTransaction
      bytes = bytesOfCall + assets * mostSectionsOfAsset * bytesOfSection
    }
    parts.at(-1)?.push(member)
    gas += member.gas
    bytes += member.bytes
  }
  return parts.map((part) => ({
    get batch() {
      return Batch.encode(sectionsOf(part))
    },
    members: part.map(({ account }) => account),
    gas: gasLimitOf(part.reduce((sum, member) => sum + member.gas, gasOfTransaction)),
  }))
}
