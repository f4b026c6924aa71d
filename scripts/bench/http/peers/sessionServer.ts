/**
 * An official MPP server (mppx) whose route is paid by a session. Its channels are put into its store as an opening leaves them there, because
 * the escrow that MPP opens them in is built into the Tempo chain; from then on vouchers are checked, kept and charged as in life.
 */
import { Mppx, tempo } from 'mppx/express'
import { Store } from 'mppx/server'
import { createClient, http } from 'viem'
import { localhost } from 'viem/chains'
import * as Shop from '../Shop.ts'

type Hex = `0x${string}`

export interface Needs {
  readonly rpcUrl: string
  readonly chainId: number
  readonly escrow: Hex
  readonly channels: readonly { readonly id: Hex; readonly descriptor: Descriptor }[]
}

export interface Descriptor {
  readonly payer: Hex
  readonly payee: Hex
  readonly operator: Hex
  readonly token: Hex
  readonly salt: Hex
  readonly authorizedSigner: Hex
  readonly expiringNonceHash: Hex
}

const { rpcUrl, chainId, escrow, channels } = Shop.needs<Needs>()
const first = channels[0]?.descriptor as Descriptor

const store = Store.memory()
for (const { id, descriptor } of channels)
  await store.put(
    id as never,
    {
      ...{ backend: 'precompile', chainId, channelId: id, descriptor, escrowContract: escrow, ...descriptor },
      ...{
        closeRequestedAt: 0n,
        deposit: 1n << 60n,
        settledOnChain: 0n,
        highestVoucherAmount: 0n,
        highestVoucher: null,
      },
      ...{ spent: 0n, units: 0, finalized: false, createdAt: new Date().toISOString() },
    } as never,
  )

const client = createClient({ chain: { ...localhost, id: chainId }, transport: http(rpcUrl) })
const session = tempo.session({
  ...{ amount: '0.0005', chainId, currency: first.token, decimals: 6, recipient: first.payee, unitType: 'request' },
  ...{ store, escrowContract: escrow, getClient: () => client as never },
})
const mppx = Mppx.create({ methods: [session], secretKey: 'a secret of this bench, 32 bytes long', realm: 'bench' })
Shop.serve((app) => {
  app.get(
    '/charge',
    mppx.session({ amount: '0.0005', unitType: 'request' } as never) as never,
    (_request, response) => {
      response.json({ charged: true })
    },
  )
})
