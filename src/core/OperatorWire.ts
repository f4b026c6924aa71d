/** What the operator sends, with its token. */
import { z } from 'zod'
import { address, amount, bytes32, signature, uint64, uint128 } from './Fields.ts'

/** POST /v1/meters (operator's token): an issuer's approval of a device, with the owner's signature. */
export const meter = z.strictObject({
  meter: address,
  owner: address,
  kind: z.literal([1, 2], 'expected 1 (producer) or 2 (consumer)'),
  capacityWatts: uint64,
  marginBps: z.int().min(0).max(10_000),
  startMilliWh: uint128,
  startComputeUnits: uint128,
  region: bytes32,
  vintage: bytes32,
  signature,
  /** Where new credits go, signed by the owner over Delivery; left out: its wallet. */
  delivery: z.strictObject({ toClearing: z.boolean(), accountOwner: address, signature }).optional(),
})

/** POST /v1/reserves (operator's token): sets pool money aside for one payee, or announces that it comes back. */
export const reserve = z.strictObject({ asset: address, account: address, amount, release: z.boolean().optional() })

export type MeterRequest = z.output<typeof meter>
export type ReserveRequest = z.output<typeof reserve>
