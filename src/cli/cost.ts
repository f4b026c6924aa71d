/** `sunledger cost`: what settling costs, by every way of paying, on every network; executed here, priced there. */
import { existsSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import * as Deployment from '../chain/Deployment.ts'
import * as GasPrices from '../chain/GasPrices.ts'
import * as RpcUrl from '../chain/RpcUrl.ts'
import * as Execute from '../cost/Execute.ts'
import * as Live from '../cost/Live.ts'
import * as Measure from '../cost/Measure.ts'
import * as Networks from '../cost/Networks.ts'
import * as Profiles from '../cost/Profiles.ts'
import * as Published from '../cost/Published.ts'
import * as Rational from '../cost/Rational.ts'
import * as Replay from '../cost/Replay.ts'
import * as Workload from '../cost/Workload.ts'
import * as Page from '../report/cost/Page.ts'
import * as Study from '../report/cost/Study.ts'
import * as Summary from '../report/cost/Summary.ts'
import * as Tables from '../report/cost/Tables.ts'
import * as Machine from '../report/Machine.ts'
import * as JobTrace from '../sim/JobTrace.ts'
import * as Embedded from '../store/Embedded.ts'
import * as Bar from './Bar.ts'
import * as CostLatency from './CostLatency.ts'
import * as Ending from './Ending.ts'
import { wholeNumber } from './Limits.ts'
import * as OutFiles from './OutFiles.ts'
import * as OutFolder from './OutFolder.ts'
import { files } from './service.ts'

interface Flags {
  readonly strategies: readonly string[]
  readonly networks?: readonly string[]
  readonly workloads: readonly string[]
  readonly payments: number
  readonly seed: number
  readonly share: Rational.Rational
  readonly jobs?: string
  readonly replay?: string
  readonly live?: string | true
  readonly set?: readonly string[]
  readonly profiles?: string
  readonly out?: string
  readonly json?: boolean
}

const list = (text: string): string[] => [
  ...new Set(
    text
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== ''),
  ),
]

const shareOf = (text: string): Rational.Rational => {
  const match = /^(?:0?\.\d{1,6}|1(?:\.0+)?)$/.test(text)
  if (!match || Number(text) === 0)
    throw new InvalidArgumentError(`Expected a share above 0 and up to 1, such as 0.01, got ${JSON.stringify(text)}.`)
  return Rational.parse(text.startsWith('.') ? `0${text}` : text)
}

const collect = (value: string, before: readonly string[] = []): string[] => [...before, value]

/** The networks that the flags describe. */
const networksOf = async (flags: Flags): Promise<Networks.Network[]> => {
  const date = new Date().toISOString().slice(0, 10)
  let all = [...Networks.all]
  if (flags.profiles !== undefined) all = Profiles.withFile(all, flags.profiles)
  const names = flags.networks === undefined ? undefined : [...flags.networks]
  if (flags.live !== undefined) {
    const live = Live.network(
      await GasPrices.read(RpcUrl.from(flags.live === true ? {} : { rpc: flags.live })),
      all,
      date,
    )
    all = [live, ...all.filter(({ name }) => name !== live.name)]
    if (names !== undefined && !names.includes(live.name)) names.unshift(live.name)
  }
  all = Profiles.withSettings(all, flags.set ?? [])
  return names === undefined ? all : names.map((name) => Profiles.named(name, all))
}

const workloadsOf = (flags: Flags): Workload.Workload[] => {
  const { seed, payments: most, jobs, replay } = flags
  if (replay !== undefined) return [replayOf(replay, most)]
  const trace =
    jobs === undefined ? {} : { jobs: { requests: JobTrace.read(jobs), source: jobs.split(/[\\/]/).at(-1) ?? jobs } }
  return flags.workloads.map((name) => Workload.named(name, { seed, most, ...trace }))
}

/** A CSV of payments, or the data folder of a run (or a file in it), which is only read: its service may be running. */
const replayOf = (path: string, most: number): Workload.Workload => {
  if (/\.csv$/i.test(path)) return Replay.readList(path, most)
  const folder = existsSync(path) && !statSync(path).isDirectory() ? dirname(path) : path
  const journal = Embedded.read(folder)
  try {
    // Without a deployment beside it, the journal's dollars are taken to be the asset of most payments.
    const { deployment } = files(folder)
    const asset = existsSync(deployment) ? Deployment.read(deployment).dollar.asset : undefined
    return Replay.ofJournal(journal, most, path, asset)
  } finally {
    journal.close()
  }
}

/** Executes and measures everything. */
const inputsOf = async (flags: Flags, signal: AbortSignal, bar: Bar.Bar): Promise<Study.Inputs> => {
  const began = performance.now()
  // Everything that may be wrong with what was given is found before anything takes time.
  const networks = await networksOf(flags)
  const workloads = workloadsOf(flags)
  const published = Published.ways.map(({ name }) => name).filter((name) => flags.strategies.includes(name))
  const strategies = flags.strategies.filter((name) => !published.includes(name)).map(Execute.strategyNamed)
  const { seed, share, out } = flags
  if (out !== undefined) OutFolder.ensure(out)
  if (workloads.some(({ name, basis }) => name === 'W4' && basis === 'assumed'))
    bar.step('W4 is a synthetic stand-in; give --jobs FILE to replay a real trace.')
  bar.step('measuring small batches and how long acceptance takes …')
  const base = { seed, signal }
  const bills = await Measure.bills(base)
  const marginal = await Measure.marginal(base)
  const accepted = [...(await Measure.accepted(base)), await CostLatency.measure(seed, signal)]
  const executions = await Execute.run({
    ...{ seed, strategies, workloads, signal },
    progress: ({ done, all, doing }) => bar.show(done, all, doing.join(', ')),
  })
  const ways = new Set(strategies.map(({ name }) => name))
  return {
    ...{ machine: Machine.here(), seed, share, networks, workloads, executions, published, bills, marginal },
    accepted: accepted.filter(({ strategy }) => ways.has(strategy)),
    wallMs: performance.now() - began,
  }
}

const write = (folder: string, study: Study.Study): void => {
  OutFiles.write(folder, 'cost.html', Page.of(study))
  OutFiles.write(folder, 'cost.json', `${JSON.stringify(study, undefined, 2)}\n`)
  for (const table of Tables.of(study)) {
    OutFiles.write(folder, join('tables', `${table.name}.csv`), Tables.toCsv(table))
    OutFiles.write(folder, join('tables', `${table.name}.json`), Tables.toJson(table))
  }
}

const run = async (flags: Flags): Promise<void> => {
  const stopping = new AbortController()
  const asked = Ending.asked()
  void asked.then(() => stopping.abort(new Error('interrupted')))
  const bar = Bar.create(process.stderr)
  try {
    const study = Study.from(await inputsOf(flags, stopping.signal, bar))
    bar.end()
    if (flags.out !== undefined) {
      write(flags.out, study)
      bar.step(`page: ${resolve(flags.out, 'cost.html')}; tables as CSV and JSON beside it`)
    }
    process.stdout.write(flags.json === true ? `${JSON.stringify(study)}\n` : `\n${Summary.of(study)}\n`)
  } catch (error) {
    bar.end()
    if (!stopping.signal.aborted) throw error
    bar.step('Interrupted: nothing is reported.')
    process.exitCode = Ending.exitCodes[await asked]
  }
}

/** A list of names, whose default reads as it is typed. */
const listOption = (flags: string, description: string, names: readonly string[]): Option =>
  new Option(flags, description).argParser(list).default([...names], names.join(','))

export const register = (program: Command): void => {
  const strategies = [...Execute.strategies, ...Published.ways].map(({ name }) => name)
  program
    .command('cost')
    .description('execute every way of settling on a local chain, and price it on every network')
    .addOption(listOption('--strategies <names>', 'ways of settling', strategies))
    .option(
      '--networks <names>',
      `networks to price on (default: all: ${Networks.all.map(({ name }) => name).join(', ')})`,
      list,
    )
    .addOption(listOption('--workloads <names>', 'workloads', Workload.names))
    .option(
      '--payments <number>',
      'payments that are executed at most; larger counts are computed',
      wholeNumber(1, 10_000),
      10_000,
    )
    .option('--seed <number>', 'the same seed gives the same gas', wholeNumber(0, 2 ** 31), 1)
    .addOption(
      new Option('--share <share>', 'what a fee may be at most of a payment worth making')
        .argParser(shareOf)
        // In words: a help text cannot show a fraction of two bigints.
        .default(Rational.from(1n, 100n), '0.01'),
    )
    .option(
      '--jobs <file>',
      'W4 replays this LLM request trace: TIMESTAMP,ContextTokens,GeneratedTokens (default: a synthetic stand-in)',
    )
    .option(
      '--replay <path>',
      'instead of the workloads: a run’s data folder, or a CSV of payments (payer,payee,amount,time)',
    )
    .option(
      '--live [url]',
      'take gas prices and data prices from this chain’s JSON-RPC (read only; default: SUNLEDGER_RPC_URL)',
    )
    .option('--set <figure>', 'one figure of a network: base.gasPriceGwei=0.01; may be repeated', collect)
    .option('--profiles <file>', 'JSON with figures of networks, or networks of your own')
    .option('--out <dir>', 'folder for cost.html, cost.json and tables as CSV and JSON')
    .option('--json', 'print the study as one JSON document on stdout')
    .action(run)
}
