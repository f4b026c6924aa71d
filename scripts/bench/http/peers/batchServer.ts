/**
 * An official x402 server that is paid by `batch-settlement`. Its channels are put into its storage as a deposit leaves them there: the package
 * brings no contract to deposit into. From then on vouchers are checked and counted by the server itself, as in life.
 */
import type { FacilitatorClient } from '@x402/core/server'
import { BatchSettlementEvmScheme, InMemoryChannelStorage } from '@x402/evm/batch-settlement/server'
import { paymentMiddleware, x402ResourceServer } from '@x402/express'
import * as Shop from '../Shop.ts'

type Hex = `0x${string}`

export interface Needs {
  readonly network: `${string}:${string}`
  readonly payTo: Hex
  readonly asset: { readonly asset: string; readonly name: string; readonly version: string }
  readonly amount: string
  readonly authorizer: Hex
  readonly withdrawDelay: number
  readonly channels: readonly { readonly id: Hex; readonly config: object }[]
}

const { network, payTo, asset, amount, authorizer, withdrawDelay, channels } = Shop.needs<Needs>()

const storage = new InMemoryChannelStorage()
for (const { id, config } of channels)
  await storage.updateChannel(id, () => ({
    channelId: id,
    channelConfig: config as never,
    ...{ chargedCumulativeAmount: '0', signedMaxClaimable: '0', signature: '0x', balance: String(1n << 60n) },
    ...{ totalClaimed: '0', withdrawRequestedAt: 0, refundNonce: 0 },
    ...{ onchainSyncedAt: Date.now(), lastRequestTimestamp: Date.now() },
  }))

const unasked = (): never => {
  throw new Error('a voucher was not checked by the server itself')
}
/** Asked once for what it supports; vouchers are the server's own affair. */
const facilitator: FacilitatorClient = {
  verify: async () => unasked(),
  settle: async () => unasked(),
  getSupported: async () => ({
    kinds: [{ x402Version: 2, scheme: 'batch-settlement', network }],
    extensions: [],
    signers: {},
  }),
}

const receiverAuthorizerSigner = { address: authorizer, signTypedData: async () => unasked() }
const scheme = new BatchSettlementEvmScheme(payTo, { storage, receiverAuthorizerSigner, withdrawDelay })
const server = new x402ResourceServer(facilitator).register(network, scheme)
const price = { asset: asset.asset, amount, extra: { name: asset.name, version: asset.version } }
const accepts = [{ scheme: 'batch-settlement', price, network, payTo, maxTimeoutSeconds: 3600 }]
Shop.serve((app) => {
  app.use(paymentMiddleware({ 'GET /charge': { accepts, description: 'A charge' } }, server))
  app.get('/charge', (_request, response) => void response.json({ charged: true }))
})
