/** The report of a run: counted from journal and chain, checked, written down and shown. */
import { resolve } from 'node:path'
import type { Deployment } from '../chain/Deployment.ts'
import * as House from '../chain/House.ts'
import * as Settled from '../chain/Settled.ts'
import type * as Transfer from '../chain/Transfer.ts'
import { assetsOf } from '../clearing/Service.ts'
import * as FastLz from '../cost/FastLz.ts'
import * as Fees from '../cost/Fees.ts'
import * as Audit from '../report/Audit.ts'
import * as Bills from '../report/Bills.ts'
import * as Document from '../report/Document.ts'
import type * as EconomyReport from '../report/EconomyInputs.ts'
import * as Machine from '../report/Machine.ts'
import * as OtherTransactions from '../report/OtherTransactions.ts'
import * as Tables from '../report/Tables.ts'
import * as Tally from '../report/Tally.ts'
import * as Text from '../report/Text.ts'
import * as Wealth from '../report/Wealth.ts'
import type * as Economy from '../sim/Economy.ts'
import * as Participants from '../sim/Participants.ts'
import { strategyOf } from '../sim/plan/Offers.ts'
import type { Role } from '../sim/plan/State.ts'
import type * as Scenario from '../sim/Scenario.ts'
import type * as Studies from '../sim/Studies.ts'
import type * as Study from '../sim/Study.ts'
import * as Embedded from '../store/Embedded.ts'
import * as OutFiles from './OutFiles.ts'
import * as Recording from './Recording.ts'
import type { RunOptions, Stage } from './Stage.ts'
import * as StudyReport from './StudyReport.ts'
import type { Context } from './scenarios/Definition.ts'
import type { Scene } from './scenarios/Scene.ts'

/** A run under way or over. */
export interface Live {
  readonly transfer: Transfer.Transfer
  readonly scene: Scene
  readonly economy: { readonly outcome: Economy.Outcome }
  readonly participants: Participants.Participants | undefined
  /** Where an economy runs: its world, and the study beside it. */
  readonly prepared: { readonly world: Scenario.World } | undefined
  /** What the study found; undefined where there is none, or it did not come to its end. */
  readonly found: Studies.Found | undefined
}

const measuredOf = (
  tally: Tally.Tally,
  transfer: Transfer.Transfer,
  others: Fees.Measured['others'],
): Fees.Measured => ({
  others,
  payments: tally.settled,
  valueAtomic: tally.valueAtomic,
  settlements: tally.settlements.map(({ gasUsed, fastLzBytes }) => ({ gas: gasUsed, flzSize: fastLzBytes })),
  transfer: {
    gas: transfer.gasUsed,
    flzSize: FastLz.size(Buffer.from(transfer.serialized.slice(2), 'hex')),
  },
})

/** What the journal says: the tally, and everybody's bill where an economy ran. */
const counted = (data: string, deployment: Deployment, parties: readonly Bills.Party[], sales: Bills.Sales) => {
  const journal = Embedded.read(data)
  try {
    const [dollar, energyCredit] = [deployment.dollar.asset, deployment.energyCredit.asset]
    return {
      tally: Tally.tally(journal, assetsOf(deployment), dollar),
      bills: Bills.from(journal, parties, { dollar, energyCredit }, sales),
    }
  } finally {
    journal.close()
  }
}

/** The last of the producers is the grid connection, which has a strategy of its own. */
const followed = (
  strategies: RunOptions['strategies'],
  role: Exclude<Role, 'customer' | 'station'>,
  index: number,
  count: number,
): string => {
  if (role !== 'producer') return strategyOf(strategies, role, index, count).name
  return index === count - 1
    ? strategyOf(strategies, 'grid', 0, 1).name
    : strategyOf(strategies, 'producer', index, count - 1).name
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
      strategy: trades ? followed(strategies, role, index, count) : '',
    }
  })

const writeTables = ({ out }: RunOptions, economy: EconomyReport.Inputs | undefined): void => {
  if (economy === undefined) return
  for (const [file, text] of Object.entries(Tables.files(economy))) OutFiles.write(out, file, text)
}

const write = (options: RunOptions, document: Document.Document): void => {
  OutFiles.write(options.out, 'report.json', `${JSON.stringify(document, null, 2)}\n`)
  OutFiles.write(options.out, 'report.md', Text.toMarkdown(document))
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
  const { seed, robots, producers, sites, stations, storages, customers, slots, date, place, tilt, azimuth } = scenario
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
    place,
    date,
    tilt,
    azimuth,
    speed,
    ...inputs,
    ...(strategies.length === 0 ? {} : { strategies: strategies.map(({ name }) => name).join('; ') }),
  }
}

const observedOf = (options: RunOptions, outcome: Economy.Outcome): Document.Observed => ({
  scenario: scenarioOf(options),
  acceptMs: outcome.acceptMs,
  payingMs: outcome.payingMs,
  timedPayments: outcome.timedPayments,
  settledAfterSeconds: outcome.settledAfterSeconds,
  wallMs: performance.now(),
  firstSettledMs: outcome.firstSettledAtMs,
  rejected: outcome.rejected,
  jobs: outcome.jobs,
  tasks: outcome.tasks,
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

/** Slots as tables and figures want them. */
const slotsOf = ({ slots }: Economy.Outcome): EconomyReport.Slot[] =>
  slots.map(({ tasks, jobs, flows, ...slot }) => ({
    ...slot,
    valueAtomic: flows.reduce((sum, { amountAtomic }) => sum + amountAtomic, 0n),
    tasksDone: tasks.done,
    tasksUnpowered: tasks.unpowered,
    tasksUnaffordable: tasks.unaffordable,
    jobsBought: jobs.bought,
    jobsUnpowered: jobs.unpowered,
    jobsUnaffordable: jobs.unaffordable,
  }))

/** What everybody holds, by role, from the journal. */
const heldOf = (participants: Participants.Participants, tally: Tally.Tally): Study.DayFigures['held'] => {
  const held: Record<string, bigint[]> = {}
  for (const party of participants.parties) {
    const own = held[party.role] ?? []
    held[party.role] = own
    own.push(tally.held(participants.of(party).address))
  }
  return held as never
}

/** Settlements with their slot and calldata, which the chain has. */
const settlementsOf = ({ chain }: Stage, { settledIn }: Economy.Outcome, tally: Tally.Tally) =>
  Promise.all(
    tally.settlements.map(async (settlement) => {
      const { input } = await chain.getTransaction({ hash: settlement.transaction })
      const calldata = Settled.withoutOrigin(input)
      return { ...settlement, slot: settledIn.get(settlement.transaction), calldata }
    }),
  )

/** The economy's part of the report; undefined where none ran. */
const economyOf = async (
  stage: Stage,
  { economy: { outcome }, participants, prepared, found }: Live,
  { tally, bills }: { readonly tally: Tally.Tally; readonly bills: Bills.Bills },
) => {
  if (participants === undefined || prepared === undefined) return undefined
  const { world } = prepared
  const day = StudyReport.dayOf(outcome, heldOf(participants, tally))
  const sum = (list: readonly bigint[]) => list.reduce((all, each) => all + each, 0n)
  const inputs: EconomyReport.Inputs = {
    ...bills,
    slots: slotsOf(outcome),
    orders: outcome.signedOrders.map(({ party, ...order }) => ({ ...order, name: Participants.nameOf(party) })),
    settlements: await settlementsOf(stage, outcome, tally),
    held: tally.held,
    valueAtomic: tally.valueAtomic,
    wealth: outcome.wealth.map(({ byRole, ...at }) => ({
      ...at,
      byRole: Object.fromEntries(Object.entries(byRole).map(([role, held]) => [role, sum(held)])),
      gini: Wealth.gini(Object.values(byRole).flat()),
    })),
    study: StudyReport.of(world, stage.options, outcome.complete ? day : undefined, found),
  }
  return { inputs, context: found === undefined ? undefined : { world, day, found } }
}

/** The report, with every check where the day came to its end; an interrupted one has no time for them. */
export const make = async (stage: Stage, live: Live): Promise<Document.Document> => {
  const { transfer, economy, scene, participants } = live
  const { options, network, chain } = stage
  const { deployment } = network
  const { outcome } = economy
  const acknowledged = new Set([...outcome.receiptIds, ...scene.outcome.receiptIds])
  const ledger = outcome.complete ? await ledgerOf(stage) : ''
  const block = await chain.getBlockNumber()
  const energy = await House.energy(chain, deployment.energyMeter, deployment.energyCredit.asset, block)
  const counts = counted(options.data, deployment, partiesOf(options, participants), outcome.sales)
  const { tally } = counts
  const audited = { client: chain, deployment, tally, block, acknowledged, live: ledger }
  const checks = outcome.complete ? await Audit.audit(audited) : []
  const others = await OtherTransactions.read(chain, deployment, tally, block)
  const fees = Fees.rows(measuredOf(tally, transfer, others))
  const lived = await economyOf(stage, live, counts)
  writeTables(options, lived?.inputs)
  return Document.from({
    machine: Machine.here(),
    network: { chainId: await chain.getChainId(), clearingHouse: deployment.clearingHouse },
    ...{ observed: observedOf(options, outcome), tally, energy, fees, checks },
    answer: answerOf(options, live, {
      ...{ simulation: options.scenario, economy: lived?.context, outcome, acknowledged, tally, fees, checks },
      ...{ accounts: accountsOf(participants), notes: scene.notes },
    }),
    economy: lived?.inputs,
  })
}

/** What was cut off has no answer, nor has a day without the study that it is held against. */
const answerOf = ({ definition }: RunOptions, { economy, prepared, found }: Live, context: Context) => {
  const { question, parameters, answer } = definition
  const none = (conclusion: string) => ({ findings: [], conclusion })
  const isStudied = prepared === undefined || found !== undefined
  const answered = !economy.outcome.complete
    ? none('The run was interrupted before it could answer.')
    : isStudied
      ? answer(context)
      : none('The run came to its end, but the study beside it did not, so there is no answer.')
  return { question, parameters: parameters(context.simulation), ...answered }
}

/** Writes everything down, and shows it. */
export const show = async ({ options, screen, feed, network }: Stage, document: Document.Document): Promise<void> => {
  write(options, document)
  await feed.finish()
  OutFiles.write(options.out, 'report.html', await Recording.of(network.url, document))
  screen.end()
  if (options.json) process.stdout.write(`${JSON.stringify(document)}\n`)
  else process.stdout.write(`\n${Text.toTerminal(document)}\n`)
  screen.step(
    `\nReport: ${resolve(options.out, 'report.md')}, report.html, report.json and tables as CSV; journal: ${resolve(options.data)}`,
  )
}
