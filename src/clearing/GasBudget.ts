/**
 * What others can make the operator spend (I22). Whatever the service's keys send, because somebody asked or by itself, is one of the
 * purposes below; `Spender` sends nothing without a ticket of one. What strangers cause is bounded three times: so many transactions for an
 * address and hour, so many for an account and day, and a share of the key's coin an hour for all of them together. SECURITY.md has the same
 * list for people.
 */
import { SunledgerError } from '../core/Errors.ts'
import * as Quota from '../core/Quota.ts'

export interface Limits {
  /** The least amount that is deposited, withdrawn or settled for others (x402), atomic units; what an account has to hold to leave or be bound. 0: any. */
  readonly minimumAtomic: bigint
  /** Transactions in an hour that one address may ask for. 0: any number. */
  readonly perAddressAndHour: number
  /** Transactions in a day for one account. 0: any number. */
  readonly perAccountAndDay: number
  /** Of a key's coin, in an hour, for all strangers together, in hundredths of a percent. 10 000: all of it. */
  readonly shareBpsPerHour: number
  /** The same for settlement by time, most valuable members first; who leaves or withdraws is settled all the same. */
  readonly settlementShareBpsPerHour: number
  /** A member that is not worth a transaction waits so long at most, as far as that share has room. */
  readonly settledWithinMs: number
  /** What a coin costs, millionths of a dollar; 0: not known, then `minimumAtomic` alone says what is worth a transaction. */
  readonly coinPriceAtomic: bigint
}

export const defaults: Limits = {
  minimumAtomic: 10_000n,
  perAddressAndHour: 20,
  perAccountAndDay: 10,
  shareBpsPerHour: 100,
  settlementShareBpsPerHour: 1_000,
  settledWithinMs: 86_400_000,
  coinPriceAtomic: 0n,
}

/** Where the coin is worth nothing, as on a local chain that lives in memory. */
export const unlimited: Limits = {
  minimumAtomic: 0n,
  perAddressAndHour: 0,
  perAccountAndDay: 0,
  shareBpsPerHour: 10_000,
  settlementShareBpsPerHour: 10_000,
  settledWithinMs: 86_400_000,
  coinPriceAtomic: 0n,
}

interface Terms {
  /**
   * `stranger`: whoever asks is counted, and the share has to have room. `consequence`: follows from what a stranger asked for before, counts
   * for the share, and waits where that is spent. `operator`: the operator's own will, or what the protocol owes (I6): not bounded here.
   */
  readonly by: 'stranger' | 'consequence' | 'operator'
  /** What it takes at most; what is really used is counted once it is known. */
  readonly gas: bigint
  /** Places of a quota; what follows from it later has its place beforehand. 0: not counted by address and account. */
  readonly places?: number
}

/** Every transaction that the service sends. */
export const purposes = {
  deposit: { by: 'stranger', gas: 120_000n },
  withdrawal: { by: 'stranger', gas: 110_000n },
  exit: { by: 'stranger', gas: 80_000n, places: 3 },
  owner: { by: 'stranger', gas: 80_000n },
  x402: { by: 'stranger', gas: 90_000n },
  // Local chains alone, from the issuer's key.
  faucet: { by: 'stranger', gas: 80_000n, places: 0 },
  finalizeExit: { by: 'consequence', gas: 80_000n },
  draw: { by: 'consequence', gas: 80_000n },
  // Admitted and journaled before, so it is owed: after a restart, a reorganisation, or an answer that was lost.
  withdrawalAgain: { by: 'operator', gas: 0n },
  readings: { by: 'operator', gas: 0n },
  settlement: { by: 'operator', gas: 0n },
  approval: { by: 'operator', gas: 0n },
  reserve: { by: 'operator', gas: 0n },
  // One empty transaction for each start of the service.
  start: { by: 'operator', gas: 0n },
} as const satisfies { readonly [name: string]: Terms }

export type Purpose = keyof typeof purposes
type Of<By extends Terms['by']> = { [P in Purpose]: (typeof purposes)[P]['by'] extends By ? P : never }[Purpose]
/** What is admitted only when somebody is named for it. */
export type Asked = Of<'stranger'>
export type Own = Of<'consequence' | 'operator'>

/** Who causes a transaction. */
export interface Cause {
  /** The account whose message it is. */
  readonly account: string
  /** The range of addresses that the request came from; left out: from nowhere outside. */
  readonly from?: string | undefined
}

/** The right to send one transaction, or to be part of one. Only a budget makes them. */
export class Ticket {
  readonly purpose: Purpose
  /** Counted for it so far, wei, and where. */
  costWei = 0n
  slot = -1
  /** Gives its places back. */
  readonly release: () => void
  constructor(purpose: Purpose, release: () => void = () => {}) {
    this.purpose = purpose
    this.release = release
  }
}

const hourMs = 3_600_000
const dayMs = 24 * hourMs
const slots = 60
const slotMs = hourMs / slots

/** What was spent in the last hour, by minutes: as many numbers however much is sent. */
const lastHour = (nowMs: () => number) => {
  const spent = new Array<bigint>(slots).fill(0n)
  let current = Math.floor(nowMs() / slotMs)
  const turn = (): number => {
    const now = Math.floor(nowMs() / slotMs)
    for (const last = current; current < now && current < last + slots; ) spent[++current % slots] = 0n
    current = now
    return now
  }
  return {
    add(wei: bigint, slot = turn()): number {
      if (slot > turn() - slots) spent[slot % slots] = (spent[slot % slots] as bigint) + wei
      return slot
    },
    sum(): bigint {
      turn()
      return spent.reduce((a, b) => a + b, 0n)
    },
    /** Until the oldest that counts no longer does. */
    untilLessMs(): number {
      const now = turn()
      for (let age = slots - 1; age >= 0; age--)
        if ((spent[(now - age) % slots] ?? 0n) > 0n) return (now - age + slots) * slotMs - nowMs()
      return slotMs
    },
  }
}

export interface GasBudget {
  readonly limits: Limits
  /** @throws {TooManyTransactionsError} @throws {ShareSpentError} nothing is taken */
  admit(purpose: Asked, cause: Cause, weiPerGas: bigint, coinWei: bigint): Ticket
  /** @throws {ShareSpentError} for a consequence */
  own(purpose: Own, weiPerGas: bigint, coinWei: bigint): Ticket
  /** What it really took. */
  used(ticket: Ticket, wei: bigint): void
  /** It was not sent. */
  unused(ticket: Ticket): void
  /** Spent for strangers in the last hour, wei. */
  readonly spentWei: bigint
  /** Spent by the operator's own will in the last hour, wei: settlements above all. */
  readonly operatorWei: bigint
}

const termsOf = (purpose: Purpose): Terms => purposes[purpose]

export const create = (limits: Limits, nowMs: () => number = () => performance.now()): GasBudget => {
  const { perAddressAndHour, perAccountAndDay, shareBpsPerHour } = limits
  const addresses = perAddressAndHour > 0 ? Quota.create(perAddressAndHour, hourMs) : undefined
  const accounts = perAccountAndDay > 0 ? Quota.create(perAccountAndDay, dayMs) : undefined
  const hour = lastHour(nowMs)
  const ownHour = lastHour(nowMs)

  const reserve = (ticket: Ticket, costWei: bigint, coinWei: bigint): Ticket => {
    const spent = hour.sum()
    const mostWei = (coinWei * BigInt(shareBpsPerHour)) / 10_000n
    // Where a share of the coin does not pay a single one, there is still one an hour: the node says when there is too little for that.
    if (spent > 0n && spent + costWei > mostWei) throw new ShareSpentError(mostWei, spent, hour.untilLessMs())
    ticket.costWei = costWei
    ticket.slot = hour.add(costWei)
    return ticket
  }

  const used = (ticket: Ticket, wei: bigint): void => {
    if (ticket.slot < 0) {
      ownHour.add(wei)
      return
    }
    hour.add(wei - ticket.costWei, ticket.slot)
    ticket.costWei = wei
  }

  /** What somebody is counted by. */
  function* countersOf(from: string | undefined, account: string) {
    if (addresses !== undefined && from !== undefined)
      yield { quota: addresses, name: from, who: 'address', most: perAddressAndHour, time: 'an hour' } as const
    if (accounts !== undefined)
      yield { quota: accounts, name: account, who: 'account', most: perAccountAndDay, time: 'a day' } as const
  }

  return {
    limits,
    admit(purpose, { account, from }, weiPerGas, coinWei) {
      const { gas, places = 1 } = termsOf(purpose)
      const now = nowMs()
      const counted = places === 0 ? [] : [...countersOf(from, account)]
      for (const { quota, name, who, most, time } of counted) {
        const waitMs = quota.waitMs(name, places, now)
        if (waitMs > 0) throw new TooManyTransactionsError(who, most, time, waitMs)
      }
      const release = () => {
        for (const { quota, name } of counted) quota.giveBack(name, places)
      }
      const ticket = reserve(new Ticket(purpose, release), gas * weiPerGas, coinWei)
      for (const { quota, name } of counted) quota.take(name, places, now)
      return ticket
    },
    own(purpose, weiPerGas, coinWei) {
      const { by, gas } = termsOf(purpose)
      return by === 'consequence' ? reserve(new Ticket(purpose), gas * weiPerGas, coinWei) : new Ticket(purpose)
    },
    used,
    unused(ticket) {
      if (ticket.slot >= 0) used(ticket, 0n)
      ticket.release()
    },
    get spentWei() {
      return hour.sum()
    },
    get operatorWei() {
      return ownHour.sum()
    },
  }
}

/** One address or account has asked for as many transactions as it may. */
export class TooManyTransactionsError extends SunledgerError {
  override readonly name = 'TooManyTransactionsError'
  constructor(who: 'address' | 'account', most: number, time: string, waitMs: number) {
    super('SL622', `Too many transactions for this ${who}.`, {
      expected: `at most ${most} in ${time}`,
      hint: 'The operator pays for each. Come back when Retry-After says, or send the message to the contract yourself.',
      status: 429,
      retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)),
    })
  }
}

/** All strangers together have had the share of the operator's coin that is theirs in an hour. */
export class ShareSpentError extends SunledgerError {
  override readonly name = 'ShareSpentError'
  constructor(mostWei: bigint, spentWei: bigint, waitMs: number) {
    super('SL623', 'The operator spends no more coin for others in this hour.', {
      expected: `at most ${mostWei} wei in an hour`,
      actual: `${spentWei} wei`,
      hint: 'Come back when Retry-After says, or send the message to the contract yourself.',
      status: 429,
      retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)),
    })
  }
}

/** What is asked for is worth less than a transaction. */
export class AmountTooSmallError extends SunledgerError {
  override readonly name = 'AmountTooSmallError'
  constructor(what: string, minimumAtomic: bigint, actual: bigint) {
    super('SL624', `${what} is below the least amount that is worth a transaction.`, {
      expected: `at least ${minimumAtomic} atomic units`,
      actual: `${actual}`,
      hint: 'GET /v1/status has minimumAtomic. Whoever holds coin for gas can send any amount to the contract.',
      status: 422,
    })
  }
}
