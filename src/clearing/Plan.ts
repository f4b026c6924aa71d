/**
 * What to settle, and in which transactions: a pure function of the ledger. Net payers come first in the whole plan, so that the pool
 * holds what the later credits draw (I2); within that, order is fixed, so that the same ledger gives the same batches.
 */
import type { Account } from '../core/Account.ts'
import { isUnsettled, unsettledCredit, unsettledDebit } from '../core/Account.ts'
import * as Batch from '../core/Batch.ts'
import type { Address, Hex } from '../core/Payment.ts'

export interface Limits {
  /** Gas of one transaction; EIP-7825 allows 16 777 216. */
  readonly gas: number
  /** Bytes of one batch; common pools take 128 KB a transaction. */
  readonly bytes: number
}

export const defaultLimits: Limits = { gas: 14_000_000, bytes: 90_000 }

export interface Transaction {
  readonly batch: Hex
  readonly members: readonly { readonly asset: Address; readonly account: Address }[]
  /** Gas limit to send it with. */
  readonly gas: bigint
}

type Kind = 'debit' | 'both' | 'credit'

interface Member {
  readonly account: Account
  readonly kind: Kind
  readonly bytes: number
  readonly gas: number
}

/** Upper bounds of what a member costs, for splitting only; a slot that was never written costs 17 100 more. */
const gasOf: { readonly [kind in Kind]: number } = { debit: 14_000, both: 16_000, credit: 9_000 }
const gasOfNewSlot = 17_100
const gasOfP256 = 9_000
const gasOfTransaction = 120_000
/** A section's head, and what the ABI puts around a batch. */
const bytesOfSection = 27
const bytesOfCall = 101

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
    bytes: signed + (kind === 'debit' ? 0 : 10) + (kind === 'credit' ? 20 : 0),
    gas: gasOf[kind] + (isNew ? gasOfNewSlot : 0) + (p256 ? gasOfP256 : 0),
  }
}

const net = (account: Account): bigint => unsettledDebit(account) - unsettledCredit(account)

/** Net payers first; equal ones as they came. */
const order = (members: readonly Member[]): Member[] =>
  members
    .map((member) => ({ member, pays: net(member.account) }))
    .sort((a, b) => (a.pays === b.pays ? 0 : a.pays > b.pays ? -1 : 1))
    .map(({ member }) => member)

const sectionsOf = (members: readonly Member[]): Batch.Section[] => {
  const groups = new Map<string, Member[]>()
  for (const member of members) {
    const p256 = member.kind !== 'credit' && signatureBytes(member.account) === 128
    const id = `${member.account.asset} ${p256}`
    groups.set(id, [...(groups.get(id) ?? []), member])
  }
  // P-256 entries are never bare credits, so their debits fill the pool before the other section's credits draw on it.
  const ordered = [...groups].sort(([a], [b]) => (a < b ? 1 : -1)).map(([, group]) => group)
  return ordered.map((group) => {
    const of = (kind: Kind) => group.filter((member) => member.kind === kind).map((member) => member.account)
    const first = group[0] as Member
    return {
      asset: first.account.asset,
      p256: first.kind !== 'credit' && signatureBytes(first.account) === 128,
      debits: of('debit').map((a) => ({ signature: a.debitSignature, total: a.debitTotal, history: a.debitHistory })),
      boths: of('both').map((a) => ({
        signature: a.debitSignature,
        debitTotal: a.debitTotal,
        history: a.debitHistory,
        creditTotal: a.creditTotal,
      })),
      credits: of('credit').map((a) => ({ account: a.account, total: a.creditTotal })),
    }
  })
}

/**
 * Plans a settlement.
 * @param accounts what may be settled, in a fixed order (`Ledger.toSettle`); settled ones are left out
 */
export const plan = (accounts: readonly Account[], limits: Limits = defaultLimits): Transaction[] => {
  const members = order(accounts.filter(isUnsettled).map(memberOf))
  const parts: Member[][] = []
  let [gas, bytes] = [Number.POSITIVE_INFINITY, 0]
  for (const member of members) {
    if (gas + member.gas > limits.gas || bytes + member.bytes > limits.bytes) {
      parts.push([])
      gas = gasOfTransaction
      // At most four sections: two assets, two kinds of signature.
      bytes = bytesOfCall + 4 * bytesOfSection
    }
    parts.at(-1)?.push(member)
    gas += member.gas
    bytes += member.bytes
  }
  return parts.map((part) => ({
    batch: Batch.encode(sectionsOf(part)),
    members: part.map(({ account }) => ({ asset: account.asset, account: account.account })),
    gas: BigInt(part.reduce((sum, member) => sum + member.gas, gasOfTransaction)),
  }))
}
