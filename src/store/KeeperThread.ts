/** The thread of `Keeper`: does one piece of work after the other, each from files to a file, and answers with the file's path. */
import { closeSync, openSync } from 'node:fs'
import { parentPort } from 'node:worker_threads'
import * as Ledger from '../core/Ledger.ts'
import * as Log from './Log.ts'
import * as Restore from './Restore.ts'
import * as Run from './Run.ts'
import * as Snapshot from './Snapshot.ts'

/** What there is to do. */
export type Task =
  | { readonly type: 'run'; readonly folder: string; readonly source: Run.Source }
  | { readonly type: 'join'; readonly folder: string; readonly paths: readonly string[] }
  | { readonly type: 'snapshot'; readonly folder: string; readonly until: number }

const snapshot = (folder: string, until: number): string => {
  const ledger = Ledger.create()
  const handle = openSync(Log.fileIn(folder), 'r')
  try {
    const kept = Restore.fromSnapshot(folder, ledger, until, () => {})
    const observed = [...kept.observed]
    const place = Restore.applyFrames(handle, ledger, kept, until, (one) => Snapshot.follow(observed, one))
    const followed = Snapshot.trimmed(observed, (one) => Restore.recordOf(handle, one))
    return Snapshot.write(folder, ledger, { ...place, observed: followed })
  } finally {
    closeSync(handle)
  }
}

const join = (folder: string, paths: readonly string[]): string => {
  const source = Run.joined(paths)
  if (source === undefined) throw new Error('a run is damaged')
  return Run.make(folder, source)
}

/** Does a task. Returns the path of what it made. */
export const run = (task: Task): string => {
  if (task.type === 'run') return Run.make(task.folder, task.source)
  return task.type === 'join' ? join(task.folder, task.paths) : snapshot(task.folder, task.until)
}

parentPort?.on('message', (task: Task) => {
  try {
    parentPort?.postMessage({ path: run(task) })
  } catch (error) {
    parentPort?.postMessage({ error: String(error) })
  }
})
