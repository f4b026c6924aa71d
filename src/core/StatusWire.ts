/** What the service says of itself: the answer of `GET /v1/status`, on which clients build. */
import { z } from 'zod'
import { address, bytes32, uint64, uint128 } from './Fields.ts'
import { recoveryView } from './RecoveryWire.ts'

/** Whether what was accepted gets on chain. */
export const settlementHealth = z.object({
  /** Empty: it does, or there is nothing to do. */
  reasons: z.array(z.enum(['refused', 'stuck', 'coin', 'key'])),
  lastAtMs: z.number().nullable(),
  failures: z.int(),
  code: z.string().nullable(),
  oldestSeconds: z.int().nullable(),
  coinWei: z.object({ settlement: uint128.nullable(), issuer: uint128.nullable() }),
})

/** What GET /v1/status says of the service, as far as clients build on it. */
export const status = z.object({
  version: z.string(),
  chainId: z.int(),
  genesisHash: bytes32,
  clearingHouse: address,
  energyMeter: address,
  /** The stablecoin. */
  dollar: z.object({ asset: address, name: z.string(), version: z.string(), symbol: z.string(), decimals: z.int() }),
  energyCredit: z.object({
    asset: address,
    name: z.string(),
    version: z.string(),
    symbol: z.string(),
    decimals: z.int(),
  }),
  creditKey: address,
  settlementKey: address,
  /** Chain time of the service's clock, seconds. */
  nowSeconds: uint64,
  faucet: z.boolean(),
  /** The least amount that the service puts on chain for others, atomic units. */
  minimumAtomic: uint128.optional(),
  /** What checks signatures, and on how many threads beside the service's own. */
  signatures: z.enum(['native', 'pure']),
  signatureThreads: z.int().optional(),
  state: z.enum(['starting', 'ready', 'recovering', 'readOnly', 'stopping']),
  fence: z.enum(['present', 'new', 'missing']).optional(),
  settlement: settlementHealth.optional(),
  block: uint64,
  payments: z.int(),
  /** Sum of what members are owed and the chain does not yet show, atomic dollars. */
  unsettledAtomic: uint128,
  /** Where the journal has had to be recovered: from when to when nothing was accepted, and what came of it. */
  recovery: recoveryView.optional(),
})
