/**
 * What the chain has told that no account holds: the settlements so far, and for whom money was ever set aside. It belongs to the ledger, so
 * that a snapshot carries it and a start needs not read the whole journal to know it.
 */
import type { Address } from './Payment.ts'
import type { ChainRecord, Settlement } from './Record.ts'

/** What had been paid by then. */
export interface Paid {
  readonly payments: number
  /** By asset, atomic. */
  readonly turnover: ReadonlyMap<Address, bigint>
}

/** A settlement, and what had been paid until it was known. */
export interface Settled extends Settlement, Paid {
  readonly atMs: number
}

export interface Chronicle {
  /** Settlement transactions that stand; one whose block was replaced does not. */
  transactions: number
  gasUsed: bigint
  /** Accounts settled, over all of them. */
  members: number
  /** The newest, in order. */
  readonly recent: Settled[]
  /** What had been paid until the last one before those. */
  before: Paid
  /** By asset: accounts that have had a reserve. */
  readonly reserved: Map<Address, Set<Address>>
}

/** More than a chain may take back. */
const mostRecent = 512

export const create = (): Chronicle => ({
  ...{ transactions: 0, gasUsed: 0n, members: 0, recent: [] },
  before: { payments: 0, turnover: new Map() },
  reserved: new Map(),
})

const count = (chronicle: Chronicle, { gasUsed, members }: Settlement, sign: 1 | -1): void => {
  chronicle.transactions += sign
  chronicle.gasUsed += BigInt(sign) * gasUsed
  chronicle.members += sign * members
}

/** Notes what a chain record says. */
export const apply = (
  chronicle: Chronicle,
  record: ChainRecord,
  payments: number,
  turnover: Paid['turnover'],
): void => {
  for (const transaction of record.undone?.settlements ?? []) {
    const place = chronicle.recent.findIndex((known) => known.transaction === transaction)
    for (const undone of place < 0 ? [] : chronicle.recent.splice(place, 1)) count(chronicle, undone, -1)
  }
  for (const settlement of record.settlements) {
    count(chronicle, settlement, 1)
    chronicle.recent.push({ ...settlement, atMs: record.atMs, payments, turnover: new Map(turnover) })
  }
  const old = chronicle.recent.splice(0, Math.max(0, chronicle.recent.length - mostRecent)).at(-1)
  if (old !== undefined) chronicle.before = { payments: old.payments, turnover: old.turnover }
  for (const { type, asset, account } of record.events) {
    if (type !== 'reserved') continue
    const known = chronicle.reserved.get(asset)
    if (known === undefined) chronicle.reserved.set(asset, new Set([account]))
    else known.add(account)
  }
}

/** As values of JSON. */
export interface Kept {
  readonly transactions: number
  readonly gasUsed: string
  readonly members: number
  readonly recent: readonly KeptSettled[]
  readonly before: KeptPaid
  readonly reserved: readonly (readonly [Address, readonly Address[]])[]
}

interface KeptPaid {
  readonly payments: number
  readonly turnover: readonly (readonly [Address, string])[]
}

type KeptSettled = Omit<Settled, 'block' | 'gasUsed' | keyof Paid> & KeptPaid & { block: string; gasUsed: string }

const keptPaid = ({ payments, turnover }: Paid): KeptPaid => ({
  payments,
  turnover: [...turnover].map(([asset, amount]) => [asset, `${amount}`]),
})

const paidFrom = ({ payments, turnover }: KeptPaid): Paid => ({
  payments,
  turnover: new Map(turnover.map(([asset, amount]) => [asset, BigInt(amount)])),
})

export const toKept = ({ gasUsed, recent, before, reserved, transactions, members }: Chronicle): Kept => ({
  ...{ transactions, members, gasUsed: `${gasUsed}` },
  recent: recent.map((one) => ({ ...one, ...keptPaid(one), block: `${one.block}`, gasUsed: `${one.gasUsed}` })),
  before: keptPaid(before),
  reserved: [...reserved].map(([asset, accounts]) => [asset, [...accounts]]),
})

export const fromKept = ({ gasUsed, recent, before, reserved, transactions, members }: Kept): Chronicle => ({
  ...{ transactions, members, gasUsed: BigInt(gasUsed) },
  recent: recent.map((one) => ({ ...one, ...paidFrom(one), block: BigInt(one.block), gasUsed: BigInt(one.gasUsed) })),
  before: paidFrom(before),
  reserved: new Map(reserved.map(([asset, accounts]) => [asset, new Set(accounts)])),
})
