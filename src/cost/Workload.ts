/**
 * Who pays whom, how much and when: the workloads that strategies are compared on (MEASURES 1). A workload is a list of payments
 * among numbered accounts, pure and the same for one seed; its first n payments are the workload of size n.
 */
import { SunledgerError } from '../core/Errors.ts'
import * as Keccak from '../crypto/Keccak.ts'
import type { Basis } from './Network.ts'

export interface Payment {
  /** Numbers of accounts. */
  readonly payer: number
  readonly payee: number
  /** Dollars, atomic. */
  readonly amountAtomic: bigint
  /** Since the start. */
  readonly atMs: number
}

export interface Workload {
  /** `W1` … `W5`, or `replay`. */
  readonly name: string
  /** For a reader. */
  readonly title: string
  /** What it stands for, and where its payments come from. */
  readonly about: string
  /** Whether the payments are recorded ones (`published`, `measured`) or made up here (`assumed`). */
  readonly basis: Basis
  readonly payments: readonly Payment[]
  /** How many of them are executed at most; left out: all. */
  readonly most?: number
  /** Larger counts that are computed; beyond the list they repeat its pairs. */
  readonly computed: readonly number[]
}

/** How many of each a size has; what a strategy costs grows with one of them. */
export interface Counts {
  readonly payments: number
  /** Payer and payee, in this order. */
  readonly pairs: number
  readonly payers: number
  readonly payees: number
  /** Who pays, is paid, or both. */
  readonly members: number
  /** Who is paid and pays nobody. */
  readonly onlyPayees: number
}

/** A number below `count` that depends on the words alone, each about equally likely. */
export const draw = (count: number, ...words: readonly (string | number)[]): number =>
  Number(BigInt(Keccak.ofText(JSON.stringify(words))) % BigInt(count))

/** How many of each the first payments have. A size beyond the list repeats the list's pairs. */
export function counts(workload: Workload, size: number): Counts {
  const some = workload.payments.slice(0, size)
  const payers = new Set(some.map(({ payer }) => payer))
  const payees = new Set(some.map(({ payee }) => payee))
  return {
    payments: size,
    pairs: new Set(some.map(({ payer, payee }) => `${payer} ${payee}`)).size,
    payers: payers.size,
    payees: payees.size,
    members: new Set([...payers, ...payees]).size,
    onlyPayees: [...payees].filter((payee) => !payers.has(payee)).length,
  }
}

/** Sum of the first payments. A size beyond the list repeats it. */
export function valueAtomic(workload: Workload, size: number): bigint {
  const sum = workload.payments.slice(0, size).reduce((total, { amountAtomic }) => total + amountAtomic, 0n)
  return size <= workload.payments.length ? sum : (sum * BigInt(size)) / BigInt(workload.payments.length)
}

/** 300 W for 10 s at $0.043 a kWh, rounded up. */
const tenSecondsOfEnergyAtomic = 36n
const tenSecondsMs = 10_000

const hourMs = 3_600_000

const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i))

/** One robot pays one charger every ten seconds. */
const w1 = (most: number): Workload => ({
  name: 'W1',
  title: 'one robot, one charger',
  about: 'One robot pays one charger $0.000036 every ten seconds: 300 W at $0.043 a kWh.',
  basis: 'assumed',
  payments: times(most, (i) => ({
    payer: 0,
    payee: 1,
    amountAtomic: tenSecondsOfEnergyAtomic,
    atMs: i * tenSecondsMs,
  })),
  computed: [100_000, 1_000_000],
})

/** Robots 0 to 99 pay suppliers 100 to 109. The first hundred payments are a hundred robots', the first thousand every pair's. */
const w2 = (seed: number, most: number): Workload => ({
  name: 'W2',
  title: '100 robots, 10 suppliers',
  about:
    'A site: each of 100 robots pays each of 10 suppliers in turn, one payment every ten seconds, $0.000020 to $0.000199.',
  basis: 'assumed',
  payments: times(most, (i) => {
    const [payer, round] = [i % 100, Math.floor(i / 100)]
    const amountAtomic = BigInt(20 + draw(180, 'W2', seed, i))
    return { payer, payee: 100 + ((payer + round) % 10), amountAtomic, atMs: round * tenSecondsMs + payer * 100 }
  }),
  computed: [100_000, 1_000_000],
})

/** Each of 1 000 robots pays ten others once; one payment of each robot after the other. */
const w3 = (seed: number, most: number): Workload => ({
  name: 'W3',
  title: '1 000 strangers',
  about: 'Roaming robots: each of 1 000 pays ten random others once, $0.000100 to $0.000999, within an hour.',
  basis: 'assumed',
  payments: times(Math.min(most, 10_000), (i) => {
    const payer = i % 1000
    const other = draw(999, 'W3', seed, i)
    const payee = other < payer ? other : other + 1
    return {
      payer,
      payee,
      amountAtomic: BigInt(100 + draw(900, 'W3 amount', seed, i)),
      atMs: Math.floor((i * hourMs) / 10_000),
    }
  }),
  computed: [],
})

/** A request to a language model. */
export interface Request {
  readonly offsetMs: number
  readonly generatedTokens: number
}

/** Dollars, atomic, for 1 000 000 generated tokens: a GPU-hour at $2.95 that makes a million (MEASURES 6). */
const atomicPerMillionTokens = 2_950_000n

const trace = (seed: number, requests: readonly Request[]): Payment[] => {
  const tokens = new Map<number, bigint>()
  return requests.map(({ offsetMs, generatedTokens }, i) => {
    const payer = draw(1000, 'W4 robot', seed, i)
    const before = tokens.get(payer) ?? 0n
    // A robot's running total is priced and the difference charged, so that nothing is lost to rounding.
    const after = before + BigInt(Math.max(1, generatedTokens))
    tokens.set(payer, after)
    const priced = (total: bigint) => (total * atomicPerMillionTokens) / 1_000_000n
    return {
      payer,
      payee: 1000 + draw(20, 'W4 site', seed, i),
      amountAtomic: priced(after) - priced(before),
      atMs: Math.round(offsetMs),
    }
  })
}

const w4Title = '1 000 robots, 20 compute sites'

/** Real demand: each request is bought by one of 1 000 robots from one of 20 sites. */
const w4 = (seed: number, most: number, requests: readonly Request[], source: string): Workload => ({
  name: 'W4',
  title: w4Title,
  about: `Real demand: times and token counts are those of ${source}; who buys (1 000 robots), who sells (20 sites) and the price ($2.95 a million generated tokens) are assumed.`,
  basis: 'published',
  payments: trace(seed, requests.slice(0, most)),
  computed: [],
})

/** As many requests in an hour as the Azure trace of 2023 for code has, with answers as long: 19 evenly spaced quantiles of it. */
const standInRequests = 8819
const standInTokens = [6, 6, 7, 8, 9, 9, 10, 11, 12, 13, 14, 16, 18, 21, 25, 31, 44, 66, 139]

const standIn = (seed: number, most: number): Workload => ({
  name: 'W4',
  title: w4Title,
  about:
    'A synthetic stand-in for a trace of requests to a language model: 8 819 in an hour at random times, bought by 1 000 robots from 20 sites at $2.95 a million generated tokens. Give --jobs FILE for a real trace.',
  basis: 'assumed',
  payments: trace(
    seed,
    times(standInRequests, (i) => ({
      offsetMs: draw(hourMs, 'W4 time', seed, i),
      generatedTokens: standInTokens[draw(standInTokens.length, 'W4 tokens', seed, i)] as number,
    }))
      .sort((a, b) => a.offsetMs - b.offsetMs)
      .slice(0, most),
  ),
  computed: [],
})

/** A battery of 2.3 kWh that is filled in an hour. */
const chargeWatts = 2_300n
const chargeSeconds = 3_600
/** Of a kilowatt-hour: $0.043. */
const energyAtomicPerKwh = 43_000n

/** An hour's charging, paid per second: the meter's running total is priced and the difference charged, so that no rounding adds up. */
const w5 = (most: number): Workload => {
  const priced = (seconds: number) => (chargeWatts * BigInt(seconds) * energyAtomicPerKwh) / 3_600_000n
  return {
    name: 'W5',
    title: 'an hour’s charging, per second',
    about:
      'One robot fills a battery of 2.3 kWh in an hour at one charger, and pays each second: $0.000027 at $0.043 a kWh.',
    basis: 'assumed',
    payments: times(Math.min(most, chargeSeconds), (i) => ({
      payer: 0,
      payee: 1,
      amountAtomic: priced(i + 1) - priced(i),
      atMs: 1000 * i,
    })),
    computed: [],
  }
}

export const names = ['W1', 'W2', 'W3', 'W4', 'W5'] as const

export interface Options {
  readonly seed: number
  /** Payments that are executed at most. */
  readonly most: number
  /** W4's requests and the file that they are from; left out: the stand-in. */
  readonly jobs?: { readonly requests: readonly Request[]; readonly source: string }
}

/** @throws {WorkloadUnknownError} */
export function named(name: string, { seed, most, jobs }: Options): Workload {
  if (name === 'W1') return w1(most)
  if (name === 'W2') return w2(seed, most)
  if (name === 'W3') return w3(seed, most)
  if (name === 'W4') return jobs === undefined ? standIn(seed, most) : w4(seed, most, jobs.requests, jobs.source)
  if (name === 'W5') return w5(most)
  throw new WorkloadUnknownError(name)
}

/** Sizes at which a workload is executed: powers of ten, and all that is to be. */
export const sizes = ({ payments, most = payments.length }: Workload): number[] => {
  const largest = Math.min(payments.length, most)
  return [...[1, 10, 100, 1000, 10_000].filter((size) => size < largest), largest]
}

/** There is no such workload. */
export class WorkloadUnknownError extends SunledgerError {
  override readonly name = 'WorkloadUnknownError'
  constructor(actual: string) {
    super('SL725', 'There is no such workload.', {
      expected: names.join(', '),
      actual: JSON.stringify(actual.slice(0, 60)),
    })
  }
}
