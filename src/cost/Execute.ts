/**
 * Executes strategies on workloads, each on a chain of its own, two at a time: the chains work in threads of their own, so that this is
 * what two cores take. The order in which they run changes no figure.
 */
import { SunledgerError } from '../core/Errors.ts'
import * as NewSlots from './NewSlots.ts'
import * as Published from './Published.ts'
import { channel } from './strategies/Channel.ts'
import { clearing } from './strategies/Clearing.ts'
import { authorization, multicall, transfer } from './strategies/Direct.ts'
import type { Execution, Strategy } from './strategies/Strategy.ts'
import { sizes, type Workload } from './Workload.ts'

export const strategies: readonly Strategy[] = [transfer, authorization, multicall, channel, clearing]

/** @throws {StrategyUnknownError} */
export function strategyNamed(name: string): Strategy {
  const found = strategies.find((strategy) => strategy.name === name)
  if (found === undefined) throw new StrategyUnknownError(name)
  return found
}

export interface Progress {
  readonly done: number
  readonly all: number
  /** What is being executed. */
  readonly doing: readonly string[]
}

export interface Options {
  readonly seed: number
  readonly strategies: readonly Strategy[]
  readonly workloads: readonly Workload[]
  readonly signal: AbortSignal
  readonly progress: (progress: Progress) => void
}

const lanes = 2

/** @throws what a strategy throws; the reason of the signal where it was aborted */
export async function run(options: Options): Promise<Execution[]> {
  const jobs = options.workloads.flatMap((workload) =>
    options.strategies.map((strategy) => {
      const at = sizes(workload)
      return { workload, strategy, at, estimate: strategy.estimate(workload, at) }
    }),
  )
  const all = jobs.reduce((sum, { estimate }) => sum + estimate, 0)
  const doing = new Set<string>()
  let done = 0
  const tell = () => options.progress({ done: Math.min(done, all), all, doing: [...doing] })
  const results = new Map<(typeof jobs)[number], Execution[]>()
  const slots = new Map<string, NewSlots.Slots>()
  for (const strategy of options.strategies) slots.set(strategy.name, await NewSlots.measure(strategy, options))
  // The longest first: what is left at the end is short, and both lanes end at about the same time.
  const queue = [...jobs].sort((a, b) => b.estimate - a.estimate)
  const failure = new AbortController()
  const signal = AbortSignal.any([options.signal, failure.signal])
  const lane = async (): Promise<void> => {
    for (let job = queue.shift(); job !== undefined; job = queue.shift()) {
      const name = `${job.workload.name} ${job.strategy.name}`
      doing.add(name)
      const count = (transactions: number) => {
        done += transactions
        tell()
      }
      results.set(job, await job.strategy.run(job.workload, job.at, { seed: options.seed, done: count, signal }))
      doing.delete(name)
      tell()
    }
  }
  const run = async (): Promise<void> => {
    try {
      await lane()
    } catch (error) {
      failure.abort(error)
      throw error
    }
  }
  const ended = await Promise.allSettled(Array.from({ length: lanes }, run))
  options.signal.throwIfAborted()
  for (const end of ended) if (end.status === 'rejected') throw end.reason
  const withSlots = (execution: Execution) => NewSlots.withSlots(execution, slots.get(execution.strategy))
  return jobs.flatMap((job) => (results.get(job) ?? []).map(withSlots))
}

/** There is no such strategy. */
export class StrategyUnknownError extends SunledgerError {
  override readonly name = 'StrategyUnknownError'
  constructor(actual: string) {
    super('SL726', 'There is no such strategy.', {
      expected: [...strategies, ...Published.ways].map(({ name }) => name).join(', '),
      actual: JSON.stringify(actual.slice(0, 60)),
    })
  }
}
