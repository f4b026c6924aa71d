/**
 * The clearing service: opens a journal, rebuilds the ledger, and offers what acceptance, settlement and leaving can do. Whoever uses it
 * (HTTP, tests, benches) calls these methods; it knows nothing of HTTP.
 */

import { setTimeout as sleep } from 'node:timers/promises'
import { answered } from '../chain/Client.ts'
import * as Deployment from '../chain/Deployment.ts'
import * as House from '../chain/House.ts'
import type { Keys } from '../chain/Keys.ts'
import type * as Sender from '../chain/Sender.ts'
import type { Address } from '../core/Payment.ts'
import * as Rate from '../core/Rate.ts'
import type { Record, RecoveredRecord } from '../core/Record.ts'
import type * as Wire from '../core/Wire.ts'
import * as Pool from '../crypto/Pool.ts'
import { type Journal, JournalOlderError } from '../store/Journal.ts'
import * as Accept from './Accept.ts'
import * as Acting from './Acting.ts'
import * as Budgets from './Budgets.ts'
import * as ChainEvidence from './ChainEvidence.ts'
import * as Facilitator from './Facilitator.ts'
import type * as GasBudget from './GasBudget.ts'
import * as Heartbeat from './Heartbeat.ts'
import * as Insight from './Insight.ts'
import * as Intake from './Intake.ts'
import type * as Leave from './Leave.ts'
import { announcer, type Listener, type Log } from './Listeners.ts'
import type * as Plan from './Plan.ts'
import * as Policy from './Policy.ts'
import type * as Purchases from './Purchases.ts'
import * as Receipts from './Receipts.ts'
import { replay } from './Replay.ts'
import type * as SettlementHealth from './SettlementHealth.ts'
import * as Views from './Views.ts'
import * as Wiring from './Wiring.ts'
import type * as Withdrawals from './Withdrawals.ts'

export type { Listener, Log } from './Listeners.ts'
export { assetsOf } from './Wiring.ts'

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
  /** How long the chain's node may take to answer. */
  readonly rpcTimeoutMs?: number
  /** When transactions on their way are looked after. */
  readonly timing?: Partial<Sender.Timing>
  /** Of one settlement transaction. */
  readonly limits?: Plan.Limits
  /** Whether settlements carry the journal's position and term behind their calldata; left out: they do. A simulation of one seed has one calldata without. */
  readonly withOrigin?: boolean | undefined
  /** What others may make the operator spend; left out: anything. */
  readonly gas?: GasBudget.Limits
  /** How long a chain may be shorter than it was before that counts as replaced blocks. */
  readonly behindMs?: number
  /** Threads that check signatures beside this one; left out: none. */
  readonly threads?: number
  /** How often an account may pay; left out: as often as it likes. */
  readonly perAccount?: Rate.Rate | undefined
}

/** Whether the service can do all that it is there for. */
export interface Health {
  readonly state: Wire.Status['state']
  /** Payments are accepted while the chain does not answer; nothing is settled, deposited or withdrawn. */
  readonly chain: 'reachable' | 'unreachable'
  /** While a journal is recovered: chain time in seconds until which that lasts. */
  readonly until?: bigint
  /** Why nothing is accepted, where nothing is. */
  readonly code?: string
  /** Whether what was accepted gets on chain. */
  readonly settlement: SettlementHealth.View
}

export interface Service
  extends Accept.Accept,
    Intake.Intake,
    Budgets.Budgets,
    Facilitator.Facilitator,
    Receipts.Receipts,
    Views.Views,
    Pick<Insight.Insight, 'valueAtomic' | 'settled' | 'funds' | 'balances'>,
    Pick<Withdrawals.Withdrawals, 'withdraw'>,
    Pick<Leave.Leave, 'exit' | 'bindOwner'> {
  readonly deployment: Deployment.Deployment
  /** Reads the chain's newest blocks now, and not with the next heartbeat. */
  sync(): Promise<void>
  /** Settles everything that is there now. */
  settle(): Promise<Wire.Settlements>
  health(): Health
  /** What strangers have made the settlement key spend in the last hour, wei. */
  strangersWei(): bigint
  /** What the chain holds for all: the pool of each asset, all reserves together, and what the contract has of it. */
  holdings(): Promise<{ asset: Address; symbol: string; held: bigint; pool: bigint; reserves: bigint }[]>
  /** Returns how to end it. */
  listen(listener: Listener): () => void
  /** From now on what was paid before is looked up, and what comes in many is checked, by this; until then, at once. */
  lookBy(look: Purchases.Look): void
  /** What could not be, if ledger and chain belong together; empty as long as all is well. */
  readonly discrepancies: readonly string[]
  /** Finishes what was accepted and closes the journal. */
  close(): Promise<void>
}

/** Several heartbeats, and as many answers of a chain's node. */
const twinPatienceMs = 2_000

/** Rebuilds the ledger from the journal, and reads what the chain did since. */
const rebuild = async ({ deployment, journal, log }: ServiceOptions, parts: Wiring.Parts): Promise<void> => {
  const startedMs = performance.now()
  await Deployment.verify(parts.client, deployment)
  await parts.creditKey.verify()
  await parts.settlementKey.verify()
  const observe = (record: Record): void => {
    if (record.type === 'chain') parts.sync.remember(record)
    parts.observe(record)
  }
  replay(journal, parts.ledger, observe)
  if (journal.end > 0)
    log.info({ records: journal.end, tookMs: Math.round(performance.now() - startedMs) }, 'journal replayed')
  const { contradiction } = parts.ledger
  if (contradiction !== undefined) throw new JournalOlderError(contradiction.expected, contradiction.actual)
  parts.clock.observe((await answered(parts.client, parts.client.getBlock())).timestamp)
  await parts.nonceFence.open()
  await parts.sync.now()
  const evidence = ChainEvidence.ofLedger(parts.ledger)
  if (evidence !== undefined) throw evidence
  await parts.nonceFence.markStart(parts.sender)
  // Perhaps a copy, on another machine than the original: that one sees the mark at its next heartbeat, and stops before this one accepts.
  if (journal.fence === 'new') {
    await sleep(twinPatienceMs)
    await parts.nonceFence.verify()
  }
}

/** What the chain's reader reports goes to the log. */
const reports = (log: Log, discrepancies: string[]) => ({
  onDiscrepancy(what: string) {
    discrepancies.push(what)
    log.error({ what }, 'ledger and chain do not agree')
  },
  onReorganised: ({ message }: Error) => log.warn({ error: message }, 'the chain was reorganised'),
  onLate: ({ id, payer, payee, amount }: RecoveredRecord) =>
    log.warn({ id, payer, payee, amount: `${amount}` }, 'a receipt came back after the recovery was over'),
  onHalted: ({ message }: Error) => log.error({ error: message }, 'nothing more is accepted'),
  warn: (what: string) => log.warn({ what }, 'the settlement key’s nonces'),
  onSettlement: (reasons: readonly string[], code: string | null) =>
    log.warn({ reasons, code }, reasons.length > 0 ? 'settlement does not proceed' : 'settlement proceeds again'),
  onResumed: () => log.warn({}, 'the chain is the one that was read; accepting again'),
})

/** Throws where an account pays more often than it may. */
const admission = (rate: Rate.Rate | undefined): ((payer: Address) => void) | undefined => {
  if (rate === undefined) return undefined
  const limiter = Rate.limiter(rate)
  return (payer) => {
    const waitMs = limiter.take(payer)
    if (waitMs > 0) throw new Rate.RateLimitedError('account', rate, waitMs)
  }
}

const holdings = async ({ client, ledger, house }: Wiring.Parts, { dollar, energyCredit }: Deployment.Deployment) =>
  Promise.all(
    [dollar, energyCredit].map(async ({ asset, symbol }) => ({
      asset,
      symbol,
      ...(await House.holdings(client, house, asset, ledger.block)),
      reserves: await House.reserved(client, house, asset, ledger.chronicle.reserved.get(asset), ledger.block),
    })),
  )

/** How long a heartbeat under way may hold up the end. What it does is taken up again at the next start. */
const patienceMs = 500

const healthOf = (parts: Wiring.Parts, state: Health['state']): Health => {
  const { commit, recovering, ledger, reach } = parts
  const reason = (commit.failure ?? recovering.refusal()) as { code?: string } | undefined
  return {
    ...{ state, chain: reach.isUp() ? 'reachable' : 'unreachable', settlement: parts.health.view() },
    ...(reason?.code === undefined ? {} : { code: reason.code }),
    ...(state === 'recovering' && ledger.recovery !== undefined ? { until: ledger.recovery.until } : {}),
  }
}

/** Waits for something, but not for long. */
const patiently = async (ending: Promise<void>): Promise<void> => {
  let timer: NodeJS.Timeout | undefined
  const impatient = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, patienceMs)
  })
  await Promise.race([ending, impatient])
  clearTimeout(timer)
}

/**
 * Starts the service. It accepts once this resolves.
 * @throws {ChainUnreachableError} @throws {ChainMismatchError} @throws {CreditKeyReplacedError}
 * @throws {SettlementKeyReplacedError}
 */
export const start = async (options: ServiceOptions): Promise<Service> => {
  const { deployment, journal, log, policy = Policy.defaultPolicy } = options
  const listeners = new Set<Listener>()
  const discrepancies: string[] = []
  const refused = new Map<string, number>()
  let isStopping = false
  const admit = admission(options.perAccount)
  const announce = announcer(listeners, log)
  const parts = Wiring.create({
    ...options,
    confirmations: options.confirmations ?? 0n,
    onGroup: (group) => announce((listener) => listener.group?.(group)),
    onChain(record) {
      announce((listener) => listener.chain?.(record))
    },
    ...reports(log, discrepancies),
  })
  const { commit, withdrawals } = parts
  const { refusal } = parts.recovering
  const insight = Insight.create(parts, deployment)
  await rebuild(options, parts)
  const { threads = 0 } = options
  const pool = threads > 0 ? Pool.create(parts.domain, threads) : undefined
  let lookNow: Purchases.Look = async (work) => work()
  const look: Purchases.Look = (work) => lookNow(work)
  const accept = Accept.create({
    ...parts,
    journal,
    look,
    check: pool?.check,
    onAccepted: (payment) => announce((listener) => listener.payment?.(payment)),
    admit,
    refusal,
    onRefused(code) {
      refused.set(code, (refused.get(code) ?? 0) + 1)
      announce((listener) => listener.refused?.(code))
    },
  })
  const intake = Intake.create({ ...parts, look, deployment })
  const budgets = Budgets.create(parts)
  const creditKey = parts.creditKey.address
  const views = Views.create({
    ...parts,
    journal,
    deployment,
    refused,
    creditKey,
    signatureThreads: threads,
    nextNonce: withdrawals.nextNonce,
    block: () => parts.sync.block,
    isReachable: parts.reach.isUp,
    isStopping: () => isStopping,
  })
  const receipts = Receipts.create({ ...parts, look, creditKey, ...reports(log, discrepancies) })
  const facilitator = Facilitator.create({ ...parts, deployment, creditKey, payment: views.payment })
  const stop = Heartbeat.start(parts, journal, policy, views.unsettledAtomic, (error) => {
    // What fails because the journal is being closed has nothing to do with settlement.
    if (!isStopping) log.warn({ error: (error as Error).message }, 'settlement is delayed')
  })
  return {
    deployment,
    ...accept,
    ...intake,
    ...views,
    ...facilitator,
    ...receipts,
    ...insight,
    ...Acting.create(parts, intake, budgets),
    sync: () => parts.sync.now(),
    health: () => healthOf(parts, views.state()),
    strangersWei: () => parts.sender.budget.spentWei,
    holdings: () => holdings(parts, deployment),
    listen(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    lookBy(by) {
      lookNow = by
    },
    discrepancies,
    async close() {
      isStopping = true
      await patiently(stop())
      await commit.idle()
      parts.pause.close()
      journal.close()
      pool?.close()
    },
  }
}
