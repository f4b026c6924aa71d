/**
 * Keeps an account's receipts until the chain has settled what they say, and brings them to the service where it has lost them: a service that
 * is recovered from an older journal takes back whatever a receipt proves (docs/recovery.md). A payer's receipts speak for its debit, a
 * payee's for its credit; whoever brings one, it counts for both.
 *
 * It asks the service now and then, while it keeps anything, and at once where an answer shows that the service is behind. Memory is bounded:
 * beyond that many, the oldest are forgotten; a payer's newest one is enough for its own place.
 */
import { SunledgerError } from '../core/Errors.ts'
import type { Address, Hex, Receipt } from '../core/Payment.ts'
import type { AccountView, Status } from '../core/Wire.ts'

/** What of the service it needs. */
export interface Source {
  status(): Promise<Status>
  account(address: Address): Promise<AccountView>
  bring(receipts: readonly Receipt[]): Promise<readonly unknown[]>
}

/** Where receipts are kept beyond this process. */
export interface ReceiptStore {
  load(): Promise<readonly Receipt[]>
  append(receipts: readonly Receipt[]): Promise<void>
  replace(receipts: readonly Receipt[]): Promise<void>
}

export interface KeeperOptions {
  readonly client: Source
  readonly account: Address
  readonly store?: ReceiptStore | undefined
  /** Receipts that are kept at most. */
  readonly most?: number
  /** How often the service is asked. */
  readonly everyMs?: number | undefined
}

/** What a robot is told of it. */
interface RobotsOptions {
  readonly keep?: { readonly receipts?: ReceiptStore | undefined } | undefined
  readonly receiptsEveryMs?: number | undefined
}

const usualMost = 5_000
const usualEveryMs = 60_000
/** In one request. */
const perRequest = 100
/** What the service could not be told is tried again, not more often than this. */
const pauseMs = 1_000

/** What a settlement has carried of an account: its debits and credits up to these totals. */
const settledOf = (view: AccountView) =>
  new Map(
    view.assets.map(({ asset, debit, credit, unsettledDebit, unsettledCredit }) => [
      asset,
      { debit: debit.total - unsettledDebit, credit: credit.total - unsettledCredit },
    ]),
  )

export class ReceiptKeeper {
  readonly #options: KeeperOptions
  readonly #most: number
  readonly #kept = new Map<Hex, Receipt>()
  #unsaved: Receipt[] = []
  /** Receipts in the store, settled ones too. */
  #stored = 0
  #saving: Promise<void> = Promise.resolve()
  #timer: NodeJS.Timeout | undefined
  /** When the recovery began that was last brought to. */
  #broughtSince: bigint | undefined
  #bringing: Promise<void> | undefined
  #triedMs = Number.NEGATIVE_INFINITY
  #isClosed = false

  constructor(options: KeeperOptions) {
    this.#options = options
    this.#most = options.most ?? usualMost
  }

  /** A robot's own. */
  static of(client: Source, account: Address, { keep, receiptsEveryMs }: RobotsOptions): ReceiptKeeper {
    return new ReceiptKeeper({ client, account, store: keep?.receipts, everyMs: receiptsEveryMs })
  }

  /** Takes back what an earlier process has kept, and brings it at once where that is wanted. */
  async load(isWanted = false): Promise<void> {
    const found = (await this.#options.store?.load().catch(() => [])) ?? []
    this.#stored = found.length
    for (const receipt of found) this.#hold(receipt)
    if (isWanted) await this.look()
  }

  /** Keeps a receipt that has been checked. */
  readonly add = (receipt: Receipt): void => {
    if (this.#kept.has(receipt.payment.id)) return
    this.#hold(receipt)
    if (this.#options.store === undefined) return
    this.#unsaved.push(receipt)
    if (this.#unsaved.length === 1) this.#save()
  }

  get size(): number {
    return this.#kept.size
  }

  /** Brings all that it keeps. @throws {ServiceError} SL409: the service has stopped, since its journal is older than a receipt */
  bring(): Promise<void> {
    this.#bringing ??= this.#bringAll().finally(() => {
      this.#bringing = undefined
    })
    return this.#bringing
  }

  /** Asks the service whether it is recovering, and brings what it keeps where it has not since. Never fails. */
  async look(): Promise<void> {
    if (this.#kept.size === 0 || this.#isClosed || performance.now() - this.#triedMs < pauseMs) return
    this.#triedMs = performance.now()
    try {
      const { recovery, state } = await this.#options.client.status()
      if (recovery !== undefined && recovery.since !== this.#broughtSince) {
        await this.bring()
        this.#broughtSince = recovery.since
      } else if (state === 'ready') await this.#prune()
    } catch {
      // The next look comes.
    }
  }

  /**
   * Where a stream of payments goes on when it is opened again: a service that was recovered may have fewer positions than before.
   * @param heard positions that are lowered with it
   */
  async placeAfter(after: number, heard: { [of: string]: number } = {}): Promise<number> {
    await this.look()
    try {
      const { position } = await this.#options.client.account(this.#options.account)
      if (position < after) for (const of of Object.keys(heard)) heard[of] = Math.min(heard[of] ?? 0, position)
      return Math.min(after, position)
    } catch {
      return after
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#timer)
    await this.#saving
  }

  #hold(receipt: Receipt): void {
    this.#kept.set(receipt.payment.id, receipt)
    if (this.#kept.size > this.#most) this.#kept.delete(this.#kept.keys().next().value as Hex)
    this.#plan()
  }

  /** In a while, and not all at once with a thousand others. */
  #plan(): void {
    if (this.#timer !== undefined || this.#isClosed || this.#kept.size === 0) return
    const afterMs = (this.#options.everyMs ?? usualEveryMs) * (0.5 + Math.random())
    this.#timer = setTimeout(() => {
      void this.look().finally(() => {
        this.#timer = undefined
        this.#plan()
      })
    }, afterMs)
    this.#timer.unref?.()
  }

  async #bringAll(): Promise<void> {
    const all = [...this.#kept.values()]
    for (let i = 0; i < all.length; i += perRequest) await this.#options.client.bring(all.slice(i, i + perRequest))
  }

  /** Forgets what the chain has settled. */
  async #prune(): Promise<void> {
    const { client, account, store } = this.#options
    const settled = settledOf(await client.account(account))
    const before = this.#kept.size
    for (const [id, { payment, credit }] of this.#kept) {
      const of = settled.get(payment.asset)
      if (of === undefined) continue
      const isOpen =
        (payment.payer === account && payment.total > of.debit) ||
        (credit.account === account && credit.total > of.credit)
      if (!isOpen) this.#kept.delete(id)
    }
    if (store === undefined || this.#kept.size === before) return
    await this.#write(() => this.#replace())
  }

  async #replace(): Promise<void> {
    const all = [...this.#kept.values()]
    this.#unsaved = []
    this.#stored = all.length
    await this.#options.store?.replace(all)
  }

  #save(): void {
    void this.#write(async () => {
      // Those of one turn of the loop go together.
      const receipts = this.#unsaved
      this.#unsaved = []
      this.#stored += receipts.length
      if (this.#stored > 2 * this.#most) return this.#replace()
      await this.#options.store?.append(receipts)
    })
  }

  #write(act: () => Promise<void>): Promise<void> {
    this.#saving = this.#saving.then(act).catch(() => {})
    return this.#saving
  }
}

/** Whether an answer shows that the service has lost something, or is taking it back. */
export const isBehind = (error: unknown): boolean => error instanceof SunledgerError && error.code === 'SL420'
