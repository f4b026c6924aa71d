/**
 * One run of the demo from start to report. Ctrl-C at any time ends it: what was accepted until then is counted and written down, and every
 * process is gone within two seconds.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import * as ChainClient from '../chain/Client.ts'
import type { Deployment } from '../chain/Deployment.ts'
import * as House from '../chain/House.ts'
import * as Keys from '../chain/Keys.ts'
import * as Transfer from '../chain/Transfer.ts'
import { assetsOf } from '../clearing/Service.ts'
import * as FastLz from '../cost/FastLz.ts'
import * as Fees from '../cost/Fees.ts'
import * as Audit from '../report/Audit.ts'
import * as Document from '../report/Document.ts'
import * as Machine from '../report/Machine.ts'
import * as Tally from '../report/Tally.ts'
import * as Text from '../report/Text.ts'
import { Client } from '../sdk/Client.ts'
import { Control } from '../sim/Control.ts'
import * as Economy from '../sim/Economy.ts'
import * as Participants from '../sim/Participants.ts'
import type * as Plan from '../sim/Plan.ts'
import * as Scenario from '../sim/Scenario.ts'
import * as Embedded from '../store/Embedded.ts'
import { advance, day, hour, midnightOf } from './Clock.ts'
import * as Network from './Network.ts'
import * as Screen from './Screen.ts'
import type { Definition } from './scenarios/Definition.ts'
import { Scene } from './scenarios/Scene.ts'
import { untilInterrupted } from './serve.ts'

export interface RunOptions {
  readonly definition: Definition
  readonly scenario: Scenario.Scenario
  /** Strategies in the place of the defaults. */
  readonly strategies: Plan.Strategies
  /** Where sun and demand came from, for the report. */
  readonly inputs: { readonly solar: string; readonly jobs: string }
  readonly speed: number
  readonly settleEvery: number
  readonly out: string
  readonly data: string
  readonly port: number
  /** Keeps the service up after the report until Ctrl-C. */
  readonly stay: boolean
  readonly json: boolean
}

const measuredOf = (tally: Tally.Tally, transfer: Transfer.Transfer): Fees.Measured => ({
  payments: tally.settled,
  valueAtomic: tally.valueAtomic,
  settlements: tally.settlements.map(({ gasUsed, fastLzBytes }) => ({ gas: gasUsed, flzSize: fastLzBytes })),
  transfer: {
    gas: transfer.gasUsed,
    flzSize: FastLz.size(Buffer.from(transfer.serialized.slice(2), 'hex')),
  },
})

const tallyOf = (data: string, deployment: Deployment): Tally.Tally => {
  const journal = Embedded.read(data)
  try {
    return Tally.tally(journal, assetsOf(deployment), deployment.dollar.asset)
  } finally {
    journal.close()
  }
}

const write = (options: RunOptions, document: Document.Document): void => {
  mkdirSync(options.out, { recursive: true })
  writeFileSync(join(options.out, 'report.json'), `${JSON.stringify(document, null, 2)}\n`)
  writeFileSync(join(options.out, 'report.md'), Text.toMarkdown(document))
}

/** Everything that a run has in hand. */
interface Stage {
  readonly options: RunOptions
  readonly screen: Screen.Screen
  readonly network: Network.Network
  readonly chain: ChainClient.Client
  readonly client: Client
  readonly token: string
}

const scenarioOf = ({
  definition,
  scenario,
  inputs,
  speed,
  settleEvery,
  strategies,
}: RunOptions): Document.Observed['scenario'] => {
  if (definition.play !== undefined)
    return { name: definition.name, seed: scenario.seed, robots: scenario.robots, date: scenario.date }
  const { seed, robots, producers, sites, stations, storages, customers, slots, date } = scenario
  return {
    name: definition.name,
    seed,
    robots,
    producers,
    sites,
    stations,
    storages,
    customers,
    slots,
    settleEvery,
    date,
    speed,
    ...inputs,
    ...(strategies.length === 0 ? {} : { strategies: strategies.map(({ name }) => name).join('; ') }),
  }
}

/** Connects everybody and lets the economy live, or a play of the scenario's own. `transfer` is measured on the way, before the chain is busy. */
const live = async (stage: Stage, signal: AbortSignal) => {
  const { options, screen, client, chain, network, token } = stage
  const { definition } = options
  const midnightSeconds = midnightOf(options.scenario.date, new Date())
  const validUntilSeconds = midnightSeconds + 2n * day
  const transfer = await Transfer.measure(chain, network.deployment, (to, amount) => client.faucet(to, amount))
  const status = await client.status()
  const { seed, robots } = options.scenario
  const scene = new Scene({
    ...{ network, chain, client, status, token, seed, robots, validUntilSeconds, signal },
    say: screen.step,
  })
  const { play } = definition
  if (play !== undefined) {
    const done = play(scene)
      .then(() => scene.close())
      .then(() => {
        scene.outcome.complete = !signal.aborted
      })
    return { transfer, scene, economy: { outcome: scene.outcome, done }, participants: undefined }
  }
  const world = Scenario.prepare(options.scenario)
  const common = { world, client, operatorToken: token, midnightSeconds, validUntilSeconds }
  const participants = await Participants.gather({ ...common, status, progress: screen.step })
  await advance(chain)(midnightSeconds)
  const economy = Economy.start({
    ...common,
    participants,
    advanceTo: advance(chain),
    scenario: definition.name,
    control: new Control(options.speed),
    settleEvery: options.settleEvery,
    strategies: options.strategies,
    signal,
    async onSlot(state) {
      screen.slot(state)
      await definition.afterSlot?.(scene, state)
    },
  })
  return { transfer, scene, economy, participants }
}

type Live = Awaited<ReturnType<typeof live>>

const observedOf = (options: RunOptions, outcome: Economy.Outcome): Document.Observed => ({
  scenario: scenarioOf(options),
  acceptMs: outcome.acceptMs,
  payingMs: outcome.payingMs,
  wallMs: performance.now(),
  firstSettledMs: outcome.firstSettledAtMs,
  rejected: outcome.rejected,
  jobs: outcome.jobs,
  orders: outcome.orders,
  complete: outcome.complete,
})

/** The running service's ledger, byte for byte, for the audit to hold against the journal's replay. */
const ledgerOf = async ({ network, token }: Stage): Promise<string> => {
  const response = await fetch(`${network.url}/v1/ledger`, { headers: { authorization: `Bearer ${token}` } })
  return response.text()
}

/** Addresses by role. */
const accountsOf = (participants: Participants.Participants | undefined): Map<string, string[]> => {
  const found = new Map<string, string[]>()
  for (const party of participants?.parties ?? [])
    found.set(party.role, [...(found.get(party.role) ?? []), participants?.of(party).address ?? ''])
  return found
}

/** The report, with every check where the day came to its end; an interrupted one has no time for them. */
const report = async (stage: Stage, { transfer, economy, scene, participants }: Live): Promise<Document.Document> => {
  const { options, network, chain } = stage
  const { deployment } = network
  const { outcome } = economy
  const own = scene.outcome === outcome ? 0 : scene.outcome.acceptMs.length
  const acknowledged = outcome.acceptMs.length + own
  const ledger = outcome.complete ? await ledgerOf(stage) : ''
  const block = await chain.getBlockNumber()
  const energy = await House.energy(chain, deployment.energyMeter, deployment.energyCredit.asset, block)
  const tally = tallyOf(options.data, deployment)
  const checks = outcome.complete
    ? await Audit.audit({
        client: chain,
        deployment,
        tally,
        block,
        acknowledged,
        live: ledger,
      })
    : []
  const fees = Fees.rows(measuredOf(tally, transfer))
  const observed = observedOf(options, outcome)
  const { question, parameters, answer } = options.definition
  const { notes } = scene
  const accounts = accountsOf(participants)
  const found = answer({ simulation: options.scenario, outcome, acknowledged, tally, fees, checks, accounts, notes })
  const whole = { question, parameters, ...found }
  return Document.from({ machine: Machine.here(), observed, tally, energy, fees, checks, answer: whole })
}

const show = ({ options, screen }: Stage, document: Document.Document): void => {
  write(options, document)
  screen.end()
  if (options.json) process.stdout.write(`${JSON.stringify(document)}\n`)
  else process.stdout.write(`\n${Text.toTerminal(document)}\n`)
  screen.step(`\nReport: ${resolve(options.out, 'report.md')} and report.json; journal: ${resolve(options.data)}`)
}

/** Exit codes: all is well; a check is broken; interrupted. */
const exitCodes = { done: 0, broken: 1, interrupted: 130 } as const

/** From a stage that is up to the report. Resolves with the exit code. */
const play = async (stage: Stage, interrupted: Promise<void>): Promise<number> => {
  const { options, screen } = stage
  const abort = new AbortController()
  const stopped = interrupted.then(() => abort.abort())
  const started = live(stage, abort.signal)
  const day = await Promise.race([started, stopped])
  if (day === undefined) {
    started.catch(() => {})
    screen.step('\nInterrupted before the first payment; there is nothing to report.')
    return exitCodes.interrupted
  }
  await Promise.race([day.economy.done, stopped])
  // Whatever is still on its way is of no interest any more.
  day.economy.done.catch(() => {})
  const document = await report(stage, day)
  show(stage, document)
  if (!document.complete) return exitCodes.interrupted
  if (options.stay && !abort.signal.aborted) {
    screen.step(`The service stays up on ${stage.network.url} until Ctrl-C.`)
    await stopped
  }
  const broken = document.checks.filter(({ ok }) => !ok)
  for (const { id, detail } of broken) screen.step(`${id} does not hold: ${detail}`)
  return broken.length === 0 ? exitCodes.done : exitCodes.broken
}

/** Runs the demo. Resolves with the exit code once every process has ended. */
export const run = async (options: RunOptions): Promise<number> => {
  const screen = Screen.create(process.stderr)
  const interrupted = untilInterrupted()
  let fail: (error: Error) => void = () => {}
  const failed = new Promise<never>((_, reject) => {
    fail = reject
  })
  failed.catch(() => {})
  const keys = Keys.simulated(options.scenario.seed)
  const midnight = midnightOf(options.scenario.date, new Date())
  const starting = Network.start({
    data: options.data,
    keys,
    host: '127.0.0.1',
    port: options.port,
    initialDate: new Date(Number(midnight - hour) * 1000),
    settleEverySeconds: 5,
    manualSettlement: true,
    progress: screen.step,
    onFailure: (error) => fail(error),
  })
  const network = await Promise.race([starting, interrupted])
  if (network === undefined) {
    // The processes that are just starting end with our end of their pipes.
    screen.step('\nInterrupted before the first payment; there is nothing to report.')
    return exitCodes.interrupted
  }
  try {
    const chain = ChainClient.create(network.rpcUrl)
    const stage = { options, screen, network, chain, client: new Client(network.url), token: keys.operatorToken }
    return await Promise.race([play(stage, interrupted), failed])
  } finally {
    screen.end()
    await network.stop()
  }
}
