/** What this process holds, once the garbage is gone. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

export interface Held {
  readonly heap: number
  /** Outside the heap: buffers and the like. */
  readonly external: number
  readonly resident: number
}

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

export const now = (): Held => {
  // The first one frees objects, the second one what only they held.
  collect()
  collect()
  const { heapUsed, external, rss } = process.memoryUsage()
  return { heap: heapUsed, external, resident: rss }
}

/** The larger of what is counted and what the system sees. */
export const grown = (before: Held, after: Held): { readonly bytes: number; readonly buffers: number } => {
  const buffers = after.external - before.external
  const counted = after.heap - before.heap + buffers
  return { bytes: Math.max(counted, after.resident - before.resident), buffers }
}
