/** The scenario that runs where none is named. */
import type { Definition } from './Definition.ts'
import * as Show from './Show.ts'

/** The mean price in the hours around one. */
const around = (hour: number) => (slot: { readonly clockSeconds: number }) =>
  Math.abs(slot.clockSeconds / 3600 - hour) <= 1

export const day: Definition = {
  name: 'day',
  question:
    'What does a day in a robot economy look like, what does energy cost at dawn, at noon and at night, and what does a robot pay?',
  parameters: [
    {
      name: 'energy at cost',
      value: '$0.043/kWh',
      basis: 'published',
      source: 'IRENA, Renewable Power Generation Costs in 2024',
    },
    {
      name: 'a robot',
      value: '100 W at rest, 500 W walking, 2.3 kWh battery',
      basis: 'published',
      source: 'Tesla AI Day 2022',
    },
    {
      name: 'solar power for each robot',
      value: '1600 W',
      basis: 'assumed',
      source: 'in June somewhat more than robots use',
    },
    {
      name: 'stationary batteries for each robot',
      value: '1 kWh, 90 % round trip',
      basis: 'assumed',
      source: 'about three hours of use',
    },
    {
      name: 'penalty for energy sold and not delivered',
      value: '50 % of the price',
      basis: 'assumed',
      source: 'stated rule of the market',
    },
  ],
  answer({ simulation, outcome: { slots } }) {
    const at = (hour: number) => Show.meanPrice(slots.filter(around(hour)))
    const [dawn, noon, night] = [at(6), at(13), at(22)]
    const charged = Show.paid(slots, 'robot', 'station')
    const robots = BigInt(simulation.robots)
    const [sold, curtailed, missing, unmet] = (
      ['soldMilliWh', 'curtailedMilliWh', 'missingMilliWh', 'unmetMilliWh'] as const
    ).map((name) => Show.sum(slots, (slot) => slot[name])) as [bigint, bigint, bigint, bigint]
    return {
      findings: [
        {
          name: 'price at dawn / noon / night',
          value: [dawn, noon, night].map(Show.price).join(' / '),
          basis: 'measured',
        },
        { name: 'energy sold', value: Show.kwh(sold), basis: 'measured' },
        { name: 'curtailed: sunlight that nobody bought', value: Show.kwh(curtailed), basis: 'measured' },
        {
          name: 'sold and not delivered, penalties paid',
          value: `${Show.kwh(missing)}, ${Show.dollars(
            ['site', 'station', 'storage'].reduce((sum, to) => sum + Show.paid(slots, 'producer', to), 0n),
          )}`,
          basis: 'measured',
        },
        { name: 'unmet: robots stood still for want of', value: Show.kwh(unmet), basis: 'measured' },
        {
          name: 'a robot’s day: earned from customers',
          value: Show.dollars(Show.paid(slots, 'customer', 'robot') / robots),
          basis: 'measured',
        },
        {
          name: 'a robot’s day: energy / compute / help',
          value: ['station', 'site', 'robot']
            .map((to) => Show.dollars(Show.paid(slots, 'robot', to) / robots))
            .join(' / '),
          basis: 'measured',
        },
      ],
      conclusion: `Energy cost ${Show.price(dawn)} at dawn, ${Show.price(noon)} at noon and ${Show.price(night)} at night, when only stationary batteries sell it. A robot paid ${Show.dollars(
        charged / robots,
      )} for its energy on average, and ${Show.percent(Number(curtailed) / Number(curtailed + sold || 1n))} of the sunlight found no buyer.`,
    }
  },
}
