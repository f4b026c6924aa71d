/**
 * The clearing service: opens a journal, rebuilds the ledger, and ties acceptance, settlement and leaving together. Whoever uses it (HTTP,
 * tests, benches) calls these methods; it knows nothing of HTTP.
 */

import * as Client from '../chain/Client.ts'
import * as Deployment from '../chain/Deployment.ts'
import type { Keys } from '../chain/Keys.ts'
import * as Sender from '../chain/Sender.ts'
import * as Watcher from '../chain/Watcher.ts'
import * as Ledger from '../core/Ledger.ts'
import type { Address, Receipt } from '../core/Payment.ts'
import type { ChainRecord, Record } from '../core/Record.ts'
import type * as Wire from '../core/Wire.ts'
import * as Digest from '../crypto/Digest.ts'
import * as Signature from '../crypto/Signature.ts'
import type { Journal } from '../store/Journal.ts'
import * as Accept from './Accept.ts'
import * as Clock from './Clock.ts'
import * as Commit from './Commit.ts'
import * as Intake from './Intake.ts'
import * as Leave from './Leave.ts'
import * as Policy from './Policy.ts'
import * as Settle from './Settle.ts'
import * as Sync from './Sync.ts'
import * as Views from './Views.ts'

/** What the service writes to its log; never a key. */
export interface Log {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

export interface ServiceOptions {
  readonly rpcUrl: string
  readonly deployment: Deployment.Deployment
  readonly keys: Keys
  readonly journal: Journal
  /** Length of a transaction after FastLZ, as rollups reckon it. */
  readonly fastLz: (bytes: Uint8Array) => number
  readonly log: Log
  readonly policy?: Policy.Policy
  /** Blocks that must follow before a deposit or settlement counts. */
  readonly confirmations?: bigint
}

/** Told of accepted payments and of what the chain did. */
export interface Listener {
  payment?(position: number, receipt: Receipt): void
  chain?(record: ChainRecord): void
}

export interface Service
  extends Accept.Accept,
    Intake.Intake,
    Views.Views,
    Pick<Leave.Leave, 'withdraw' | 'exit' | 'bindOwner'> {
  readonly deployment: Deployment.Deployment
  /** Settles everything that is there now. */
  settle(): Promise<Wire.Settlements>
  /** Returns how to end it. */
  listen(listener: Listener): () => void
  /** What could not be, if ledger and chain belong together; empty as long as all is well. */
  readonly discrepancies: readonly string[]
  /** Finishes what was accepted and closes the journal. */
  close(): Promise<void>
}

/** Applies a journal to a ledger; a fresh one becomes what the writer's was (I12). */
export const replay = (journal: Journal, ledger: Ledger.Ledger, observe: (record: Record) => void = () => {}): void => {
  for (const { record } of journal.read()) {
    Ledger.apply(ledger, record)
    observe(record)
  }
}

export const assetsOf = (deployment: Deployment.Deployment): Address[] => [
  deployment.dollar.asset,
  deployment.energyCredit.asset,
]

/** The parts that both acceptance and settlement stand on. */
const wire = (options: ServiceOptions, listeners: Set<Listener>) => {
  const { deployment, keys, journal, log } = options
  const client = Client.create(options.rpcUrl)
  const domain = Digest.domain(deployment.chainId, deployment.clearingHouse)
  const house = deployment.clearingHouse
  const ledger = Ledger.create(assetsOf(deployment))
  const clock = Clock.create()
  const commit = Commit.create(ledger, journal, domain, keys.credit)
  const sender = Sender.create(client, deployment.chainId, keys.settlement, Deployment.errors)
  const issuer = Sender.create(client, deployment.chainId, keys.issuer, Deployment.errors)
  const watcher = Watcher.create({
    client,
    house,
    assets: assetsOf(deployment),
    domain,
    confirmations: options.confirmations ?? 0n,
    fastLz: options.fastLz,
    isLeaving: (asset, account) => Ledger.account(ledger, asset, account).leaving,
  })
  const found: string[] = []
  const sync = Sync.create({
    ledger,
    commit,
    watcher,
    clock,
    onChain: (record) => {
      leave.observe(record)
      for (const listener of listeners) listener.chain?.(record)
    },
    onDiscrepancy: (what) => {
      found.push(what)
      log.error({ what }, 'ledger and chain do not agree')
    },
  })
  const meters = Intake.meterOwners(client, deployment.energyMeter)
  const settle = Settle.create({
    ledger,
    sender,
    watcher,
    sync,
    house,
    meter: deployment.energyMeter,
    ownerOf: meters,
  })
  const nowSeconds = clock.nowSeconds
  const leave = Leave.create({ ledger, commit, client, sender, sync, settle, house, domain, nowSeconds })
  return { client, domain, ledger, clock, commit, sender, issuer, sync, settle, leave, found }
}

/** Rebuilds the ledger from the journal, and reads what the chain did since. */
const rebuild = async ({ journal, log }: ServiceOptions, parts: ReturnType<typeof wire>): Promise<void> => {
  const startedMs = Date.now()
  replay(journal, parts.ledger, parts.leave.observe)
  if (journal.end > 0) log.info({ records: journal.end, tookMs: Date.now() - startedMs }, 'journal replayed')
  parts.clock.observe((await parts.client.getBlock()).timestamp)
  await parts.sync.now()
}

/**
 * Starts the service. It accepts once this resolves.
 * @throws {ChainUnreachableError}
 */
export const start = async (options: ServiceOptions): Promise<Service> => {
  const { deployment, journal, log } = options
  const listeners = new Set<Listener>()
  const parts = wire(options, listeners)
  const { ledger, commit, settle, leave, sync, clock } = parts
  await rebuild(options, parts)
  const refused = new Map<string, number>()
  const accept = Accept.create({
    ledger,
    journal,
    commit,
    domain: parts.domain,
    nowSeconds: clock.nowSeconds,
    onAccepted: (position, receipt) => {
      for (const listener of listeners) listener.payment?.(position, receipt)
    },
    onRefused: (code) => refused.set(code, (refused.get(code) ?? 0) + 1),
  })
  const intake = Intake.create({ ...parts, deployment })
  const views = Views.create({
    ...parts,
    journal,
    deployment,
    refused,
    creditKey: Signature.addressOf(options.keys.credit),
  })
  const stop = Policy.start({
    policy: options.policy ?? Policy.defaultPolicy,
    work: () => ({ valueAtomic: views.unsettledAtomic(), members: ledger.unsettled.size, readings: settle.queued }),
    sync: sync.now,
    settle: settle.now,
    finalizeExits: leave.finalizeExits,
    onError: (error) => log.warn({ error: (error as Error).message }, 'settlement is delayed'),
  })
  void leave.resume()
  return {
    deployment,
    ...accept,
    ...intake,
    ...views,
    withdraw: leave.withdraw,
    exit: leave.exit,
    bindOwner: leave.bindOwner,
    settle: settle.now,
    listen(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    discrepancies: parts.found,
    async close() {
      await stop()
      await commit.settled()
      journal.close()
    },
  }
}
