/** x402 `batch-settlement`: each request brings a voucher for all that its channel owes by now. */
import { join } from 'node:path'
import { computeChannelId, signVoucher } from '@x402/evm/batch-settlement/client'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import * as X402 from '../../../../src/core/X402.ts'
import * as Keccak from '../../../../src/crypto/Keccak.ts'
import * as Line from '../Line.ts'
import * as Shop from '../Shop.ts'
import * as Peer from './Peer.ts'

/** One for each connection, since a channel takes one voucher after the other. */
const mostChannels = 64
const withdrawDelay = 86_400

export const batch: Peer.Peer = {
  name: 'peer.x402.batch',
  what: 'requests/s of an @x402/express route paid by `batch-settlement` vouchers (@x402/evm), checked by that server; channels put into its storage as deposits leave them, since the package brings no contract for a local chain',
  perSample: 640,
  async open(place) {
    const { chainId, dollar } = place.deployment
    const network = X402.networkOf(chainId)
    const authorizer = privateKeyToAccount(generatePrivateKey()).address
    const channels = Array.from({ length: mostChannels }, (_, i) => {
      const account = privateKeyToAccount(generatePrivateKey())
      const config = {
        ...{ payer: account.address, payerAuthorizer: account.address, receiver: Peer.payee },
        ...{ receiverAuthorizer: authorizer, token: dollar.asset, withdrawDelay, salt: Keccak.ofText(`salt ${i}`) },
      }
      return { account, config, id: computeChannelId(config, network), owed: 0n }
    })
    const shop = await Shop.start(join(import.meta.dirname, 'batchServer.ts'), {
      ...{ network, payTo: Peer.payee, asset: dollar, amount: String(Peer.amount), authorizer, withdrawDelay },
      channels: channels.map(({ id, config }) => ({ id, config })),
    })
    const { resource, accepts } = await Peer.asked(shop)
    return {
      shop,
      async requests(count, connections) {
        const requests: Buffer[] = []
        for (let i = 0; i < count; i++) {
          const channel = channels[i % connections] as (typeof channels)[number]
          channel.owed += Peer.amount
          const voucher = await signVoucher(channel.account, channel.id, String(channel.owed), network)
          const payload = { type: 'voucher', channelConfig: channel.config, voucher }
          const header = X402.encode({ x402Version: 2, resource, accepted: accepts[0], payload })
          requests.push(Line.get(Peer.path, { 'payment-signature': header }))
        }
        return requests
      },
    }
  },
}
