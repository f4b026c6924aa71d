/**
 * A billionth of the Sun, in both readings, as an economy's scale. What this machine can do is measured: payments accepted and settled by the running
 * service, and decisions by the economy's engine. What is past it is arithmetic on those figures.
 */
import * as Format from '../../report/Format.ts'
import * as Assumptions from '../../sim/Assumptions.ts'
import { Engine } from '../../sim/Engine.ts'
import * as Simulation from '../../sim/Scenario.ts'
import type { Context, Definition } from './Definition.ts'
import type { Scene } from './Scene.ts'
import * as Show from './Show.ts'

const { moduleEfficiency } = Assumptions.values
const { robotMeanWatts: robotWatts, sunToGrid } = Assumptions.derived(Assumptions.values)
const usdPerKwh = Number(Assumptions.values.energyCostAtomicPerKwh) / 1e6

/** Sunlight that reaches Earth and all that the Sun gives, and what mankind uses of energy in all its forms, W. */
const [earthWatts, solarWatts, mankindWatts] = [1.74e17, 3.83e26, 2.0e13]

const readings = [
  { name: 'of the sunlight that reaches Earth', light: earthWatts / 1e9 },
  { name: 'of all that the Sun gives', light: solarWatts / 1e9 },
] as const

/** Electricity after modules and losses, W, and the robots that it drives. */
export const reach = (light: number) => ({ watts: light * sunToGrid, robots: (light * sunToGrid) / robotWatts })

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
      name: 'payments per second that this machine accepted, clients and all',
      value: Show.number(seen.rate),
      basis: 'measured' as const,
    },
    {
      name: 'accounts per second that it settled on the local chain',
      value: Show.number(seen.membersPerSecond),
      basis: 'measured' as const,
    },
    { name: 'gas per account settled', value: Show.number(seen.gasPerMember), basis: 'measured' as const },
    {
      name: 'robots per second whose slot it worked out in one process',
      value: Show.number(seen.decisionsPerSecond),
      basis: 'measured' as const,
    },
    ...readings.flatMap(({ name, light }) => {
      const { watts, robots } = reach(light)
      const rows = [
        [`${name}: light`, power(light)],
        [`${name}: electricity, ${Format.percent(sunToGrid)} of it after modules and losses`, power(watts)],
        [`${name}: robots of ${robotWatts} W`, Show.number(robots)],
        [`${name}: payments per second, one every ${everySeconds} s each`, Show.number(robots / everySeconds)],
        [`${name}: dollars per second for energy`, Show.about((watts / 3.6e6) * usdPerKwh)],
        [`${name}: machines like this one to accept them`, Show.number(Math.ceil(robots / everySeconds / seen.rate))],
        [`${name}: Ethereum’s whole gas to settle each robot once`, duration(chainSeconds(robots))],
      ] as const
      return rows.map(([row, value]) => ({ name: row, value, basis: 'computed' as const }))
    }),
    {
      name: 'a billionth of all that the Sun gives, over all sunlight that reaches Earth / over what mankind uses',
      value: `${Format.number(solarWatts / 1e9 / earthWatts)} times / ${Format.number(solarWatts / 1e9 / mankindWatts)} times`,
      basis: 'computed' as const,
    },
  ],
  conclusion: conclusion(),
})

const power = (watts: number): string =>
  watts < 1e12 ? `${Format.number(watts / 1e6)} MW` : `${Format.number(watts)} W`

/** Seconds of all gas that Ethereum has, to settle so many robots once. */
const chainSeconds = (robots: number): number => (robots * seen.gasPerMember) / ethereumGasPerSecond

const duration = (seconds: number): string => {
  if (seconds < 7200) return `${Format.number(seconds / 60)} minutes`
  return seconds < 172_800 ? `${Format.number(seconds / 3600)} hours` : `${Format.number(seconds / 86_400)} days`
}

const conclusion = (): string => {
  const [earth, sun] = readings.map(({ light }) => reach(light)) as [ReturnType<typeof reach>, ReturnType<typeof reach>]
  const machines = (robots: number) => Math.ceil(robots / everySeconds / seen.rate)
  return `A billionth of the sunlight on Earth is ${power(readings[0].light)} of light and ${power(earth.watts)} of electricity: ${Show.number(
    earth.robots,
  )} robots, whose payments ${machines(earth.robots)} machine${machines(earth.robots) === 1 ? '' : 's'} like this one accept${
    machines(earth.robots) === 1 ? 's' : ''
  }, and which Ethereum’s whole gas settles once in ${duration(chainSeconds(earth.robots))}. A billionth of the Sun is ${Format.number(
    solarWatts / 1e9 / earthWatts,
  )} times all sunlight that reaches Earth: modules for it would have to stand elsewhere. It would take ${Show.number(
    machines(sun.robots),
  )} such machines, and Ethereum’s whole gas for ${duration(chainSeconds(sun.robots))} to settle each robot once.`
}

export const billionth: Definition = {
  name: 'billionth',
  question:
    'If a robot economy ran on a billionth of the Sun, how many robots, payments and dollars per second would that be, and would settlement keep up?',
  parameters: () => [
    {
      name: 'sunlight that reaches Earth',
      value: '1.74e17 W',
      basis: 'published',
      source: '1 361 W/m² over Earth’s disc',
    },
    { name: 'all that the Sun gives', value: '3.83e26 W', basis: 'published', source: 'IAU nominal solar luminosity' },
    {
      name: 'from light to electricity',
      value: `modules of ${Format.percent(moduleEfficiency)}, then losses and inverter: ${Format.percent(sunToGrid)}`,
      basis: 'published',
      source: 'PVWatts Version 5 Manual; a usual module of 2024',
    },
    {
      name: 'what mankind uses of energy',
      value: '2.0e13 W',
      basis: 'published',
      source: 'Energy Institute, Statistical Review of World Energy 2025: about 620 EJ a year',
    },
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
