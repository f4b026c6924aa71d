/** What a service says of a recovery (docs/recovery.md), in its status. */
import { z } from 'zod'
import { address, uint64, uint128 } from './Fields.ts'

export const recoveryView = z.object({
  since: uint64,
  until: uint64,
  over: z.boolean(),
  payments: z.int(),
  assets: z.array(z.object({ asset: address, symbol: z.string(), setAside: uint128, loss: uint128 })),
})

export type RecoveryView = z.output<typeof recoveryView>
