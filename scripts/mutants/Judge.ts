/** The process that judges mutants, seen from the one that wants to know: started again where a mutant took it along. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import type { Start, Task, Verdict } from './worker.ts'

export interface Judge {
  judge(task: Task): Promise<Verdict>
  close(): void
}

/** A mutant that needs longer than this hangs. */
const timeoutMs = 180_000

export const open = (start: Start): Judge => {
  let child: ChildProcess | undefined
  const ready = async (): Promise<ChildProcess> => {
    if (child?.connected) return child
    child = fork(path.join(import.meta.dirname, 'worker.ts'), [JSON.stringify(start)])
    await once(child, 'message')
    return child
  }
  return {
    async judge(task) {
      const worker = await ready()
      worker.send(task)
      const verdict = await answerOf(worker)
      if (verdict) return verdict
      worker.kill('SIGKILL')
      child = undefined
      return { outcome: 'killed', by: 'a test process that hung or died' }
    },
    close: () => child?.kill(),
  }
}

const answerOf = (worker: ChildProcess): Promise<Verdict | undefined> =>
  new Promise((resolve) => {
    const answer = (verdict?: Verdict) => {
      clearTimeout(timer)
      worker.off('message', answer)
      worker.off('exit', died)
      resolve(verdict)
    }
    const died = () => answer()
    const timer = setTimeout(died, timeoutMs)
    worker.once('message', answer)
    worker.once('exit', died)
  })
