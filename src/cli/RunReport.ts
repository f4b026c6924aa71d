/** The report of a run: counted from journal and chain, checked, written down and shown. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Deployment } from '../chain/Deployment.ts'
import * as House from '../chain/House.ts'
import type * as Transfer from '../chain/Transfer.ts'
import { assetsOf } from '../clearing/Service.ts'
import * as FastLz from '../cost/FastLz.ts'
import * as Fees from '../cost/Fees.ts'
import * as Audit from '../report/Audit.ts'
import * as Bills from '../report/Bills.ts'
import * as Document from '../report/Document.ts'
import * as EconomyReport from '../report/Economy.ts'
import * as Machine from '../report/Machine.ts'
import * as Tally from '../report/Tally.ts'
import * as Text from '../report/Text.ts'
import type * as Economy from '../sim/Economy.ts'
import * as Participants from '../sim/Participants.ts'
import { strategyOf } from '../sim/plan/Offers.ts'
import * as Embedded from '../store/Embedded.ts'
import * as Recording from './Recording.ts'
import type { RunOptions, Stage } from './Stage.ts'
import type { Scene } from './scenarios/Scene.ts'

/** A run under way or over. */
export interface Live {
  readonly transfer: Transfer.Transfer
  readonly scene: Scene
  readonly economy: { readonly outcome: Economy.Outcome }
  readonly participants: Participants.Participants | undefined
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

/** What the journal says: the tally, and everybody's bill where an economy ran. */
const counted = (data: string, deployment: Deployment, parties: readonly Bills.Party[]) => {
  const journal = Embedded.read(data)
  try {
    const [dollar, energyCredit] = [deployment.dollar.asset, deployment.energyCredit.asset]
    return {
      tally: Tally.tally(journal, assetsOf(deployment), dollar),
      bills: Bills.from(journal, parties, { dollar, energyCredit }),
    }
  } finally {
    journal.close()
  }
}

/** Participants with the strategies that they followed. */
const partiesOf = ({ strategies }: RunOptions, participants: Participants.Participants | undefined): Bills.Party[] =>
  (participants?.parties ?? []).map(({ role, index }) => {
    const count = participants?.parties.filter((party) => party.role === role).length ?? 0
    const trades = role !== 'customer' && role !== 'station'
    return {
      name: Participants.nameOf({ role, index }),
      role,
      address: participants?.of({ role, index }).address ?? '',
      strategy: trades ? strategyOf(strategies, role, index, count).name : '',
    }
  })

const writeTables = ({ out }: RunOptions, economy: EconomyReport.Inputs | undefined): void => {
  if (economy === undefined) return
  mkdirSync(out, { recursive: true })
  for (const [file, text] of Object.entries(EconomyReport.files(economy))) writeFileSync(join(out, file), text)
}

const write = (options: RunOptions, document: Document.Document): void => {
  mkdirSync(options.out, { recursive: true })
  writeFileSync(join(options.out, 'report.json'), `${JSON.stringify(document, null, 2)}\n`)
  writeFileSync(join(options.out, 'report.md'), Text.toMarkdown(document))
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
export const make = async (
  stage: Stage,
  { transfer, economy, scene, participants }: Live,
): Promise<Document.Document> => {
  const { options, network, chain } = stage
  const { deployment } = network
  const { outcome } = economy
  const own = scene.outcome === outcome ? 0 : scene.outcome.acceptMs.length
  const acknowledged = outcome.acceptMs.length + own
  const ledger = outcome.complete ? await ledgerOf(stage) : ''
  const block = await chain.getBlockNumber()
  const energy = await House.energy(chain, deployment.energyMeter, deployment.energyCredit.asset, block)
  const { tally, bills } = counted(options.data, deployment, partiesOf(options, participants))
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
  const context = { simulation: options.scenario, outcome, acknowledged, tally, fees, checks, accounts, notes }
  // What was cut off has no answer.
  const cutOff = { findings: [], conclusion: 'The run was interrupted before it could answer.' }
  const found = outcome.complete ? answer(context) : cutOff
  const whole = { question, parameters, ...found }
  const { settlements, held, valueAtomic } = tally
  const { slots } = outcome
  const inhabited = participants === undefined ? undefined : { ...bills, slots, settlements, held, valueAtomic }
  writeTables(options, inhabited)
  const counts = { observed, tally, energy, fees, checks }
  return Document.from({ machine: Machine.here(), ...counts, answer: whole, economy: inhabited })
}

/** Writes everything down, and shows it. */
export const show = async ({ options, screen, feed, network }: Stage, document: Document.Document): Promise<void> => {
  write(options, document)
  await feed.finish()
  await Recording.write(join(options.out, 'report.html'), network.url, document)
  screen.end()
  if (options.json) process.stdout.write(`${JSON.stringify(document)}\n`)
  else process.stdout.write(`\n${Text.toTerminal(document)}\n`)
  screen.step(
    `\nReport: ${resolve(options.out, 'report.md')}, report.html, report.json and tables as CSV; journal: ${resolve(options.data)}`,
  )
}
