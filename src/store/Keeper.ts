/**
 * Does in a thread of its own what a journal needs and nobody waits for: runs of the index, and snapshots. Both are made from files alone, so
 * nothing of it touches the service's memory, and a thread that dies loses nothing. Started when there is something to do.
 */
import { Worker } from 'node:worker_threads'
import { threadFile } from '../core/Threads.ts'
import type { Task } from './KeeperThread.ts'

export interface Keeper {
  /** Resolves with the path of what was made, undefined where it could not be. */
  ask(task: Task): Promise<string | undefined>
  close(): void
}

/** @param warn told why something could not be made */
export const create = (warn: (what: string) => void): Keeper => {
  let worker: Worker | undefined
  let waiting: ((path: string | undefined) => void)[] = []

  const end = (): void => {
    worker = undefined
    const left = waiting
    waiting = []
    for (const resolve of left) resolve(undefined)
  }

  const start = (): Worker => {
    const made = new Worker(threadFile(import.meta.url, 'KeeperThread'))
    // What it does can be done at the next start as well, so it keeps no process alive.
    made.unref()
    made.on('message', ({ path, error }: { path?: string; error?: string }) => {
      if (error !== undefined) warn(`the journal's index or snapshot could not be written: ${error}`)
      waiting.shift()?.(path)
    })
    made.on('error', (error) => warn(`the journal's keeper failed: ${error}`))
    made.on('exit', end)
    return made
  }

  return {
    ask: (task) =>
      new Promise((resolve) => {
        worker ??= start()
        waiting.push(resolve)
        worker.postMessage(task)
      }),
    close() {
      void worker?.terminate()
    },
  }
}
