/** Starts the study of a day in a thread of its own, so that it goes on beside the run that it is held against. */
import { Worker } from 'node:worker_threads'
import { threadFile } from '../core/Threads.ts'
import type { Scenario } from './Scenario.ts'
import type { Row } from './Sensitivity.ts'
import type { DayFigures } from './Study.ts'

export interface Wanted {
  readonly scenario: Scenario
  /** Days before the reported one. */
  readonly days: number
  readonly settleEvery: number
  /** How many, from the scenario's on. */
  readonly seeds: number
  readonly strategyFile?: string | undefined
  /** What is otherwise in the same days without what the scenario changes. */
  readonly control?: Partial<Scenario> | undefined
  /** Whether prices are also worked out with other bids. */
  readonly sensitivity: boolean
}

export interface Found {
  /** The reported day of each seed, from the scenario's own on. */
  readonly days: readonly [DayFigures, ...DayFigures[]]
  /** The same days without what the scenario changes; empty where it has no control. */
  readonly control: readonly DayFigures[]
  readonly sensitivity: readonly Row[]
}

/** Works a study out. The thread keeps no process alive. */
export const start = (wanted: Wanted): Promise<Found> =>
  new Promise((resolve, reject) => {
    const worker = new Worker(threadFile(import.meta.url, 'StudyThread'), { workerData: wanted })
    worker.once('message', resolve)
    worker.once('error', reject)
    worker.once('exit', (code) => reject(new Error(`the study ended with code ${code} and without a result`)))
    worker.unref()
  })
