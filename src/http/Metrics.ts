/**
 * What `GET /metrics` says, for Prometheus. What happens often is counted in plain numbers and only turned into metrics when they are
 * asked for; how things stand is read then too.
 */
import { setTimeout as soon } from 'node:timers/promises'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Service } from '../clearing/Service.ts'
import type { Connections } from './Connections.ts'
import type { Gate } from './Gate.ts'
import type { Reads } from './Reads.ts'

export interface Metrics {
  /** A payment was answered. */
  answered(tookMs: number): void
  /** A request was answered. */
  served(route: string, status: number): void
  readonly contentType: string
  text(): Promise<string>
  stop(): void
}

/** What belongs to the server and is read when metrics are asked for. */
export interface Sources {
  readonly service: Service
  readonly gate: Gate
  readonly connections: Connections
  readonly reads: Reads
  readonly streams: () => number
}

const latencies = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5]
const groups = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000]

/** Of the process, whatever runs in it: made once. */
const ofProcess = new Registry()
let isProcessWatched = false

const processText = (): Promise<string> => {
  if (!isProcessWatched) collectDefaultMetrics({ register: ofProcess })
  isProcessWatched = true
  return ofProcess.metrics()
}

/** A metric with one label whose values are read when they are asked for. */
const readCounter = (
  register: Registry,
  name: string,
  help: string,
  label: string,
  read: () => Iterable<[string, number]>,
) =>
  new Counter({
    name,
    help,
    labelNames: [label],
    registers: [register],
    collect() {
      this.reset()
      for (const [value, count] of read()) this.inc({ [label]: value }, count)
    },
  })

const readGauge = (register: Registry, name: string, help: string, read: () => number) =>
  new Gauge({
    name,
    help,
    registers: [register],
    collect() {
      this.set(read())
    },
  })

/** Pool, holdings and reserves come from the chain, so they are read at most this often, and left as they were where it does not answer. */
const chainEveryMs = 5_000
const chainPatienceMs = 500

/** Returns what reads the chain's: the registry asks all its gauges at once, and would show some of them as they were. */
const moneyGauges = (register: Registry, { service }: Sources): (() => Promise<void>) => {
  const { dollar, energyCredit } = service.deployment
  new Gauge({
    name: 'sunledger_unsettled_atomic',
    help: 'What members are owed and the chain does not yet show, atomic units',
    labelNames: ['asset'],
    registers: [register],
    collect() {
      for (const { asset, symbol } of [dollar, energyCredit])
        this.set({ asset: symbol }, Number(service.unsettledAtomic(asset)))
    },
  })
  const recovery = (name: string, help: string, field: 'loss' | 'setAside') =>
    new Gauge({
      name,
      help: `${help}, atomic units`,
      labelNames: ['asset'],
      registers: [register],
      collect() {
        for (const { symbol, [field]: sum } of service.status().recovery?.assets ?? [])
          this.set({ asset: symbol }, Number(sum))
      },
    })
  recovery('sunledger_recovery_loss_atomic', 'Credited after a recovery beyond what payers were charged', 'loss')
  recovery('sunledger_recovery_set_aside_atomic', 'Owed after a recovery, and not spendable yet', 'setAside')
  const ofChain = (name: string, help: string) =>
    new Gauge({ name, help: `${help}, atomic units`, labelNames: ['asset'], registers: [register] })
  const held = ofChain(
    'sunledger_held_atomic',
    'What the clearing house holds on chain: balances, reserves, what is set apart and the pool',
  )
  const pool = ofChain('sunledger_pool_atomic', 'What credits can be paid from on chain')
  const reserves = ofChain('sunledger_reserves_atomic', 'What is set aside for payees on chain, for all together')
  let askedMs = Number.NEGATIVE_INFINITY
  return async () => {
    if (performance.now() - askedMs < chainEveryMs) return
    askedMs = performance.now()
    for (const { symbol, ...has } of await service.holdings().catch(() => [])) {
      held.set({ asset: symbol }, Number(has.held))
      pool.set({ asset: symbol }, Number(has.pool))
      reserves.set({ asset: symbol }, Number(has.reserves))
    }
  }
}

/** As `GET /readyz` says it. */
const isReady = (service: Service): boolean => {
  const { state, chain, settlement } = service.health()
  return state === 'ready' && chain === 'reachable' && settlement.reasons.length === 0
}

/** Whether what was accepted gets on chain, and what for. */
const settlementGauges = (register: Registry, service: Service): void => {
  const view = () => service.health().settlement
  const gauge = (name: string, help: string, read: () => number) => readGauge(register, name, help, read)
  gauge('sunledger_settlement_proceeds', '0 while what was accepted cannot be settled; /readyz says why', () =>
    view().reasons.length === 0 ? 1 : 0,
  )
  gauge('sunledger_settlement_failures', 'Settlements that have failed in a row', () => view().failures)
  gauge(
    'sunledger_settlement_last_seconds',
    'When one succeeded last, seconds since 1970; 0: not since the start',
    () => Math.floor((view().lastAtMs ?? 0) / 1000),
  )
  gauge(
    'sunledger_oldest_unsettled_seconds',
    'How long the oldest money that the chain does not show has waited',
    () => view().oldestSeconds ?? 0,
  )
  gauge('sunledger_strangers_spent_wei', 'What others made the settlement key spend for gas in the last hour', () =>
    Number(service.strangersWei()),
  )
  new Gauge({
    name: 'sunledger_coin_wei',
    help: 'What a key has to pay for gas',
    labelNames: ['key'],
    registers: [register],
    collect() {
      for (const [key, wei] of Object.entries(view().coinWei)) if (wei !== null) this.set({ key }, Number(wei))
    },
  })
}

const stateGauges = (register: Registry, { service, gate, connections, reads, streams }: Sources): void => {
  readGauge(register, 'sunledger_ready', '1 while the service is ready', () => (isReady(service) ? 1 : 0))
  readGauge(register, 'sunledger_chain_reachable', '1 while the chain answers', () =>
    service.health().chain === 'reachable' ? 1 : 0,
  )
  settlementGauges(register, service)
  readGauge(
    register,
    'sunledger_discrepancies',
    'Findings that ledger and chain do not agree',
    () => service.discrepancies.length,
  )
  readGauge(
    register,
    'sunledger_unsettled_accounts',
    'Accounts with totals that the chain does not yet show',
    () => service.status().unsettledMembers,
  )
  readGauge(
    register,
    'sunledger_fence',
    '1 while a fence file guards the journal against copies and older backups; 0: there was none at the start, or it cannot be written',
    () => (service.status().fence === 'present' ? 1 : 0),
  )
  readGauge(register, 'sunledger_journal_records', 'Position of the last journal record', () => service.position())
  readGauge(register, 'sunledger_block', 'The last block that the ledger has read', () =>
    Number(service.status().block),
  )
  readGauge(register, 'sunledger_payments_pending', 'Payments that are not answered yet', () => gate.pending())
  readGauge(register, 'sunledger_payments_early', 'Payments that wait for a predecessor', () => service.early())
  readGauge(
    register,
    'sunledger_reads_waiting',
    'Reads, messages and deliveries that wait for their turn',
    reads.waiting,
  )
  readCounter(register, 'sunledger_reads_total', 'Slices and turns of all but payments, and refusals', 'of', () =>
    Object.entries(reads.counts).filter(([of]) => of !== 'mostSlices'),
  )
  readGauge(register, 'sunledger_event_streams', 'Event streams that are open', streams)
  readGauge(register, 'sunledger_connections', 'Connections that are open', () => connections.open)
  readCounter(register, 'sunledger_connections_dropped_total', 'Connections that were cut off', 'reason', () =>
    Object.entries(connections.dropped),
  )
}

/** Counted as it happens. Returns how to stop. */
const count = (register: Registry, service: Service): (() => void) => {
  const made = <T extends object>(options: T) => ({ ...options, registers: [register] })
  const accepted = new Counter(
    made({ name: 'sunledger_payments_accepted_total', help: 'Payments accepted since the start' }),
  )
  const refused = new Map<string, number>()
  readCounter(
    register,
    'sunledger_payments_refused_total',
    'Payments refused since the start, by code',
    'code',
    () => refused,
  )
  const commitSeconds = new Histogram(
    made({ name: 'sunledger_commit_seconds', help: 'Time of a group commit', buckets: latencies }),
  )
  const commitRecords = new Histogram(
    made({ name: 'sunledger_commit_records', help: 'Records in a group commit', buckets: groups }),
  )
  const settlements = new Counter(
    made({ name: 'sunledger_settlements_total', help: 'Settlement transactions confirmed' }),
  )
  const members = new Counter(
    made({ name: 'sunledger_settled_accounts_total', help: 'Accounts in settlement transactions' }),
  )
  const gas = new Counter(made({ name: 'sunledger_settlement_gas_total', help: 'Gas of settlement transactions' }))
  return service.listen({
    refused: (code) => refused.set(code, (refused.get(code) ?? 0) + 1),
    group({ records, payments, tookMs }) {
      accepted.inc(payments)
      commitSeconds.observe(tookMs / 1000)
      commitRecords.observe(records)
    },
    chain(record) {
      for (const settlement of record.settlements) {
        settlements.inc()
        members.inc(settlement.members)
        gas.inc(Number(settlement.gasUsed))
      }
    },
  })
}

export const create = (sources: () => Sources, service: Service): Metrics => {
  const register = new Registry()
  const acceptSeconds = new Histogram({
    name: 'sunledger_accept_seconds',
    help: 'Time from a payment being read to its answer, accepted or refused',
    buckets: latencies,
    registers: [register],
  })
  const requests = new Map<string, Map<number, number>>()
  new Counter({
    name: 'sunledger_requests_total',
    help: 'Requests answered, by route and status',
    labelNames: ['route', 'status'],
    registers: [register],
    collect() {
      this.reset()
      for (const [route, byStatus] of requests)
        for (const [status, times] of byStatus) this.inc({ route, status: String(status) }, times)
    },
  })
  const stop = count(register, service)
  let readChain: (() => Promise<void>) | undefined
  return {
    answered: (tookMs) => acceptSeconds.observe(tookMs / 1000),
    served(route, status) {
      const byStatus = requests.get(route) ?? new Map<number, number>()
      if (!requests.has(route)) requests.set(route, byStatus)
      byStatus.set(status, (byStatus.get(status) ?? 0) + 1)
    },
    contentType: register.contentType,
    async text() {
      if (readChain === undefined) {
        stateGauges(register, sources())
        readChain = moneyGauges(register, sources())
      }
      // A chain that hangs must not keep the rest from being read: its figures stay as they were.
      await Promise.race([readChain(), soon(chainPatienceMs, undefined, { ref: false })])
      return `${await register.metrics()}${await processText()}`
    },
    stop,
  }
}
