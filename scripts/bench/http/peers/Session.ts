/** MPP sessions (mppx): each request brings a voucher for all that its channel owes by now. */
import { join } from 'node:path'
import { Challenge, Credential } from 'mppx'
import { Session } from 'mppx/tempo'
import { createClient, custom } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import * as Client from '../../../../src/chain/Client.ts'
import * as Keccak from '../../../../src/crypto/Keccak.ts'
import * as Line from '../Line.ts'
import * as Shop from '../Shop.ts'
import * as Peer from './Peer.ts'

type Hex = `0x${string}`

const mostChannels = 64
const zero: Hex = `0x${'00'.repeat(20)}`
const escrow: Hex = '0x4d50500000000000000000000000000000000000'
/** Answers every question about a channel with (0, 2^64 − 1, 0): nothing settled, much deposited, nobody closing. */
const standIn: Hex = '0x67ffffffffffffffff60205260606000f3'

const { Channel, Voucher } = Session.Precompile

/** Signing needs no node. */
const offline = createClient({ transport: custom({ request: async () => null }) })

export const session: Peer.Peer = {
  name: 'peer.mppx.session',
  what: 'requests/s of an mppx/express route paid by session vouchers, checked by that server; channels put into its store as openings leave them, and on the local chain a stand-in answers for the escrow that is built into Tempo',
  perSample: 320,
  async open(place) {
    const { chainId, dollar } = place.deployment
    await Client.raw(Client.create(place.rpcUrl), 'hardhat_setCode', [escrow, standIn])
    const channels = Array.from({ length: mostChannels }, (_, i) => {
      const account = privateKeyToAccount(generatePrivateKey())
      const descriptor = {
        ...{ payer: account.address, payee: Peer.payee, operator: zero, token: dollar.asset },
        ...{ salt: Keccak.ofText(`salt ${i}`), authorizedSigner: account.address },
        expiringNonceHash: Keccak.ofText(`nonce ${i}`),
      }
      return { account, descriptor, id: Channel.computeId({ ...descriptor, chainId, escrow }), owed: 0n }
    })
    const shop = await Shop.start(join(import.meta.dirname, 'sessionServer.ts'), {
      ...{ rpcUrl: place.rpcUrl, chainId, escrow },
      channels: channels.map(({ id, descriptor }) => ({ id, descriptor })),
    })
    return {
      shop,
      async requests(count, connections) {
        const challenge = Challenge.fromResponse(await fetch(shop.url + Peer.path))
        const requests: Buffer[] = []
        for (let i = 0; i < count; i++) {
          const { account, descriptor, id, owed } = channels[i % connections] as (typeof channels)[number]
          const cumulativeAmount = owed + Peer.amount
          ;(channels[i % connections] as { owed: bigint }).owed = cumulativeAmount
          const voucher = { channelId: id, cumulativeAmount: cumulativeAmount as never }
          const signature = await Voucher.signVoucher(offline as never, account, voucher, escrow, chainId)
          const credential = Credential.serialize({
            challenge,
            payload: {
              ...{ action: 'voucher', channelId: id, descriptor, signature },
              cumulativeAmount: cumulativeAmount.toString(),
            },
            source: `did:pkh:eip155:${chainId}:${account.address}`,
          })
          requests.push(Line.get(Peer.path, { authorization: credential }))
        }
        return requests
      },
    }
  },
}
