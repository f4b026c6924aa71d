/** The scenario that runs where none is named. */
import * as Format from '../../report/Format.ts'
import * as Assumptions from '../../sim/Assumptions.ts'
import * as Place from '../../sim/Place.ts'
import * as Study from '../../sim/Study.ts'
import type { Context, Definition } from './Definition.ts'
import * as Show from './Show.ts'

const shown = [
  'energyCostAtomicPerKwh',
  'importPriceAtomicPerKwh',
  'producerWattsPerRobot',
  'storageMilliWhPerRobot',
] as const

/** A figure of the table, for people. */
const shownAs = (value: number | bigint, unit: string): string => {
  if (typeof value === 'number') return `${Format.grouped(value)} ${unit}`
  if (unit.startsWith('mWh')) return `${Format.kwh(value)}${unit.slice('mWh'.length)}`
  return `${Format.dollars(value)}${unit.slice('atomic dollars'.length)}`
}

/** The assumptions that matter most here; the report has all of them. */
const parameters = shown.map((name) => {
  const { value, unit, says, basis, source } = Assumptions.table[name]
  return { name: says, value: shownAs(value, unit), basis, source }
})

const periods: readonly Place.Period[] = ['dawn', 'noon', 'night']

/** What energy cost in a part of the day, in words; there may be no such part, or nothing sold in it. */
const priceText = (
  world: NonNullable<Context['economy']>['world'],
  period: Place.Period,
  price: number | undefined,
) => {
  if (Place.middleOf(world.sun, period) === undefined)
    return { dawn: 'there was no sunrise', noon: 'the sun did not rise', night: 'the sun did not set' }[period]
  return price === undefined ? `no energy was sold at ${period}` : `${Format.price(price)} at ${period}`
}

/** Who sold energy at night, from whoever had any to sell. */
const nightSellers = ({ world, day }: NonNullable<Context['economy']>): string => {
  const inside = day.slots.filter(({ slot }) => {
    const { sunriseSeconds: rise, sunsetSeconds: set } = world.sun
    const middle = (slot + 0.5) * (86_400 / world.scenario.slots)
    return (
      rise !== undefined &&
      set !== undefined &&
      (rise < set ? middle < rise || middle > set : middle > set && middle < rise)
    )
  })
  const [sold, imported] = [
    inside.reduce((sum, { soldMilliWh }) => sum + soldMilliWh, 0n),
    inside.reduce((sum, { importedMilliWh }) => sum + importedMilliWh, 0n),
  ]
  return sold === 0n
    ? ''
    : ` Between sunset and sunrise ${Format.percent(Number(imported) / Number(sold))} of what was sold was imported; the rest came from batteries and the last and first light.`
}

const answer = (context: Context) => {
  const { simulation, outcome, economy } = context
  if (economy === undefined) return { findings: [], conclusion: 'No economy ran.' }
  const { world, day, found } = economy
  const studied = found.days.map((one) => Study.figures(world, one))
  const { slots } = outcome
  const figures = Study.figures(world, day)
  const prices = { dawn: figures.priceDawn, noon: figures.priceNoon, night: figures.priceNight }
  const robots = BigInt(simulation.robots)
  const each = (from: string, to: string) => Show.dollars(Show.paid(slots, from, to) / robots)
  const total = (name: 'soldMilliWh' | 'curtailedMilliWh' | 'missingMilliWh' | 'unmetMilliWh') =>
    Show.kwh(Show.sum(slots, (slot) => slot[name]))
  const mean = (name: Study.Figure) => {
    const {
      mean: value,
      low,
      high,
    } = Study.estimate(
      name,
      studied.map((one) => one[name]),
      Study.units[name],
    )
    const shownAs = Study.units[name].startsWith('share') ? Format.percent : Format.price
    return value === null
      ? 'none'
      : `${shownAs(value)}${low === null ? '' : ` (95 %: ${shownAs(low)} to ${shownAs(high)})`}`
  }
  const penalties = ['site', 'station', 'storage'].reduce((sum, to) => sum + Show.paid(slots, 'producer', to), 0n)
  const { tasks } = outcome
  return {
    findings: [
      {
        name: 'price at dawn / noon / night',
        value: periods
          .map((period) => (prices[period] === undefined ? 'none' : Format.price(prices[period])))
          .join(' / '),
        basis: 'measured' as const,
      },
      ...(['priceDawn', 'priceNoon', 'priceNight', 'unmetShare', 'curtailedShare'] as const).map((name) => ({
        name: `${name}, mean over ${found.days.length} seeds`,
        value: mean(name),
        basis: 'computed' as const,
      })),
      { name: 'energy sold, resold energy included', value: total('soldMilliWh'), basis: 'measured' as const },
      {
        name: 'curtailed: solar energy that nobody bought',
        value: total('curtailedMilliWh'),
        basis: 'measured' as const,
      },
      {
        name: 'sold and not delivered, penalties paid',
        value: `${total('missingMilliWh')}, ${Show.dollars(penalties)}`,
        basis: 'measured' as const,
      },
      {
        name: 'unmet: wanted by robots and jobs, and not had',
        value: total('unmetMilliWh'),
        basis: 'measured' as const,
      },
      {
        name: 'tasks that were not done for want of energy',
        value: `${Format.grouped(tasks.unpowered)} of ${Format.grouped(tasks.done + tasks.unpowered)}`,
        basis: 'measured' as const,
      },
      { name: 'a robot’s day: earned from customers', value: each('customer', 'robot'), basis: 'measured' as const },
      {
        name: 'a robot’s day: energy / compute / help / paid out to households',
        value: [
          each('robot', 'station'),
          each('robot', 'site'),
          each('robot', 'robot'),
          each('robot', 'customer'),
        ].join(' / '),
        basis: 'measured' as const,
      },
    ],
    conclusion: `At ${world.scenario.place} on ${world.scenario.date}, energy cost: ${periods
      .map((period) => priceText(world, period, prices[period]))
      .join('; ')}. A robot paid ${each('robot', 'station')} for its energy on average; ${Format.percent(
      figures.curtailedShare,
    )} of the solar energy found no buyer, and ${Format.percent(figures.unmetShare)} of the energy that was wanted was not had.${nightSellers(economy)}`,
  }
}

export const day: Definition = {
  name: 'day',
  question:
    'What does a day in a robot economy look like, what does energy cost at dawn, at noon and at night, and what does a robot pay?',
  parameters: () => parameters,
  sensitivity: true,
  answer,
}
