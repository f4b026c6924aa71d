/** The first section: what decides is turnover per member and settlement. */
import { percent, usd, usdShort, whole } from './Format.ts'
import * as Headline from './Headline.ts'
import * as Html from './Html.ts'
import * as Names from './Names.ts'
import type { Study } from './Study.ts'
import type * as Tables from './Tables.ts'
import * as TurnoverChart from './TurnoverChart.ts'

const breakEvenTable = (study: Study): string =>
  Html.table({
    caption: `Turnover per member and settlement from which the fee is at most ${percent(study.share)} (computed)`,
    head: ['', 'whole life', 'settlement only', 'fee per member, whole life'],
    rows: Names.onGas(study).flatMap(({ name, title }) => {
      const of = (scope: string) => study.breakEven.find((one) => one.network === name && one.scope === scope)
      const [life, settlement] = [of('life'), of('settlement')]
      if (life === undefined || settlement === undefined) return []
      return [[Html.escaped(title), usd(life.turnoverUsd), usd(settlement.turnoverUsd), usd(life.feePerMemberUsd)]]
    }),
  })

const placesTable = (study: Study): string =>
  Html.table({
    caption: 'Where the workloads are: fee over value, whole life, settlement only below it (computed)',
    head: ['', 'settled per member', ...Names.onGas(study).map(({ title }) => Html.escaped(title))],
    rows: study.workloads.map(({ name, title }) => {
      const own = study.places.filter((place) => place.workload === name)
      const of = (network: string, scope: string) =>
        own.find((place) => place.network === network && place.scope === scope)
      return [
        `${name} <small class="note">${Html.escaped(title)}</small>`,
        own[0] === undefined ? '–' : usd(own[0].turnoverUsd),
        ...Names.onGas(study).map((network) => {
          const [life, settlement] = [of(network.name, 'life'), of(network.name, 'settlement')]
          return life === undefined
            ? '–'
            : `${percent(life.feeShare)}<small>${percent(settlement?.feeShare ?? 0)}</small>`
        }),
      ]
    }),
  })

const figureName: Readonly<Record<string, string>> = {
  tokenUsd: 'price of its token',
  baseFeeGwei: 'base fee',
  gasPriceAttodollars: 'price of gas',
}

const sensitivityTable = (study: Study): string =>
  Html.table({
    caption: 'How far the fee share of the leading workload depends on one price (whole life, computed)',
    head: ['', 'price', ...(study.sensitivity[0]?.feeShares ?? []).map(({ times }) => `× ${times}`)],
    rows: study.sensitivity.map(({ network, figure, feeShares }) => [
      Html.escaped(Names.network(study, network)),
      `<span class="text">${figureName[figure] ?? figure}</span>`,
      ...feeShares.map(({ feeShare }) => percent(feeShare)),
    ]),
  })

const elsewhereTable = (study: Study): string => {
  if (study.elsewhere.length === 0) return ''
  const [first] = study.elsewhere
  return `${Html.table({
    caption: 'A check: one transfer of USDC, as measured elsewhere and as priced here',
    head: ['', 'elsewhere', 'here', 'ratio', 'why'],
    rows: study.elsewhere.map(({ network, elsewhereUsd, oursUsd, ratio, reason }) => [
      Html.escaped(Names.network(study, network)),
      usdShort(elsewhereUsd),
      usdShort(oursUsd),
      ratio.toPrecision(2),
      `<span class="text">${reason === null ? 'within a factor of 1.5' : Html.escaped(reason)}</span>`,
    ]),
  })}<p class="note">Measured elsewhere on ${first?.date}: ${Html.escaped(first?.source ?? '')}.</p>`
}

export const section = (study: Study, tableOf: (study: Study, name: string) => Tables.Table): Html.Section => {
  const { workload } = Names.main(study)
  const members = study.breakEven[0]?.members ?? 0
  return {
    id: 'turnover',
    title: 'What decides: how much money moves per member before it settles',
    meaning: Html.escaped(Headline.sentence(study)),
    body: [
      Html.figure(
        (width) => TurnoverChart.chart(study, width),
        `Fee over value against what is settled per member and settlement: whole life (solid), settlement only (dashed), from ${workload} with ${whole(members)} members; dots are the workloads. The horizontal line is ${percent(study.share)}. Both axes are logarithmic.`,
        true,
      ),
      breakEvenTable(study),
      placesTable(study),
      sensitivityTable(study),
      elsewhereTable(study),
      ...['turnover', 'break-even', 'places', 'sensitivity', 'elsewhere'].map((name) =>
        Html.folded(tableOf(study, name)),
      ),
    ],
  }
}
