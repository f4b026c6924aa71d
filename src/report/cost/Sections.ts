/** The page's sections, in order: what they are called, what they mean, and what they show. Every number in a sentence is the study's. */
import { landmarks } from '../../cost/Energy.ts'
import * as AffordChart from './AffordChart.ts'
import * as FeeBars from './FeeBars.ts'
import { duration, ofValue, percent, usd, whole } from './Format.ts'
import * as GasChart from './GasChart.ts'
import * as HeatMap from './HeatMap.ts'
import * as Html from './Html.ts'
import * as Names from './Names.ts'
import * as Further from './SectionsTime.ts'
import * as Turnover from './SectionTurnover.ts'
import type { Study } from './Study.ts'
import * as Tables from './Tables.ts'

export const tableOf = (study: Study, name: string): Tables.Table =>
  Tables.of(study).find((table) => table.name === name) as Tables.Table

/** Largest executed size of a workload. */
const executed = (study: Study, workload: string): number =>
  study.rows.findLast((row) => row.workload === workload && row.basis === 'measured')?.payments ?? 0

const has = (study: Study, strategy: string): boolean => study.strategies.some(({ name }) => name === strategy)

const gasMeaning = (study: Study): string => {
  const { workload, payments } = Names.main(study)
  const life = (strategy: string) => GasChart.gasOf(study, strategy, workload, 'life', payments)
  const parts = [
    has(study, 'transfer')
      ? `A direct transfer takes ${life('transfer')} gas however many there are.`
      : 'Where each payment moves the token by itself, its gas does not fall with their number.',
    has(study, 'clearing')
      ? `Cleared together, ${whole(payments)} payments of ${workload} take ${life('clearing')} gas each over their whole life, of which settling is ${GasChart.gasOf(study, 'clearing', workload, 'settlement', payments)}: cost follows the number of members, not of payments.`
      : '',
    has(study, 'channel') && has(study, 'clearing') && study.workloads.some(({ name }) => name === 'W3')
      ? `Among strangers (W3) a channel for each pair takes ${GasChart.gasOf(study, 'channel', 'W3', 'life', executed(study, 'W3'))} and clearing ${GasChart.gasOf(study, 'clearing', 'W3', 'life', executed(study, 'W3'))}; for a handful of payments, plain transfers are cheaper than either.`
      : '',
  ]
  return parts.join(' ')
}

const gas = (study: Study): Html.Section => ({
  id: 'gas',
  title: 'Gas a payment falls with their number, where payments are settled together',
  meaning: gasMeaning(study),
  body: [
    Html.figure(
      (width) => GasChart.chart(study, width),
      `Whole life: from money in payers’ wallets to money in payees’ wallets. Filled dots were executed (measured), open dots and dashed lines are computed from the largest executed size${study.workloads.some(({ name }) => name === 'W1' || name === 'W2') ? ', ◇ were measured elsewhere: other systems’ contracts, run on one local chain' : ''}. Both axes are logarithmic.`,
      true,
    ),
    Html.table({
      caption: 'The workloads',
      head: ['', 'payments', 'payers', 'payees', 'pairs', 'average', 'basis'],
      rows: study.workloads.map(({ name, title, payments, payers, payees, pairs, averageUsd, basis }) => [
        `${name} <small class="note">${Html.escaped(title)}</small>`,
        ...[payments, payers, payees, pairs].map(whole),
        usd(averageUsd),
        basis,
      ]),
    }),
    Html.folded(tableOf(study, 'gas')),
  ],
})

const feesMeaning = (study: Study): string => {
  const { workload, payments } = Names.main(study)
  const [network] = Names.shown(study)
  if (network === undefined) return 'No network that charges for gas was chosen.'
  const fees = FeeBars.feesOf(study, network, 'life')
  const of = (name: string) => fees.find((fee) => fee.name === name)
  const [direct, cleared] = [of('transfer'), of('clearing')]
  const average = study.workloads.find(({ name }) => name === workload)?.averageUsd ?? 0
  const told = [
    ...(direct
      ? [`a transfer each costs ${usd(direct.usd)}, ${ofValue(direct.share, `an average payment of ${usd(average)}`)}`]
      : []),
    ...(cleared ? [`cleared it costs ${usd(cleared.usd)}, ${percent(cleared.share)}`] : []),
  ]
  return `On ${Names.network(study, network)}, for ${whole(payments)} payments of ${workload}, ${told.join('; ')}. A fee does not care how small a payment is, so its share decides.`
}

const feeTable = (study: Study, scope: string, caption: string): string =>
  Html.table({
    caption,
    head: ['', ...Names.strategiesOnGas(study).map(({ name }) => Html.escaped(Names.strategy(name)))],
    rows: Names.onGas(study).map(({ name, title }) => [
      Html.escaped(title),
      ...Names.strategiesOnGas(study).map((strategy) => {
        const fee = FeeBars.feesOf(study, name, scope).find((one) => one.name === strategy.name)
        return fee === undefined ? '–' : `${usd(fee.usd)}<small>${percent(fee.share)}</small>`
      }),
    ]),
  })

const ownTable = (study: Study): string => {
  const { workload, payments } = Names.main(study)
  const rows = Names.own(study).flatMap(({ name, title }) => {
    const row = study.rows.findLast(
      (one) => one.network === name && one.workload === workload && one.scope === 'life' && one.payments <= payments,
    )
    if (row === undefined) return []
    if (row.usdPerPayment === null || row.shareOfValue === null)
      return [[Html.escaped(title), 'impossible', '<small>carries no payment as small</small>']]
    return [[Html.escaped(title), usd(row.usdPerPayment), percent(row.shareOfValue)]]
  })
  if (rows.length === 0) return ''
  return Html.table({
    caption: 'Other ways, a payment of the same average value, whole life',
    head: ['', 'fee', 'of the value'],
    rows,
  })
}

const fees = (study: Study): Html.Section => {
  const { workload, payments } = Names.main(study)
  const notes = Names.onGas(study).filter(({ note }) => note !== null)
  return {
    id: 'fees',
    title: 'What that is in dollars, network by network',
    meaning: feesMeaning(study),
    body: [
      Html.figure(
        (width) => FeeBars.chart(study, width),
        `Fee a payment, whole life, ${workload} with ${whole(payments)} payments, and its share of the value. Bars start at zero; each panel has its own scale. Computed from measured gas and the prices listed at the end.`,
        true,
      ),
      feeTable(study, 'life', 'Whole life'),
      feeTable(study, 'settlement', 'Settlement only, between accounts that have settled before'),
      ownTable(study),
      ...notes.map(
        ({ title, note }) => `<p class="note"><b>${Html.escaped(title)}.</b> ${Html.escaped(note ?? '')}</p>`,
      ),
      Html.folded(tableOf(study, 'fees')),
    ],
  }
}

const smallestMeaning = (study: Study): string => {
  const [network] = Names.shown(study)
  const least = study.smallest
    .filter((row) => row.network === network && row.usd !== null)
    .toSorted((a, b) => (a.usd ?? 0) - (b.usd ?? 0))[0]
  const never = Names.own(study).filter(({ name }) => study.smallest.find((row) => row.network === name)?.usd === null)
  const best =
    least === undefined || least.usd === null
      ? ''
      : `Down to ${usd(least.usd)} (${Html.escaped(Names.strategy(least.strategy))} on ${Html.escaped(Names.network(study, least.network))}) a payment is worth its fee. `
  const list = never.map(({ title }) => Html.escaped(title)).join(', ')
  return `${best}${never.length === 0 ? '' : `${list} ${never.length === 1 ? 'is' : 'are'} never worth it at ${percent(study.share)}: the percentage alone is more, whatever the amount.`}`
}

const smallest = (study: Study): Html.Section => {
  const { workload, payments } = Names.main(study)
  return {
    id: 'smallest',
    title: 'The smallest payment worth making',
    meaning: smallestMeaning(study),
    body: [
      HeatMap.map(
        study,
        study.smallest,
        `Fee at most ${percent(study.share)}: ${workload}, whole life, ${whole(payments)} payments`,
      ),
      study.smallestAmongStrangers.length === 0
        ? ''
        : HeatMap.map(
            study,
            study.smallestAmongStrangers,
            'The same among 1 000 strangers (W3), the hard case: each pair pays once',
          ),
      HeatMap.beside(study),
      `<p class="note">Green: less than a cent. Brown: more. Computed: the fee a payment over ${study.share}.</p>`,
      Html.folded(tableOf(study, 'smallest')),
    ],
  }
}

const energyMeaning = (study: Study): string => {
  const [network] = Names.shown(study)
  const of = (strategy: string) =>
    study.energy.afford.find((row) => row.strategy === strategy && row.network === network)?.everySeconds
  const [direct, cleared] = [of('transfer'), of('clearing')]
  const name = network === undefined ? '' : Html.escaped(Names.network(study, network))
  const card = study.energy.fixedFees.find((row) => row.network === 'card')
  const free = study.energy.compute.at(-1)
  const told = [
    direct?.[0] ? `A transfer on ${name} is ${percent(study.share)} of ${duration(direct[0])} of a robot’s energy` : '',
    card?.everySeconds[0] ? `a card’s fixed ${usd(card.fixedUsd)} alone of ${duration(card.everySeconds[0])}` : '',
    cleared?.[0] ? `a cleared payment of ${duration(cleared[0])}` : '',
  ].filter((part) => part !== '')
  const later =
    cleared?.[3] && direct?.[3]
      ? ` When energy is 1 000 times cheaper, the same fees are ${duration(direct[3])} and ${duration(cleared[3])}: ways of paying that are dear today become unusable, and even clearing has to be settled more seldom or on cheaper networks.`
      : ''
  return `${told.join(', ')}.${later} But cheap energy is not cheap everything: free energy would make a GPU-hour only ${percent(free?.cheaper ?? 0)} cheaper, so what robots buy besides energy stays payable by the same means as today.`
}

/** Ways that a robot can pay by at least once while its battery lasts. */
const withinACharge = (study: Study): string => {
  const { afford, factors } = study.energy
  const ways = (network: string, i: number): string =>
    afford
      .filter((row) => row.network === network && (row.everySeconds[i] ?? Number.POSITIVE_INFINITY) <= landmarks.charge)
      .map(({ strategy }) => Html.escaped(Names.strategy(strategy)))
      .join(', ') || 'none'
  return Html.table(
    {
      caption: `Ways that make sense at least once a battery charge (${duration(landmarks.charge)})`,
      head: ['', ...factors.map((factor) => (factor === 1 ? 'today' : `${whole(factor)} × cheaper`))],
      rows: Names.onGas(study).map(({ name, title }) => [
        Html.escaped(title),
        ...factors.map((_, i) => `<span class="text">${ways(name, i)}</span>`),
      ]),
    },
    'words',
  )
}

const energy = (study: Study): Html.Section => ({
  id: 'energy',
  title: 'Energy 10, 100, 1 000 times cheaper: where each way of paying stops making sense',
  meaning: energyMeaning(study),
  body: [
    Html.figure(
      (width) => AffordChart.chart(study, width),
      `How long a robot of 300 W must wait between two payments for its energy so that the fee stays at ${percent(study.share)}. Large dot: at $0.043 a kWh; then 10, 100 and 1 000 times cheaper (hypothetical: 25 to 31 doublings of what has been built). A battery of 2.3 kWh lasts 7.7 h.`,
    ),
    Html.table({
      caption: 'The other side: a GPU-hour when energy alone gets cheaper',
      head: ['energy', 'a GPU-hour', 'cheaper by', 'energy’s part of it'],
      rows: study.energy.compute.map(({ factor, usdPerGpuHour, cheaper, energyShare }) => [
        factor === 1 ? 'today' : factor === null ? 'free' : `${whole(factor)} × cheaper`,
        `$${usdPerGpuHour.toFixed(3)}`,
        percent(cheaper),
        percent(energyShare),
      ]),
    }),
    withinACharge(study),
    Html.folded(tableOf(study, 'energy')),
  ],
})

export const of = (study: Study): Html.Section[] => [
  Turnover.section(study, tableOf),
  gas(study),
  fees(study),
  smallest(study),
  energy(study),
  ...Further.of(study, tableOf),
]
