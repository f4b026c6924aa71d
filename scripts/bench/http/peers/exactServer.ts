/** An official x402 server: one route that costs something by `exact`, settled on the local chain by the facilitator it is given. */
import { HTTPFacilitatorClient } from '@x402/core/server'
import { ExactEvmScheme } from '@x402/evm/exact/server'
import { paymentMiddleware, x402ResourceServer } from '@x402/express'
import * as Shop from '../Shop.ts'

export interface Needs {
  readonly facilitator: string
  readonly network: `${string}:${string}`
  readonly payTo: string
  readonly asset: { readonly asset: string; readonly name: string; readonly version: string }
  readonly amount: string
}

const { facilitator, network, payTo, asset, amount } = Shop.needs<Needs>()
const server = new x402ResourceServer(new HTTPFacilitatorClient({ url: facilitator })).register(
  network,
  new ExactEvmScheme(),
)
const price = { asset: asset.asset, amount, extra: { name: asset.name, version: asset.version } }
const accepts = [{ scheme: 'exact', price, network, payTo, maxTimeoutSeconds: 3600 }]
Shop.serve((app) => {
  app.use(paymentMiddleware({ 'GET /charge': { accepts, description: 'A charge' } }, server))
  app.get('/charge', (_request, response) => void response.json({ charged: true }))
})
