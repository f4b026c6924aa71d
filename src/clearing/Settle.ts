/**
 * Settlement: what was accepted goes on chain. One run at a time: meter readings first (they mint what producers sell), then a batch or
 * several of everybody's newest totals, then the chain is read again and compared. A run that is cut off anywhere is simply repeated:
 * totals only rise, so what arrived twice moves nothing.
 *
 * Readings that wait are kept in memory alone. Nothing is lost with them: a meter's totals are cumulative, so the next reading says all
 * that a lost one would have said; nobody has been told that a reading was accepted before the chain has accepted it.
 */
import { setImmediate } from 'node:timers/promises'
import { answered, type Client } from '../chain/Client.ts'
import * as House from '../chain/House.ts'
import * as Sender from '../chain/Sender.ts'
import * as Settled from '../chain/Settled.ts'
import type { Watcher } from '../chain/Watcher.ts'
import { type Account, payable } from '../core/Account.ts'
import * as Batch from '../core/Batch.ts'
import * as Ledger from '../core/Ledger.ts'
import type { Address } from '../core/Payment.ts'
import type { Record } from '../core/Record.ts'
import * as Turns from '../core/Turns.ts'
import type { Settlements, SignedReading } from '../core/Wire.ts'
import type { Journal } from '../store/Journal.ts'
import type { Commit } from './Commit.ts'
import * as Due from './Due.ts'
import type { NonceFence } from './NonceFence.ts'
import * as Plan from './Plan.ts'
import type { SettlementHealth } from './SettlementHealth.ts'
import type { Spender } from './Spender.ts'
import type { Sync } from './Sync.ts'

export interface SettleOptions {
  readonly ledger: Ledger.Ledger
  readonly client: Client
  readonly sender: Spender
  readonly health: Pick<SettlementHealth, 'watch' | 'leftOut'>
  readonly watcher: Watcher
  readonly sync: Sync
  readonly commit: Commit
  readonly journal: Pick<Journal, 'end' | 'term'>
  readonly nonceFence: Pick<NonceFence, 'verify'>
  readonly house: Address
  readonly meter: Address
  /** Who owns a meter, so that readings of one owner stand together. */
  readonly ownerOf: (meter: Address) => Promise<Address>
  readonly limits?: Plan.Limits
  /** Whether calldata carries the journal's position and term (`Settled.withOrigin`); left out: it does. */
  readonly withOrigin?: boolean | undefined
}

export interface Settle {
  /** Keeps a reading for the next run; of one meter only the newest. */
  enqueue(reading: SignedReading): void
  /** Readings that wait. */
  readonly queued: number
  /** Tells of a journal record. */
  observe(record: Record): void
  /** Settles everything that is there now. Calls during a run share the next one. */
  now(): Promise<Settlements>
  /** Settles what is worth it (`Select`), and one account whatever it is worth. */
  due(forced?: Due.Named): Promise<Settlements>
  /** Accounts that were not worth it lately. */
  readonly left: number
  /** Whether nothing was worth it lately. */
  readonly isResting: boolean
}

/** Readings in a transaction. The costliest take 65 000 gas each (another owner each, credits into an account never used); this is for 114 000. */
const readingsAtOnce = 140
const gasOfReadings = 16_000_000n

/** What went out for an account and has not been read back from the chain yet. */
interface Totals {
  readonly debit: bigint
  readonly credit: bigint
  readonly block: bigint
}

const key = ({ asset, account }: { asset: Address; account: Address }): string => asset + account

/** A batch that is on chain. */
interface Done {
  readonly block: bigint
  readonly answer: Settlements['transactions'][number]
}

/** A settlement that ran out of gas, against all reckoning: it reverts for nothing else but that somebody else settles now. */
const isOutOfGas = (error: unknown): boolean =>
  error instanceof Sender.RevertedError && /without a reason|out of gas/i.test(error.actual ?? '')

/** Nodes and pools each have their own words for too large. */
const isTooLarge = (error: unknown): boolean =>
  error instanceof Sender.TransactionRefusedError &&
  /oversized|too large|too big|exceed|413|size limit/i.test(error.actual ?? '')

export const create = (options: SettleOptions): Settle => {
  const { ledger, sender, watcher, sync, commit, journal, house, meter } = options
  const readings = new Map<Address, SignedReading>()
  const sent = new Map<string, Totals>()
  const members = Due.create(options)

  /** Grouped by owner. What no approved meter has signed would only cost gas. */
  const grouped = async (): Promise<SignedReading[]> => {
    const all = await Promise.all(
      [...readings.values()].map(async (reading) => ({ reading, owner: await options.ownerOf(reading.meter) })),
    )
    const owned = all.filter(({ owner }) => BigInt(owner) !== 0n)
    for (const { reading, owner } of all) if (BigInt(owner) === 0n) forget([reading])
    const place = ({ owner, reading }: (typeof owned)[number]) => owner + reading.meter
    return owned.sort((a, b) => (place(a) < place(b) ? -1 : 1)).map(({ reading }) => reading)
  }

  /** A newer one may have come meanwhile. */
  const forget = (done: readonly SignedReading[]): void => {
    for (const reading of done) if (readings.get(reading.meter) === reading) readings.delete(reading.meter)
  }

  const submitReadings = async (): Promise<{ answers: Settlements['readings']; block: bigint }> => {
    const waiting = await grouped()
    const answers: Settlements['readings'] = []
    let last = 0n
    for (let i = 0; i < waiting.length; i += readingsAtOnce) {
      const part = waiting.slice(i, i + readingsAtOnce)
      const call = House.meterCall(meter, 'submit', [Batch.encodeReadings(part)], gasOfReadings)
      const { transaction, gasUsed, block, receipt } = await sender.send(call, sender.own('readings'))
      forget(part)
      answers.push({ transaction, gasUsed, ...House.countReadings(receipt) })
      last = block
    }
    return { answers, block: last }
  }

  /** What went out with these very totals and is only waiting for its confirmations need not go again. */
  const isUnderWay = (account: Account): boolean => {
    const before = sent.get(key(account))
    return before !== undefined && before.debit === account.debitTotal && before.credit === payable(account)
  }

  /** What a block of this chain takes, where that is less than our own limit; a plan's gas limits lie a quarter above its estimate. */
  const limitsNow = async (): Promise<Plan.Limits> => {
    const limits = options.limits ?? Plan.defaultLimits
    const { gasLimit } = await answered(options.client, options.client.getBlock())
    return { ...limits, gas: Math.min(limits.gas, Math.floor((Number(gasLimit) * 4) / 5)) }
  }

  /**
   * Sends a batch; one that is too large for the chain, against all reckoning, goes in halves. Where gas ran out, each half has what the whole had,
   * and a single member what a transaction may have.
   */
  const submitBatch = async (transaction: Plan.Transaction, gas = transaction.gas): Promise<Done[]> => {
    try {
      return [await submitWhole({ ...transaction, gas })]
    } catch (error) {
      const ranOut = isOutOfGas(error)
      if (!ranOut && !isTooLarge(error)) throw error
      const { members, batch } = transaction
      const bytes = ranOut ? batch.length : batch.length / 4
      const parts = Plan.plan(members, { gas: Number(transaction.gas) / 2, bytes })
      if (parts.length > 1)
        return (await Promise.all(parts.map((part) => submitBatch(part, ranOut ? gas : part.gas)))).flat()
      // Each member of a plan fits by itself, whatever the limits say; then there is nothing to halve.
      const most = BigInt((await limitsNow()).gas)
      if (!ranOut || gas >= most) throw error
      return submitBatch(transaction, most)
    }
  }

  const submitWhole = async ({ batch, members, gas }: Plan.Transaction): Promise<Done> => {
    // The ledger is ahead of the disk: what a crash could still take back must not be on chain.
    await commit.kept()
    const origin = options.withOrigin === false ? undefined : { position: journal.end, term: journal.term }
    const call = House.call(house, 'settle', [batch], gas)
    const whole = origin === undefined ? call : { ...call, data: Settled.withOrigin(call.data, origin) }
    const { transaction, gasUsed, block, serialized } = await sender.send(whole, sender.own('settlement'))
    watcher.expect(transaction, { members, block, gasUsed, serialized, origin })
    for (const member of members) sent.set(key(member), { debit: member.debitTotal, credit: payable(member), block })
    return { block, answer: { transaction, gasUsed, members: members.length } }
  }

  /** In order; the next one is put into its form while the chain works on the one before. */
  const submitAll = async (plan: readonly Plan.Transaction[]): Promise<PromiseSettledResult<Done[]>[]> => {
    const going: Promise<PromiseSettledResult<Done[]>[]>[] = []
    for (const transaction of plan) {
      going.push(Promise.allSettled([submitBatch(transaction)]))
      await setImmediate()
    }
    return (await Promise.all(going)).flat()
  }

  const run = async (): Promise<Settlements> => {
    await sync.now()
    await options.nonceFence.verify()
    for (const [id, { block }] of sent) if (block <= sync.block) sent.delete(id)
    // Readings that cannot be sent must not hold up anybody's money.
    const [submitted] = await Promise.allSettled([submitReadings()])
    const due = await members.choose(Ledger.toSettle(ledger).filter((account) => !isUnderWay(account)))
    options.health.leftOut(members.leftSinceMs)
    const limits = due.length === 0 ? undefined : await limitsNow()
    const settled = await submitAll(Plan.plan(due, limits))
    const done = settled.flatMap((result) => (result.status === 'fulfilled' ? result.value : []))
    const blocks = [...done.map(({ block }) => block), submitted.status === 'fulfilled' ? submitted.value.block : 0n]
    await sync.now(blocks.reduce((a, b) => (a > b ? a : b)))
    for (const result of [...settled, submitted]) if (result.status === 'rejected') throw result.reason
    return {
      transactions: done.map(({ answer }) => answer),
      readings: submitted.status === 'fulfilled' ? submitted.value.answers : [],
      block: ledger.block,
    }
  }

  const settle = Turns.shared(() => options.health.watch(run))

  return {
    enqueue(reading) {
      const known = readings.get(reading.meter)
      if (known === undefined || known.timestamp < reading.timestamp) readings.set(reading.meter, reading)
    },
    get queued() {
      return readings.size
    },
    observe(record) {
      // What went out may be gone with the blocks it was in.
      if (record.type === 'chain' && record.undone !== null) sent.clear()
    },
    now() {
      members.everybody()
      return settle()
    },
    due(forced) {
      if (forced !== undefined) members.force(forced)
      return settle()
    },
    get left() {
      return members.left
    },
    get isResting() {
      return members.isResting
    },
  }
}
