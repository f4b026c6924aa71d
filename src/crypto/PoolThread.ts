/** A thread of `Pool`: finds out who signed the payments that it claims from the ring, for as long as it is let. */
import { parentPort, workerData } from 'node:worker_threads'
import type { Domain } from './Digest.ts'
import * as Packed from './Packed.ts'
import * as PoolRing from './PoolRing.ts'

export interface Start {
  readonly domain: Domain
  readonly shared: SharedArrayBuffer
}

const { domain, shared } = workerData as Start
const ring = PoolRing.open(shared)

for (;;) {
  const count = ring.claim()
  if (count === undefined) ring.sleep()
  else {
    ring.answer(count, Packed.identify(domain, ring.at(count)))
    if (ring.isAwaited()) parentPort?.postMessage(undefined)
  }
}
