/**
 * Compute: what a job takes in energy, what it costs, and how much of it robots ask for. A unit is one token that a large model
 * generates. Energy and prices are integers; prices apply to a site's cumulative total of units, like those of energy (PROTOCOL 2).
 */
import * as Amount from '../core/Amount.ts'
import * as Assumptions from './Assumptions.ts'
import type { Request } from './JobTrace.ts'
import * as Random from './Random.ts'

const { microWhPerUnit, gpuHourMilliWh } = Assumptions.values
/** A GPU-hour's price without its energy stays when energy becomes cheap, which is why free energy alone does not make compute free. */
const { gpuHourUnits, gpuHourOtherAtomic } = Assumptions.derived(Assumptions.values)

/** Energy for a number of units, µWh. Add it up before rounding to mWh. */
export const energyMicroWh = (units: bigint): bigint => units * microWhPerUnit

/** Units of a request: its generated tokens; one where it generated none, as an answer was given. */
export const units = (request: Pick<Request, 'generatedTokens'>): bigint => BigInt(Math.max(1, request.generatedTokens))

/**
 * What 1 000 units cost to make, atomic dollars, rounded up: a GPU-hour's other costs and its energy, over the units of a GPU-hour.
 * @param energyAtomicPerKwh what the site pays for energy
 */
export function costAtomicPer1000(energyAtomicPerKwh: bigint): bigint {
  const hourMicro = gpuHourOtherAtomic * 1_000_000n + gpuHourMilliWh * energyAtomicPerKwh
  const thousands = gpuHourUnits / 1000n
  return (hourMicro + thousands * 1_000_000n - 1n) / (thousands * 1_000_000n)
}

/** What a cumulative total of units costs, rounded down. Charge the difference of two totals, never a job by itself. */
export const price = (total: bigint, priceAtomicPer1000: bigint): Amount.AmountAtomic =>
  Amount.from((total * priceAtomicPer1000) / 1000n)

/**
 * The charge for going from one cumulative total of units to another: exact over any number of jobs.
 * @example Compute.charge(0n, 28n, 2950n) // 82n
 */
export const charge = (before: bigint, after: bigint, priceAtomicPer1000: bigint): Amount.AmountAtomic =>
  Amount.from(price(after, priceAtomicPer1000) - price(before, priceAtomicPer1000))

/**
 * Tokens of the Azure code trace of 16 November 2023 (8 819 requests, CC BY 4.0, Patel et al., Splitwise, ISCA 2024) at these shares
 * of the requests. Drawing a share evenly and reading the table with straight lines between its points matches minimum, maximum
 * and each quantile listed; the means are 2 081 and 29.5 where the trace has 2 048 and 27.9. Context and generated tokens are
 * drawn independently: their correlation in the trace is 0.001.
 */
const shares = [0, 0.05, 0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999, 1]
const contextTokens = [3, 75, 147, 578, 1075, 1469, 1909, 2745, 3193, 5194, 7315, 7436, 7436, 7436, 7437, 7437]
const generatedTokens = [6, 6, 7, 9, 11, 13, 16, 24, 29, 55, 90, 172, 252, 361, 831, 1899]

/** Mean of `request`'s generated tokens: that of the straight lines. */
export const meanGeneratedTokens = shares
  .slice(1)
  .reduce(
    (sum, share, i) =>
      sum + ((share - (shares[i] ?? 0)) * ((generatedTokens[i] ?? 0) + (generatedTokens[i + 1] ?? 0))) / 2,
    0,
  )

/** The tokens of a request that is made up where no trace is given. */
export const request = (random: Random.Random): Omit<Request, 'offsetMs'> => ({
  contextTokens: quantile(Random.float(random), contextTokens),
  generatedTokens: quantile(Random.float(random), generatedTokens),
})

function quantile(share: number, values: readonly number[]): number {
  const upper = shares.findIndex((known) => share < known)
  const [low = 0, high = 1] = [shares[upper - 1], shares[upper]]
  const [from = 0, to = 0] = [values[upper - 1], values[upper]]
  return Math.round(from + ((to - from) * (share - low)) / (high - low))
}
