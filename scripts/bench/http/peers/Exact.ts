/** x402 `exact`: each request brings an EIP-3009 authorization, which is put on chain before the answer. */
import { join } from 'node:path'
import { ExactEvmScheme } from '@x402/evm/exact/client'
import { x402Client } from '@x402/fetch'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import type { Address } from '../../../../src/core/Payment.ts'
import * as X402 from '../../../../src/core/X402.ts'
import * as Line from '../Line.ts'
import * as Shop from '../Shop.ts'
import * as Peer from './Peer.ts'

export const exact: Peer.Peer = {
  name: 'peer.x402.exact',
  what: 'requests/s of an @x402/express route paid by `exact` (@x402/evm), settled on the local chain one by one; facilitator: this service',
  perSample: 128,
  async open(place) {
    const { chainId, dollar } = place.deployment
    const network = X402.networkOf(chainId)
    const shop = await Shop.start(join(import.meta.dirname, 'exactServer.ts'), {
      ...{ facilitator: place.url, network, payTo: Peer.payee, asset: dollar, amount: String(Peer.amount) },
    })
    const account = privateKeyToAccount(generatePrivateKey())
    await place.client.faucet(account.address.toLowerCase() as Address, 1_000_000_000n)
    const client = new x402Client().register(network, new ExactEvmScheme(account))
    client.setSpendControls({ allowedAssets: [{ network, asset: dollar.asset }] })
    const required = await Peer.asked(shop)
    return {
      shop,
      async requests(count) {
        const requests: Buffer[] = []
        for (let i = 0; i < count; i++) {
          const payload = await client.createPaymentPayload(required as never)
          requests.push(Line.get(Peer.path, { 'payment-signature': X402.encode(payload) }))
        }
        return requests
      },
    }
  },
}
