/**
 * Energy becomes a thousand times cheaper in the course of a day, beside the same day in which it does not. The sun stands still, so that nothing but the
 * cost of energy changes. How low the cost of solar power could fall by learning alone, and what stands in the way, is said with it.
 */
import * as Format from '../../report/Format.ts'
import * as Wealth from '../../report/Wealth.ts'
import * as Assumptions from '../../sim/Assumptions.ts'
import * as Study from '../../sim/Study.ts'
import type { Context, Definition } from './Definition.ts'
import * as Show from './Show.ts'

const times = 1000

/** Rated solar power for each robot: more than is used, so that the market’s price is what energy costs to make. */
const wattsPerRobot = 4500

/** Installed solar power in 2024 (IRENA, Renewable Capacity Statistics 2025), W, and sunlight that reaches Earth, W. */
const [installedWatts, earthWatts] = [2.2e12, 1.74e17]

/** Rates by which cost falls with each doubling of what was ever built. */
const rates = [
  { share: 0.24, source: 'LBNL, Bolinger et al., iScience 25 (2022)' },
  { share: 0.34, source: 'IRENA’s own series of cost and capacity, 2010–2024' },
] as const

/** Doublings until cost has fallen so many times. */
export const doublings = (share: number): number => Math.log(times) / -Math.log(1 - share)

/** All sunlight on Earth that so many doublings of today's modules would need, as a multiple of what there is: W of peak power over W of light. */
export const sunlightTimes = (share: number): number => (installedWatts * 2 ** doublings(share)) / earthWatts

const parameters = () => [
  {
    name: 'cost of energy',
    value: `$0.043/kWh, falling ${times}-fold over the day; in the control it stays`,
    basis: 'assumed' as const,
    source: 'the article’s claim',
  },
  ...rates.map(({ share, source }) => ({
    name: `learning rate ${Format.percent(share)} per doubling: doublings until then`,
    value: doublings(share).toFixed(1),
    basis: 'published' as const,
    source,
  })),
  {
    name: 'the physical limit',
    value: `${rates[0].share * 100} % per doubling: 2.2 TW would become ${Format.number(sunlightTimes(rates[0].share))} times all sunlight that reaches Earth`,
    basis: 'published' as const,
    source:
      '1.74e17 W of sunlight; 2.2 TW installed in 2024 (IRENA). So learning alone cannot bring it there: hypothetical',
  },
  {
    name: 'what does not become cheaper',
    value: 'a GPU-hour without its energy, the grid’s fee, imports, maintenance, land and capital',
    basis: 'assumed' as const,
    source: 'so that what stays scarce shows',
  },
  {
    name: 'rated solar power',
    value: `${wattsPerRobot} W per robot`,
    basis: 'assumed' as const,
    source: 'more than is used, so that the price is what energy costs to make, not scarcity’s',
  },
  {
    name: 'sunlight',
    value: 'the day’s mean, all the time',
    basis: 'assumed' as const,
    source: 'so that price follows cost and not the hour',
  },
]

/** The last eighth of the day, when energy has become cheap. */
const lastEighth = ({ slots, ...day }: Study.DayFigures): Study.DayFigures => ({
  ...day,
  slots: slots.slice(-Math.ceil(slots.length / 8)),
})

type World = NonNullable<Context['economy']>['world']

const sum = (day: Study.DayFigures, of: (slot: Study.SlotFigures) => number): number =>
  lastEighth(day).slots.reduce((all, slot) => all + of(slot), 0)

const energyUsd = ({ soldMilliWh, priceAtomicPerKwh = 0n }: Study.SlotFigures): number =>
  Number(soldMilliWh * priceAtomicPerKwh) / 1e12

const heldBy = (day: Study.DayFigures, role: keyof Study.DayFigures['held']): number => {
  const rows = Wealth.rows(new Map(Object.entries(day.held)))
  return rows.find((row) => row.role === role)?.share ?? 0
}

/** What is compared, and how it is written. */
const compared: readonly {
  readonly name: string
  readonly of: (world: World, day: Study.DayFigures) => number | undefined
  readonly show: (value: number) => string
}[] = [
  {
    name: 'price of energy',
    of: (world, day) => Study.figures(world, lastEighth(day)).priceMean,
    show: (value) => `$${Format.number(value)}/kWh`,
  },
  {
    name: 'energy sold, kWh',
    of: (_, day) => sum(day, ({ soldMilliWh }) => Number(soldMilliWh) / 1e6),
    show: Format.number,
  },
  { name: 'payments', of: (_, day) => sum(day, ({ payments }) => payments), show: Format.number },
  {
    name: 'value of payments',
    of: (_, day) => sum(day, ({ valueAtomic }) => Number(valueAtomic) / 1e6),
    show: (value) => `$${Format.number(value)}`,
  },
  {
    name: 'share of it that buys energy',
    of: (_, day) => sum(day, energyUsd) / sum(day, ({ valueAtomic }) => Number(valueAtomic) / 1e6),
    show: Format.percent,
  },
  {
    name: 'velocity of money, turns per day',
    of: (world, day) => {
      const velocity = Study.figures(world, lastEighth(day)).velocity
      return velocity === undefined ? undefined : (velocity * day.slots.length) / lastEighth(day).slots.length
    },
    show: Format.number,
  },
  {
    name: 'unmet energy, share',
    of: (world, day) => Study.figures(world, lastEighth(day)).unmetShare,
    show: Format.percent,
  },
  ...(['customer', 'robot', 'producer', 'site', 'storage'] as const).map((role) => ({
    name: `share of all money held by ${role}s at the end of the day`,
    of: (_: World, day: Study.DayFigures) => heldBy(day, role),
    show: Format.percent,
  })),
  {
    name: 'Gini coefficient of all money at the end of the day',
    of: (_, day) => Wealth.gini(Object.values(day.held).flat()),
    show: (value) => value.toFixed(3),
  },
]

const signed = (show: (value: number) => string, value: number): string =>
  `${value < 0 ? '−' : '+'}${show(Math.abs(value))}`

const answer = (context: Context) => {
  const { economy, tally, fees, outcome } = context
  if (economy === undefined) return { findings: [], conclusion: 'No economy ran.' }
  const { world, found } = economy
  const rows = compared.flatMap(({ name, of, show }) => {
    const [without, changed] = [found.control, found.days].map((days) => days.map((day) => of(world, day)))
    const difference = Study.difference(without ?? [], changed ?? [])
    return difference === undefined ? [] : [{ name, show, ...difference }]
  })
  const named = (name: string) => rows.find((row) => row.name === name)
  const findings = rows.map(({ name, show, without, with: changed, difference, low, high }) => ({
    name: `${name}: without / with / difference`,
    value: `${show(without)} / ${show(changed)} / ${signed(show, difference)}${
      low === undefined || high === undefined ? '' : ` (95 %: ${signed(show, low)} to ${signed(show, high)})`
    }`,
    basis: 'computed' as const,
  }))
  const last = outcome.slots.slice(-Math.ceil(outcome.slots.length / 8))
  const all = Show.sum(last, ({ flows }) => flows.reduce((total, { amountAtomic }) => total + amountAtomic, 0n))
  const part = (from: string, to: string) => Format.percent(Number(Show.paid(last, from, to)) / Number(all || 1n))
  const households = Wealth.topDecile(economy.day.held.customer)
  const shownFees = fees.filter(({ strategy, scope }) => strategy === 'transfer' || scope === 'settlement')
  const feeShares = shownFees.map(({ network, strategy, usdPerPayment }) => {
    const usd = Number(usdPerPayment)
    const share = (name: string) => {
      const [payments, value] = [named('payments'), named('value of payments')]
      const which = name === 'with' ? 'with' : 'without'
      return payments === undefined || value === undefined ? undefined : (usd * payments[which]) / value[which]
    }
    return {
      name: `fees as a share of value, ${network}, ${strategy === 'clearing' ? 'cleared' : 'a transfer each'}: without / with`,
      value: `${Format.percent(share('without'))} / ${Format.percent(share('with'))}`,
      basis: 'computed' as const,
    }
  })
  const [price, share, velocity] = [
    'price of energy',
    'share of it that buys energy',
    'velocity of money, turns per day',
  ].map(named)
  const { gpuEnergyShare } = Assumptions.derived(world.assumed)
  return {
    findings: [
      {
        name: 'compared',
        value: `the last eighth of the day, over ${found.days.length} seeds; dollars: ${tally.dollarPayments} payments in the run`,
        basis: 'computed' as const,
      },
      ...findings,
      ...feeShares,
      {
        name: 'of all value paid in the last eighth: tasks / compute / energy / paid out to households',
        value: [
          part('customer', 'robot'),
          part('robot', 'site'),
          part('robot', 'station'),
          part('robot', 'customer'),
        ].join(' / '),
        basis: 'measured' as const,
      },
    ],
    conclusion:
      price === undefined || share === undefined || velocity === undefined
        ? 'No energy was sold.'
        : `Against the same days without it, energy costs ${Format.number(price.without / price.with)} times less, and the part of all payments that buys it goes from ${Format.percent(
            share.without,
          )} to ${Format.percent(share.with)}. Money keeps its meaning: it turns over ${Format.number(velocity.with)} times a day instead of ${Format.number(
            velocity.without,
          )}. What stays scarce is compute (energy is ${Format.percent(gpuEnergyShare)} of a GPU-hour), the grid, land and capital: robots still pay ${part(
            'robot',
            'site',
          )} of all value for compute and ${part('robot', 'customer')} to households, the richest tenth of which holds ${Format.percent(
            households,
          )} of what households hold.`,
  }
}

export const abundance: Definition = {
  name: 'abundance',
  question:
    'When energy becomes a thousand times cheaper, which laws of price, money and wealth bend, and which do not?',
  parameters,
  simulation: {
    robots: 300,
    producers: 20,
    sites: 10,
    stations: 10,
    slots: 48,
    steadySun: true,
    cheaperTimes: times,
    assumed: { producerWattsPerRobot: wattsPerRobot },
    lotMilliWh: 500_000,
    tickAtomicPerKwh: 2,
  },
  control: { cheaperTimes: 1 },
  settleEvery: 6,
  answer,
}
