/**
 * How often a robot can afford to pay for its energy: a fee of at most a share of what it pays is a payment of at least so much, which is so
 * many seconds of energy. And the other side: what cheap energy does not make cheap.
 */
import * as Networks from './Networks.ts'
import * as Rational from './Rational.ts'
import type { Smallest } from './Smallest.ts'

/** MEASURES 6; each stands among the assumptions of a study. */
export const robot = { watts: 300, usdPerKwh: 0.043, batteryKwh: 2.3 } as const
export const gpuHour = { usd: 2.95, kwh: 1.7 } as const

export const factors = [1, 10, 100, 1000] as const

/** What a robot's energy costs, dollars a second. @param factor how many times cheaper energy is */
export const usdPerSecond = (factor: number): number => (robot.watts / 1000) * (robot.usdPerKwh / factor / 3600)

export interface Afford {
  readonly strategy: string
  readonly network: string
  /** Seconds between two payments for each of `factors`; null: never. */
  readonly everySeconds: readonly (number | null)[]
}

/** @param smallest a payment worth making, by strategy and network */
export const afford = (smallest: readonly Smallest[]): Afford[] =>
  smallest.map(({ strategy, network, usd }) => ({
    strategy,
    network,
    everySeconds: factors.map((factor) => (usd === null ? null : usd / usdPerSecond(factor))),
  }))

/** What a fixed fee alone would need, where the percentage that comes on top is more than the share. */
export interface FixedFee {
  readonly network: string
  readonly fixedUsd: number
  readonly everySeconds: readonly number[]
}

export const fixedFees = (networks: readonly Networks.Network[], share: Rational.Rational): FixedFee[] =>
  networks
    .filter(({ rule }) => rule === 'percent')
    .map((network) => ({
      network: network.name,
      fixedUsd: Number(Rational.format(Networks.share(network).fixedUsd, 6)),
    }))
    .filter(({ fixedUsd }) => fixedUsd > 0)
    .map(({ network, fixedUsd }) => ({
      network,
      fixedUsd,
      everySeconds: factors.map((factor) => fixedUsd / Number(Rational.format(share, 12)) / usdPerSecond(factor)),
    }))

export interface Compute {
  /** How many times cheaper energy is; null: it is free. */
  readonly factor: number | null
  readonly usdPerGpuHour: number
  /** Against today: 0.025 is 2.5 % cheaper. */
  readonly cheaper: number
  readonly energyShare: number
}

/** What a GPU-hour costs when energy is cheaper and nothing else is. */
export const compute = (): Compute[] => {
  const energyUsd = gpuHour.kwh * robot.usdPerKwh
  return [...factors, Number.POSITIVE_INFINITY].map((factor) => {
    const saved = energyUsd - energyUsd / factor
    const usdPerGpuHour = gpuHour.usd - saved
    return {
      factor: Number.isFinite(factor) ? factor : null,
      usdPerGpuHour,
      cheaper: saved / gpuHour.usd,
      energyShare: energyUsd / factor / usdPerGpuHour,
    }
  })
}

/** Bounds by which a reader can tell what an interval means, seconds. */
export const landmarks = {
  minute: 60,
  hour: 3600,
  charge: (robot.batteryKwh * 3600) / (robot.watts / 1000),
  day: 86_400,
  month: 30 * 86_400,
  year: 365 * 86_400,
} as const
