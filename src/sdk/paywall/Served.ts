/**
 * What a payee has served: its till, its kept answers, the authorizations in use. One for each payee of a process, shared by however many
 * paywalls and schemes take its receipts, so that a receipt buys once from all of them; with a store, one for all processes.
 */
import { SunledgerError } from '../../core/Errors.ts'
import type { Address } from '../../core/Payment.ts'
import type { Trust } from '../Receipt.ts'
import { type Range, Till } from '../Till.ts'
import { TillStoreError } from '../TillLog.ts'
import type { Claim, SharedTill, TillStore } from '../TillStore.ts'
import { type Answer, AnswerGoneError, Answers, type Memory } from './Answers.ts'
import { Nonces } from './Nonces.ts'
import { bodyOf } from './Recording.ts'
import * as Replay from './Replay.ts'
import { Unknowns } from './Unknowns.ts'

export interface Served {
  readonly till: Till
  readonly answers: Answers
  readonly nonces: Nonces
  readonly unknowns: Unknowns
  /** What other processes serve too; undefined: this is the only one. */
  readonly shared: SharedTill | undefined
}

/** How many processes take one payee's receipts. */
export interface Instances {
  /** `many` needs a `store`. Default: `one`, and `many` in a worker of Node's cluster. */
  readonly instances?: 'one' | 'many' | undefined
  /** Where the processes keep what they have served, so that a receipt buys once from all of them: `TillFile.open(folder)`. */
  readonly store?: TillStore | undefined
}

/** @throws {StoreMissingError} */
export const assertStore = ({ instances, store }: Instances): void => {
  // A worker of a cluster is one of many, whether or not its program thought of it.
  const count = instances ?? (process.env['NODE_UNIQUE_ID'] === undefined ? 'one' : 'many')
  if (count === 'many' && store === undefined) throw new StoreMissingError()
}

export interface ServedOptions {
  readonly trust: Trust
  readonly payee: Address
  readonly asset: Address
  /** What counts as served; undefined: all that was credited before, unless this payee is known here already. */
  readonly served: readonly Range[] | undefined
  /** Asked only where it is needed. */
  readonly credited: () => Promise<bigint>
  readonly memory?: Memory | undefined
  readonly store?: TillStore | undefined
}

interface Entry {
  readonly store: TillStore | undefined
  readonly assets: Set<Address>
  readonly made: Promise<Served>
}

// Of the process, and not of this copy of the module: an application may have two of the package.
const name = Symbol.for('sunledger.served.1')
const shelf = globalThis as { [name]?: Map<string, Entry> }
if (shelf[name] === undefined) shelf[name] = new Map()
const registry = shelf[name]

const make = async (options: ServedOptions, scope: string, before: readonly Range[]): Promise<Served> => {
  const { trust, payee, memory, store } = options
  const till = new Till({ ...trust, payee, served: store === undefined ? before : [] })
  const shared = store === undefined ? undefined : await opened(store, scope, before)
  return { till, shared, answers: new Answers(memory), nonces: new Nonces(), unknowns: new Unknowns() }
}

const opened = async (store: TillStore, scope: string, before: readonly Range[]): Promise<SharedTill> => {
  try {
    return await store.open(scope, before)
  } catch (error) {
    throw error instanceof SunledgerError ? error : new TillStoreError((error as Error).message, error)
  }
}

/** @throws {TillStoreConflictError} @throws {TillStoreError} */
export const of = async (options: ServedOptions): Promise<Served> => {
  const { trust, payee, asset, served, store } = options
  const scope = `${trust.chainId} ${trust.clearingHouse} ${payee}`.toLowerCase()
  const known = registry.get(scope)
  const before = async (): Promise<readonly Range[]> => {
    if (served !== undefined) return served
    const to = await options.credited()
    return to === 0n ? [] : [{ asset, from: 0n, to }]
  }
  if (known === undefined) {
    const made = before().then((ranges) => make(options, scope, ranges))
    registry.set(scope, { store, assets: new Set([asset]), made })
    // Nothing is known of a payee whose account or store could not be read.
    made.catch(() => registry.delete(scope))
    return made
  }
  if (known.store !== store) throw new TillStoreConflictError(payee)
  const there = await known.made
  const isNewAsset = !known.assets.has(asset)
  known.assets.add(asset)
  // What a till was told before it was made counts in any case; what was credited before, only for an asset that it has not taken yet.
  if (served !== undefined) for (const range of served) there.till.add(range)
  else if (isNewAsset && store === undefined) for (const range of await before()) there.till.add(range)
  return there
}

/** What a claim has come upon elsewhere: an answer to give again, a purchase to pay back; undefined: it may be served. */
export type Elsewhere = Answer | 'toPayBack' | undefined

/** One purchase's hold on till and store, from its claim to its end. */
export class Hold {
  readonly #served: Served
  readonly #claim: Claim
  readonly id: string

  constructor(served: Served, id: string, range: Range | undefined) {
    this.#served = served
    this.id = id
    this.#claim = { purchase: id, range }
  }

  /** Whether another process has it. @throws {PurchaseUnderWayError} @throws {AnswerGoneError} */
  async look(): Promise<Elsewhere> {
    const { shared } = this.#served
    const found = await shared?.find(this.#claim)
    return found === undefined ? undefined : this.#met(found.state, false)
  }

  /** @throws {ReceiptSpentError} @throws {PurchaseUnderWayError} @throws {AnswerGoneError} @throws {TillStoreError} */
  take(): Elsewhere | Promise<Elsewhere> {
    const { till, shared } = this.#served
    const { range } = this.#claim
    if (range !== undefined) till.take(range)
    if (shared === undefined) return undefined
    return shared.take(this.#claim).then(
      (taken) => {
        if (taken === undefined) return undefined
        if (taken.isTakenOver !== true && range !== undefined) till.release(range)
        return this.#met(taken.state, taken.isTakenOver === true)
      },
      (error: unknown) => {
        if (range !== undefined) till.release(range)
        throw error
      },
    )
  }

  get isShared(): boolean {
    return this.#served.shared !== undefined
  }

  /** The answer begins to leave. False: the claim has been lost. @param whole the whole answer, kept first */
  async begin(whole?: Answer): Promise<boolean> {
    const { shared } = this.#served
    if (shared === undefined) return true
    const isKept = whole !== undefined && (await this.#keep(whole))
    return shared.begin(this.#claim, isKept)
  }

  /** It is over, and charged. */
  async end(answer?: Answer): Promise<void> {
    if (answer !== undefined) await this.#keep(answer)
    await this.#served.shared?.end(this.#claim)
  }

  /** It bought nothing, and can be claimed again. */
  release(): void | Promise<void> {
    const { till, shared } = this.#served
    if (this.#claim.range !== undefined) till.release(this.#claim.range)
    return shared?.release(this.#claim)
  }

  async #met(state: 'serving' | 'begun' | 'charged', isTakenOver: boolean): Promise<Elsewhere> {
    if (isTakenOver) return 'toPayBack'
    if (state !== 'charged') throw new PurchaseUnderWayError()
    const kept = await this.#served.shared?.kept(this.id)
    if (kept === undefined) throw new AnswerGoneError()
    return Replay.decode(kept, bodyOf)
  }

  async #keep(answer: Answer): Promise<boolean> {
    const bytes = Replay.encode(answer)
    if (bytes === undefined) return false
    await this.#served.shared?.keep(this.id, bytes)
    return true
  }
}

/** Another process is serving a purchase. */
export class PurchaseUnderWayError extends SunledgerError {
  override readonly name = 'PurchaseUnderWayError'
  constructor() {
    super('SL635', 'The purchase is being served by another process.', {
      hint: 'Send the same request with the same payment again: it is charged once.',
      status: 503,
      retryAfterSeconds: 1,
    })
  }
}

/** Two paywalls of one payee keep what they have served in different places. */
export class TillStoreConflictError extends SunledgerError {
  override readonly name = 'TillStoreConflictError'
  constructor(payee: Address) {
    super('SL639', 'Two paywalls of one payee have different stores.', {
      expected: `one store for ${payee} in this process`,
      hint: 'Make the store once and give it to each paywall. Nothing was charged.',
      status: 503,
    })
  }
}

/** Several processes take one payee's receipts, and have nowhere to keep which. */
export class StoreMissingError extends SunledgerError {
  override readonly name = 'StoreMissingError'
  constructor() {
    super('SL637', 'Several processes that take one payee’s receipts need a store that they share.', {
      expected: 'the option `store`, such as TillFile.open(folder)',
      actual: 'none',
      hint: "Without it each process would serve every receipt once. `instances: 'one'` says that there is no other.",
    })
  }
}
