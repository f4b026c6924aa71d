/** Who is told of what the service does: its log, and its listeners. */
import type { ChainRecord } from '../core/Record.ts'
import type * as Commit from './Commit.ts'
import type * as Sealing from './Sealing.ts'

/** What the service writes to its log; never a key. */
export interface Log {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** Told of accepted payments, refusals, groups that went to disk, and what the chain did. */
export interface Listener {
  payment?(payment: Sealing.Sealed): void
  refused?(code: string): void
  group?(group: Commit.Group): void
  chain?(record: ChainRecord): void
}

/** Tells all listeners. What one of them does wrong changes nothing for the others, nor for the payment that it was told of. */
export const announcer = (listeners: ReadonlySet<Listener>, log: Log) => (tell: (listener: Listener) => void) => {
  for (const listener of listeners) {
    try {
      tell(listener)
    } catch (error) {
      log.error({ error: String(error) }, 'a listener failed')
    }
  }
}
