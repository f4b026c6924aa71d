/** A thread of `Pool`: finds out who signed the payments that it is handed, and hands them back. */
import { parentPort, workerData } from 'node:worker_threads'
import * as Core from '../core/Packed.ts'
import type { Domain } from './Digest.ts'
import * as Packed from './Packed.ts'

/** Payments one behind the other, each in as many bytes as the longest has; the first byte of the answer's flags belongs to the first. */
export interface Batch {
  readonly memory: ArrayBuffer
  readonly sizes: readonly number[]
}

const domain = workerData as Domain

parentPort?.on('message', ({ memory, sizes }: Batch) => {
  const bytes = Buffer.from(memory)
  const view = Core.viewOf(bytes)
  const isSigned = sizes.map((size, i) => Packed.identify(domain, { bytes, view, start: i * Core.sizeP256, size }))
  parentPort?.postMessage({ memory, isSigned }, [memory])
})
