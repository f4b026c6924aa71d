/**
 * Energy becomes a thousand times cheaper while the economy runs. The sun stands still, so that nothing but the cost of energy changes; the learning
 * that it would take is hypothetical.
 */

import * as Wealth from '../../report/Wealth.ts'
import * as Compute from '../../sim/Compute.ts'
import type { Definition } from './Definition.ts'
import * as Show from './Show.ts'

const times = 1000

export const abundance: Definition = {
  name: 'abundance',
  question:
    'When energy becomes a thousand times cheaper, which laws of price, money and wealth bend, and which do not?',
  parameters: () => [
    {
      name: 'cost of energy',
      value: `$0.043/kWh, falling ${times}-fold over the run`,
      basis: 'assumed',
      source: 'at 24 % a doubling (IRENA) it takes 25 doublings of all solar power; hypothetical',
    },
    {
      name: 'a GPU-hour without its energy',
      value: '$2.8769',
      basis: 'published',
      source: '$2.95 less 1.70 kWh at $0.043; it does not become cheaper here',
    },
    {
      name: 'sunlight',
      value: 'the day’s mean, all the time',
      basis: 'assumed',
      source: 'so that price follows cost and not the hour',
    },
    {
      name: 'market',
      value: 'lots of 0.5 kWh at steps of $0.000002/kWh',
      basis: 'assumed',
      source: 'a lot must cost whole atomic dollars at the lowest price',
    },
  ],
  simulation: {
    robots: 300,
    producers: 20,
    sites: 10,
    stations: 10,
    slots: 48,
    steadySun: true,
    cheaperTimes: times,
    lotMilliWh: 500_000,
    tickAtomicPerKwh: 2,
  },
  settleEvery: 6,
  answer({ outcome: { slots }, tally, fees, accounts, simulation }) {
    const eighth = Math.ceil(slots.length / 8)
    const [first, last] = [slots.slice(0, eighth), slots.slice(-eighth)]
    const both = <T>(of: (part: typeof slots) => T): [T, T] => [of(first), of(last)]
    const prices = both(Show.meanPrice)
    const volumes = both((part) => Show.sum(part, ({ soldMilliWh }) => soldMilliWh))
    const bills = both((part) => Show.paid(part, 'robot', 'station'))
    const compute = prices.map((atomic) => Number(Compute.costAtomicPer1000(atomic ?? 0n)) / 1e6) as [number, number]
    const charge = both((part) => {
      const charges = part.flatMap(({ flows }) => flows).filter(({ from, to }) => from === 'robot' && to === 'station')
      return (
        Number(charges.reduce((sum, { amountAtomic }) => sum + amountAtomic, 0n)) /
        charges.reduce((sum, { payments }) => sum + payments, 0) /
        1e6
      )
    })
    const money = [...tally.flows].reduce(
      (sum, [key, { amount }]) => (key.startsWith('deposited') && key.endsWith(tally.dollar) ? sum + amount : sum),
      0n,
    )
    const turnover = both(
      (part) =>
        Number(Show.sum(part, ({ flows }) => flows.reduce((sum, { amountAtomic }) => sum + amountAtomic, 0n))) * 8,
    )
    const velocity = turnover.map((paid) => (paid / Number(money || 1n)).toFixed(1))
    const wealth = [...(accounts.get('robot') ?? [])].map((address) => tally.held(address))
    const share = (network: string, strategy: string, value: number) => {
      const row = fees.find((each) => each.network === network && each.strategy === strategy)
      return row === undefined || value === 0 ? '–' : Show.percent(Number(row.usdPerPayment) / value)
    }
    const ways = ['base clearing', 'base transfer', 'ethereum clearing', 'ethereum transfer'].map(
      (way) => way.split(' ') as [string, string],
    )
    const fell = Number(prices[0] ?? 0n) / Number(prices[1] ?? 1n)
    return {
      findings: [
        {
          name: 'price of energy, first / last eighth of the run',
          value: prices.map(Show.price).join(' / '),
          basis: 'measured',
        },
        { name: 'energy sold, first / last eighth', value: volumes.map(Show.kwh).join(' / '), basis: 'measured' },
        {
          name: 'robots paid for energy, first / last eighth',
          value: bills.map(Show.dollars).join(' / '),
          basis: 'measured',
        },
        {
          name: 'what 1 000 tokens cost to make at these prices',
          value: compute.map((cost) => `$${cost}`).join(' / '),
          basis: 'computed',
        },
        { name: 'velocity of money, turns a day, first / last eighth', value: velocity.join(' / '), basis: 'measured' },
        {
          name: 'Gini coefficient of robots’ dollars at the end',
          value: Wealth.gini(wealth).toFixed(3),
          basis: 'measured',
        },
        { name: 'a charge, first / last eighth', value: charge.map(Show.about).join(' / '), basis: 'measured' },
        ...ways.map(([network, strategy]) => ({
          name: `fee as a share of a charge, ${network}, ${strategy === 'clearing' ? 'cleared' : 'a transfer each'}, first / last eighth`,
          value: charge.map((value) => share(network, strategy, value)).join(' / '),
          basis: 'computed' as const,
        })),
      ],
      conclusion: `What bends: the price of energy fell ${fell.toFixed(0)}-fold with its cost, and with it the part of all payments that pays for energy. What does not: ${simulation.robots} robots with full batteries buy no more than they use, however cheap it is; compute costs ${Show.percent(
        1 - compute[1] / compute[0],
      )} less, since energy is a fortieth of it; and a transfer’s fee does not fall with what it pays for, so the share that it takes of a charge rises as its value falls.`,
    }
  },
}
