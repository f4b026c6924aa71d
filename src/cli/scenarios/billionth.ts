/**
 * A billionth of the Sun, in both readings, as an economy's scale. What this machine can do is measured: payments accepted and settled by the running
 * service, and decisions by the economy's engine. What is past it is arithmetic on those figures.
 */
import { Engine } from '../../sim/Engine.ts'
import * as Simulation from '../../sim/Scenario.ts'
import type { Context, Definition } from './Definition.ts'
import type { Scene } from './Scene.ts'
import * as Show from './Show.ts'

const readings = [
  { name: 'of the sunlight that reaches Earth', watts: 1.74e17 / 1e9 },
  { name: 'of all that the Sun gives', watts: 3.83e26 / 1e9 },
] as const

const robotWatts = 300
const everySeconds = 10
const payers = 400
const each = 40
/** Robots whose decisions are really worked out, for a slot. */
const engineRobots = 100_000
/** Gas that Ethereum's blocks hold at most, a second: 60 million every 12 s. */
const ethereumGasPerSecond = 60e6 / 12

const seen = { rate: 0, membersPerSecond: 0, gasPerMember: 0, decisionsPerSecond: 0 }

const play = async (scene: Scene): Promise<void> => {
  const { say, signal } = scene.options
  const robots = await Promise.all(Array.from({ length: payers }, (_, i) => scene.connect('robot', i)))
  await Promise.all(robots.map((robot) => scene.deposit(robot, 100_000n)))
  say(`${payers} robots connected`)
  const began = performance.now()
  await scene.paying(() =>
    Promise.all(
      robots.map((robot, i) =>
        Promise.all(
          Array.from({ length: each }, (_, n) => {
            const to = robots[(i + n + 1) % payers]?.address ?? ''
            return scene.pay(robot, { to, amount: 36n, for: `billionth/${i}/${n}` })
          }),
        ),
      ),
    ),
  )
  seen.rate = (scene.outcome.acceptMs.length * 1000) / (performance.now() - began)
  if (signal.aborted) return
  const settled = await scene.settle()
  seen.membersPerSecond = (settled.members * 1000) / settled.tookMs
  seen.gasPerMember = Number(settled.gas) / settled.members
  say(
    `${scene.outcome.acceptMs.length} payments accepted, ${settled.members} accounts settled in ${Show.seconds(settled.tookMs)}`,
  )
  const engine = new Engine(
    Simulation.prepare(Simulation.from({ robots: engineRobots, slots: 96, steadySun: true, seed: scene.options.seed })),
  )
  engine.step()
  const decided = performance.now()
  const slots = 2
  for (let i = 0; i < slots; i++) engine.step()
  seen.decisionsPerSecond = (engineRobots * slots * 1000) / (performance.now() - decided)
  say(`${engineRobots} robots decided a slot in ${Show.seconds((engineRobots * 1000) / seen.decisionsPerSecond)}`)
}

const answer = (_: Context) => ({
  findings: [
    {
      name: 'payments a second that this machine accepted, clients and all',
      value: Show.number(seen.rate),
      basis: 'measured' as const,
    },
    {
      name: 'accounts a second that it settled on the local chain',
      value: Show.number(seen.membersPerSecond),
      basis: 'measured' as const,
    },
    { name: 'gas an account settled', value: Show.number(seen.gasPerMember), basis: 'measured' as const },
    {
      name: 'robots a second whose slot it worked out in one process',
      value: Show.number(seen.decisionsPerSecond),
      basis: 'measured' as const,
    },
    ...readings.flatMap(({ name, watts }) => {
      const robots = watts / robotWatts
      const payments = robots / everySeconds
      const usd = (watts / 3.6e6) * 0.043
      const chainDays = (robots * seen.gasPerMember) / ethereumGasPerSecond / 86_400
      const rows = [
        [`${name}: power`, `${watts.toExponential(2)} W`],
        [`${name}: robots of ${robotWatts} W`, Show.number(robots)],
        [`${name}: payments a second, one every ${everySeconds} s each`, Show.number(payments)],
        [`${name}: dollars a second for energy`, Show.about(usd)],
        [`${name}: machines like this one to accept them`, Show.number(Math.ceil(payments / seen.rate))],
        [
          `${name}: Ethereum’s whole gas to settle each robot once`,
          chainDays > 1 ? `${Show.number(chainDays)} days` : `${(chainDays * 24).toFixed(2)} hours`,
        ],
      ] as const
      return rows.map(([row, value]) => ({ name: row, value, basis: 'computed' as const }))
    }),
  ],
  conclusion: (() => {
    const [earth, sun] = readings.map(({ watts }) => watts / robotWatts / everySeconds / seen.rate) as [number, number]
    return `A billionth of the sunlight on Earth is ${Show.number(readings[0].watts / 1e6)} MW: ${Show.number(
      readings[0].watts / robotWatts,
    )} robots, whose payments ${Math.ceil(earth)} machines like this one accept, and which a chain settles within hours: within reach. A billionth of the Sun would take ${sun.toExponential(
      1,
    )} such machines, and no chain of today settles it: clearing would have to be done in many houses that clear with each other.`
  })(),
})

export const billionth: Definition = {
  name: 'billionth',
  question:
    'If a robot economy ran on a billionth of the Sun, how many robots, payments and dollars a second would that be, and would settlement keep up?',
  parameters: () => [
    {
      name: 'sunlight that reaches Earth',
      value: '1.74e17 W',
      basis: 'published',
      source: '1 361 W/m² over Earth’s disc',
    },
    { name: 'all that the Sun gives', value: '3.83e26 W', basis: 'published', source: 'IAU nominal solar luminosity' },
    {
      name: 'a robot',
      value: `${robotWatts} W, a payment every ${everySeconds} s`,
      basis: 'assumed',
      source: 'half at rest (100 W), half walking (500 W; Tesla AI Day 2022)',
    },
    {
      name: 'price of energy',
      value: '$0.043/kWh',
      basis: 'published',
      source: 'IRENA, Renewable Power Generation Costs in 2024',
    },
    {
      name: 'Ethereum',
      value: '60 M gas a block of 12 s',
      basis: 'published',
      source: 'gas limit since November 2025',
    },
  ],
  play,
  answer,
}
