/** Everything that a study takes as given: each with value, unit, where it comes from and when. */
import * as Brotli from '../../cost/Brotli.ts'
import * as Circle from '../../cost/Circle.ts'
import { gpuHour, robot } from '../../cost/Energy.ts'
import type { Basis, Network } from '../../cost/Networks.ts'
import * as Peers from '../../cost/Peers.ts'
import * as Rational from '../../cost/Rational.ts'
import * as Settled from '../../cost/Settled.ts'
import type { Workload } from '../../cost/Workload.ts'

export interface Assumption {
  /** `base.baseFeeGwei`; what `--set` takes where it names a network's figure. */
  readonly name: string
  readonly value: string
  /** Its range, where it states one. */
  readonly low?: string
  readonly high?: string
  readonly unit: string
  readonly basis: Basis
  readonly source: string
  /** YYYY-MM-DD. */
  readonly date: string
}

const date = '2026-11-24'

const given = (name: string, value: string | number, unit: string, basis: Basis, source: string): Assumption => ({
  name,
  value: String(value),
  unit,
  basis,
  source,
  date,
})

const common = (share: Rational.Rational): Assumption[] => [
  given(
    'share',
    Rational.format(share, 6),
    'fee over value',
    'assumed',
    'what a fee may be at most of a payment worth making; --share',
  ),
  given(
    'robot.watts',
    robot.watts,
    'W',
    'assumed',
    'a robot between 100 W at rest and 500 W walking (Tesla AI Day 2022)',
  ),
  given('robot.batteryKwh', robot.batteryKwh, 'kWh', 'published', 'Tesla AI Day 2022'),
  given(
    'energy.usdPerKwh',
    robot.usdPerKwh,
    'USD a kWh',
    'published',
    'IRENA, Renewable Power Generation Costs in 2024: solar',
  ),
  given('gpu.usdPerHour', gpuHour.usd, 'USD a GPU-hour', 'published', 'rent of an H100, 2026'),
  given('gpu.kwhPerHour', gpuHour.kwh, 'kWh a GPU-hour', 'computed', 'an H100 node of 11.3 kW over 8 GPUs, × PUE 1.2'),
  given(
    'settlement.interval',
    Settled.intervalMs / 1000,
    's',
    'assumed',
    'between settlements of channels and clearing, for the latencies; the table of intervals shows others',
  ),
  given(
    'brotli.level',
    Brotli.level,
    'level',
    'published',
    'Arbitrum’s since ArbOS 20 (OffchainLabs/nitro, arbosstate.go)',
  ),
  given(
    'gas.schedule',
    'Osaka',
    'hardfork',
    'assumed',
    'gas is the local chain’s; every network is taken to charge by the same schedule, but Tempo by its own for new storage and direct transfers',
  ),
  given(
    'wallets',
    'hold the token',
    'at the start',
    'assumed',
    'nobody pays for the first use of a wallet, in any strategy',
  ),
  given('deposits', 'exactly what is paid', 'dollars', 'assumed', 'nothing is left to take back at the end of a life'),
  given('batch.bytes', 90_000, 'bytes a transaction', 'assumed', 'at most; common pools take 128 KB'),
  given('peers', 'gas a payment', 'see the chart', 'published', `${Peers.source}, ${Peers.date}`),
  { name: 'circle-gateway.depositGas', ...Circle.depositGas },
  ...Object.entries(Circle.withdrawalUsd).map(([network, figure]) => ({
    name: `circle-gateway.withdrawalUsd.${network}`,
    ...figure,
  })),
]

export const of = (
  networks: readonly Network[],
  workloads: readonly Workload[],
  share: Rational.Rational,
): Assumption[] => [
  ...networks.flatMap((network) =>
    Object.entries(network.figures).map(([name, figure]) => ({ name: `${network.name}.${name}`, ...figure })),
  ),
  ...common(share),
  ...workloads.map(({ name, about, basis }) => given(name, 'workload', 'payments', basis, about)),
]
