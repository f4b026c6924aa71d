/** The thread of `Keeper`: does one piece of work after the other, each from files to a file, and answers with the file's path. */
import { closeSync, openSync } from 'node:fs'
import { parentPort } from 'node:worker_threads'
import * as Ledger from '../core/Ledger.ts'
import * as Frame from './Frame.ts'
import * as Keys from './Keys.ts'
import * as Log from './Log.ts'
import * as Recent from './Recent.ts'
import * as Restore from './Restore.ts'
import * as Run from './Run.ts'
import * as Snapshot from './Snapshot.ts'

/** A run that is to be made again. */
export interface Remade extends Omit<Run.Source, 'words'> {
  readonly seed: Keys.Seed
  /** A frame at its first record or before it. */
  readonly from: { readonly first: number; readonly offset: number }
}

/** What there is to do, in the folder of a journal with this id. */
export type Task = { readonly folder: string; readonly id: string } & (
  | { readonly type: 'run'; readonly source: Run.Source }
  | { readonly type: 'join'; readonly paths: readonly string[] }
  | { readonly type: 'remake'; readonly run: Remade }
  | { readonly type: 'snapshot'; readonly until: number }
)

const snapshot = (folder: string, id: string, until: number): string => {
  const ledger = Ledger.create()
  const handle = openSync(Log.fileIn(folder), 'r')
  try {
    const kept = Restore.fromSnapshot(folder, id, ledger, until, () => {})
    const observed = [...kept.observed]
    const place = Restore.applyFrames(handle, ledger, kept, until, (one) => Snapshot.follow(observed, one))
    const followed = Snapshot.trimmed(observed, (one) => Restore.recordOf(handle, one))
    return Snapshot.write(folder, id, ledger, { ...place, observed: followed })
  } finally {
    closeSync(handle)
  }
}

/** The index of a stretch of the log, from the log alone. */
const remake = (folder: string, { seed, from, first, last, end, marks }: Remade): Run.Source => {
  const recent = Recent.create(first)
  const keys = new Uint32Array(2 * Keys.mostOfPayment)
  const handle = openSync(Log.fileIn(folder), 'r')
  let reached = first - 1
  try {
    for (const { frame } of Log.frames(handle, from.offset, from.first)) {
      if (frame.first > last) break
      if (frame.first < first) continue
      Frame.forEachPayment(frame, (payment, position) =>
        recent.add(keys, Keys.ofPayment(keys, seed, payment), position),
      )
      reached = frame.first + frame.count - 1
    }
  } finally {
    closeSync(handle)
  }
  if (reached !== last) throw new Error(`the log cannot be read behind position ${reached}`)
  return { first, last, end, marks, words: recent.words() }
}

/** Does a task. Returns the path of what it made. */
export const run = (task: Task): string => {
  const { folder, id } = task
  if (task.type === 'run') return Run.make(folder, id, task.source)
  if (task.type === 'join') return Run.make(folder, id, Run.joined(task.paths))
  return task.type === 'remake' ? Run.make(folder, id, remake(folder, task.run)) : snapshot(folder, id, task.until)
}

parentPort?.on('message', (task: Task) => {
  try {
    parentPort?.postMessage({ path: run(task) })
  } catch (error) {
    parentPort?.postMessage({ error: String(error) })
  }
})
