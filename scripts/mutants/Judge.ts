/** The process that judges mutants, seen from the one that wants to know: started again where a mutant took it along. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import * as Children from '../../src/cli/Children.ts'
import type { Batch, Start, Task, Verdict } from './worker.ts'

export interface Judge {
  /** Compiles changes of one file, of which `judge` then takes one at a time. */
  take(batch: Batch): Promise<void>
  judge(task: Task): Promise<Verdict>
  close(): void
}

/** A mutant that needs more seconds than this hangs. Seconds in which everything is suspended do not count: nothing ticks then. */
const mostSeconds = 120

export const open = (start: Start): Judge => {
  let child: ChildProcess | undefined
  let taken: Batch = { file: '', contents: [] }
  const ready = async (): Promise<ChildProcess> => {
    if (child?.connected) return child
    child = Children.own(fork(path.join(import.meta.dirname, 'worker.ts'), [JSON.stringify(start)]))
    await once(child, 'message')
    if (taken.contents.length > 0) await hand(child, taken)
    return child
  }
  const hand = async (worker: ChildProcess, batch: Batch) => {
    worker.send(batch)
    if ((await answerOf(worker)) !== 'ready') throw new Error('The process that judges mutants could not compile them.')
  }
  return {
    async take(batch) {
      const worker = await ready()
      taken = batch
      await hand(worker, batch)
    },
    async judge(task) {
      const worker = await ready()
      worker.send(task)
      const verdict = await answerOf(worker)
      if (typeof verdict === 'object') return verdict
      worker.kill('SIGKILL')
      child = undefined
      return { outcome: 'killed', by: 'a test process that hung or died' }
    },
    close: () => child?.kill(),
  }
}

const answerOf = (worker: ChildProcess): Promise<Verdict | 'ready' | undefined> =>
  new Promise((resolve) => {
    const answer = (verdict?: Verdict | 'ready') => {
      clearInterval(timer)
      worker.off('message', answer)
      worker.off('exit', died)
      resolve(verdict)
    }
    const died = () => answer()
    let seconds = 0
    const timer = setInterval(() => {
      if (++seconds > mostSeconds) died()
    }, 1_000)
    worker.once('message', answer)
    worker.once('exit', died)
  })
