/**
 * `bench recovery`: chain and service as real processes, several client processes that pay through the SDK without end, and kill -9 at
 * moments that a seed chooses, also in the middle of settlements, of snapshots and of deposits. Whatever was acknowledged has to be there, once, and ledger,
 * journal and chain have to agree (I11, I12, I13 and the rest of the audit).
 */
import * as Keys from '../../src/chain/Keys.ts'
import * as Network from '../../src/cli/Network.ts'
import * as Scratch from '../../src/cli/Scratch.ts'
import * as Usage from '../../src/cli/Usage.ts'
import * as Percentiles from '../../src/report/Percentiles.ts'
import type { RunOptions } from './Output.ts'
import * as Output from './Output.ts'
import * as Check from './recovery/Check.ts'
import * as Clients from './recovery/Clients.ts'
import * as Damage from './recovery/Damage.ts'
import * as Depositors from './recovery/Depositors.ts'
import * as Fractions from './recovery/Fractions.ts'
import * as Killing from './recovery/Killing.ts'

const roundsBetweenChecks = 20

export const help = `Usage: npm run -s bench -- recovery [--rounds N] [--seed N] [--clients N] [--robots N] [--threads N] [--json]
       npm run -s bench -- recovery --damage [--rounds N] [--seed N] [--json]

  --rounds N    how often the service is killed (200)
  --seed N      chooses the moments (1)
  --clients N   paying processes (3), each with
  --robots N    so many robots (4)
  --threads N   threads of the service that check signatures (as the service chooses; 0: none)
  --json        one JSON document: rounds, acknowledged, lost, repeated and more

After each start the service is asked for the newest receipts; every ${roundsBetweenChecks} rounds all pause, everything is settled, and ledger, journal and
chain are compared as a whole. Exit code 1 where anything is lost, repeated or does not agree.

  --damage      changed bits, zeros, cuts, deletions, older copies, twins, folders that are deleted or replaced under a running
                service, clocks that jump: one accident a round. Exit code 1 where anything is lost or repeated, or is not refused by a
                code that names what is missing (silent)
`

const receiptsAsked = 10
/** Acknowledged since the last start, before the next death: it dies under load. */
const paymentsBetween = 50
/** Small enough for a snapshot every second or so of load. */
const snapshotEvery = 1500

interface Options {
  readonly rounds: number
  readonly seed: number
  readonly clients: number
  readonly robots: number
  readonly threads: number | undefined
}

const wholeNumber = (name: string, text: string): number => {
  if (!/^[1-9]\d{0,5}$/.test(text))
    throw new Usage.UsageError('value', `--${name} takes a whole number from 1, not '${text}'.`)
  return Number(text)
}

const parse = (args: string[]): Options => {
  const usual = { rounds: '200', seed: '1', clients: '3', robots: '4' }
  const options = Object.fromEntries(
    Object.entries(usual).map(([name, value]) => [name, { type: 'string' as const, default: value }]),
  )
  const { values } = Usage.parse({ args, options: { ...options, threads: { type: 'string' } } })
  const given: { readonly [name: string]: string | undefined } = values
  const number = (name: keyof Options) => wholeNumber(name, String(given[name]))
  const threads = given['threads']
  const parsed = {
    rounds: number('rounds'),
    seed: number('seed'),
    clients: number('clients'),
    robots: number('robots'),
    threads: threads === undefined ? undefined : threads === '0' ? 0 : number('threads'),
  }
  if (parsed.robots < 2) throw new Usage.UsageError('value', '--robots: they pay each other, so there are at least 2.')
  return parsed
}

/** Settles until nothing is left. Returns the block as of which it is. */
const settleAll = async (url: string, token: string): Promise<bigint> => {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  for (let i = 0; i < 20; i++) {
    const response = await fetch(`${url}/v1/settlements`, { method: 'POST', headers, body: '{}' })
    const { transactions, block } = (await response.json()) as { transactions?: unknown[]; block: string }
    if (transactions?.length === 0) return BigInt(block)
  }
  throw new Error('there is always something left to settle')
}

interface Outcome {
  readonly killed: Record<Killing.Moment, number>
  readonly backMs: number[]
  missing: number
  deposits: { readonly acknowledged: number; readonly lost: number; readonly repeated: number }
  wholeChecks: number
  last: Check.Found | undefined
  readonly failed: string[]
}

const rounds = async (
  options: Options,
  network: Network.Network,
  clients: Clients.Clients,
  depositors: Depositors.Depositors,
  { data, token }: { data: string; token: string },
): Promise<Outcome> => {
  const { url } = network
  const next = Fractions.fractions(options.seed)
  const moments: Killing.Moment[] = ['payments', 'settlement', 'snapshot', 'deposits']
  const outcome: Outcome = {
    killed: { payments: 0, settlement: 0, snapshot: 0, deposits: 0 },
    deposits: { acknowledged: 0, lost: 0, repeated: 0 },
    ...{ backMs: [], missing: 0, wholeChecks: 0, last: undefined, failed: [] },
  }
  const check = async (): Promise<void> => {
    await clients.pause()
    const found = await Check.whole(network, data, token, await settleAll(url, token), clients.paid)
    outcome.last = found
    outcome.deposits = { acknowledged: depositors.acknowledged(), ...(await depositors.compare()) }
    outcome.wholeChecks++
    for (const { id, ok, detail } of found.checks) if (!ok) outcome.failed.push(`${id}: ${detail}`)
    clients.resume()
  }
  for (let round = 1; round <= options.rounds; round++) {
    await clients.flowing(paymentsBetween, 5000)
    const moment = moments[Math.floor(next() * moments.length)] as Killing.Moment
    const { deposit } = depositors
    const { met, told } = await Killing.kill({ network, data, token, moment, fraction: next(), deposit })
    outcome.killed[met]++
    const killedMs = performance.now()
    const newest = clients.latest(receiptsAsked)
    await Killing.ready(url)
    outcome.backMs.push(performance.now() - killedMs)
    outcome.missing += await Check.missing(url, newest)
    await told
    const disagreements = await Check.disagreements(url)
    if (disagreements > 0) outcome.failed.push(`round ${round}: ledger and chain disagree in ${disagreements} places`)
    if (round % roundsBetweenChecks === 0 || round === options.rounds) {
      await check()
      const { payments, lost, repeated } = outcome.last as Check.Found
      Output.say(
        `round ${round}/${options.rounds}: ${Output.grouped(payments)} payments, ${lost} lost, ${repeated} repeated, ` +
          `${outcome.failed.length} checks failed`,
      )
    }
  }
  return outcome
}

const measure = async (options: Options) => {
  const data = Scratch.folder()
  const keys = Keys.random()
  let clients: Clients.Clients | undefined
  let depositors: Depositors.Depositors | undefined
  let fail: (error: Error) => void = () => {}
  const failed = new Promise<never>((_, reject) => {
    fail = reject
  })
  const network = await Network.start({
    ...{ data, keys, host: '127.0.0.1', port: 0, settleEverySeconds: 1, manualSettlement: false },
    limits: [
      ...['--snapshot-every', String(snapshotEvery), '--log-level', 'error'],
      ...(options.threads === undefined ? [] : ['--threads', String(options.threads)]),
    ],
    progress: () => {},
    onFailure: (error) => fail(error),
  })
  try {
    clients = await Promise.race([failed, Clients.start(network.url, options.seed, options.clients, options.robots)])
    const startedMs = performance.now()
    depositors = await Depositors.start(network.url, options.seed)
    const going = rounds(options, network, clients, depositors, { data, token: keys.operatorToken })
    const outcome = await Promise.race([failed, going])
    return { outcome, acknowledged: clients.paid.size, seconds: (performance.now() - startedMs) / 1000 }
  } finally {
    clients?.stop()
    await depositors?.close()
    await network.stop()
    Scratch.remove(data)
  }
}

/** With `--damage` only these count. */
const parseDamage = (args: string[]): Pick<Damage.Options, 'rounds' | 'seed'> => {
  const text = (value: string) => ({ type: 'string' as const, default: value })
  const options = { damage: { type: 'boolean' as const }, rounds: text('300'), seed: text('1') }
  const { rounds, seed } = Usage.parse({ args, options }).values
  return { rounds: wholeNumber('rounds', String(rounds)), seed: wholeNumber('seed', String(seed)) }
}

export const run = async ({ args, json }: RunOptions): Promise<number> => {
  if (args.includes('--damage')) return Damage.run(parseDamage(args), json)
  const options = parse(args)
  Output.say(`${options.clients} client processes, ${options.rounds} times kill -9 …`)
  const { outcome, acknowledged, seconds } = await measure(options)
  const { killed, failed, wholeChecks, missing, last, deposits } = outcome
  const lost = (last?.lost ?? 0) + missing + deposits.lost
  const repeated = (last?.repeated ?? 0) + deposits.repeated
  const backMs = Percentiles.of(outcome.backMs)
  const slowestBackMs = Math.max(...outcome.backMs)
  const paymentsPerSecond = acknowledged / seconds
  const fields = {
    ...{
      rounds: options.rounds,
      seed: options.seed,
      clients: options.clients,
      threads: options.threads,
      acknowledged,
      lost,
      repeated,
      killed,
      deposits,
    },
    ...{ wholeChecks, failed, checks: last?.checks, backMs, slowestBackMs, paymentsPerSecond, seconds },
    basis: 'measured',
  }
  const rows = [
    [
      'killed while paying / settling / writing a snapshot or index / depositing',
      `${killed.payments} / ${killed.settlement} / ${killed.snapshot} / ${killed.deposits}`,
    ],
    ['payments acknowledged', Output.grouped(acknowledged)],
    ['deposits acknowledged', Output.grouped(deposits.acknowledged)],
    ['lost', String(lost)],
    ['repeated', String(repeated)],
    ['ledger, journal and chain compared as a whole', `${wholeChecks} times, ${failed.length} checks failed`],
    [
      'back after, p50 / p95 / slowest',
      `${backMs.p50?.toFixed(0)} / ${backMs.p95?.toFixed(0)} / ${slowestBackMs.toFixed(0)} ms`,
    ],
    ['payments a second, deaths included', Output.grouped(Math.round(paymentsPerSecond))],
    ['seconds', seconds.toFixed(0)],
  ]
  Output.print(json, fields, () => [Output.table(['', 'measured'], rows, [1]), ...failed].join('\n'))
  return lost + repeated + failed.length === 0 ? 0 : 1
}
