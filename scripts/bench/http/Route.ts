/**
 * `paid.route`: requests a second of an Express route behind the paywall. Each request brings a receipt of its own, which the payee checks
 * by itself; the receipts were made beforehand by the service, by 64 payers at once, so that they share roots as they do in life.
 */
import { join } from 'node:path'
import type { Address, Receipt as ReceiptType } from '../../../src/core/Payment.ts'
import * as X402 from '../../../src/core/X402.ts'
import * as Digest from '../../../src/crypto/Digest.ts'
import * as Receipt from '../../../src/sdk/Receipt.ts'
import * as Member from '../../../test/src/support/Member.ts'
import type * as Place from '../Place.ts'
import * as Line from './Line.ts'
import type * as Payers from './Payers.ts'
import * as Shop from './Shop.ts'

const publicUrl = 'https://charger.example'
const path = '/charge'
const price = '0.0005'

export interface Route {
  readonly shop: Shop.Running
  readonly payee: Address
  /** Requests, each with a receipt that was paid for now. */
  requests(count: number, connections: number): Promise<{ requests: Buffer[]; receiptsARoot: number }>
}

export const open = async (place: Place.Place, payers: Payers.Payers): Promise<Route> => {
  const { deployment } = place
  const payee = Member.create('charger').address
  const shop = await Shop.start(join(import.meta.dirname, 'ours.ts'), {
    ...{ clearing: place.url, payTo: payee, price, publicUrl },
  })
  const accepted = {
    ...{ scheme: 'clearing', network: X402.networkOf(deployment.chainId), asset: deployment.dollar.asset },
    ...{ amount: '500', payTo: payee, maxTimeoutSeconds: 60, extra: {} },
  }
  let keys = 0
  return {
    shop,
    payee,
    async requests(count, connections) {
      const names = Array.from({ length: count }, () => `key ${++keys}`)
      const signed = payers.sign(count, (i) => ({
        to: payee,
        reference: Digest.reference(publicUrl + path, names[i] as string),
      }))
      const receipts: ReceiptType[] = []
      const bodies = signed.map((payment) => Line.post('/v1/payments', JSON.stringify(payment, text)))
      await Line.send(place.url, bodies, {
        connections,
        onAnswer({ status, body }, request) {
          if (status !== 200) throw new Error(`a payment was refused: ${body}`)
          receipts[request] = Receipt.parse(body.toString())
        },
      })
      const roots = new Set(receipts.map(({ proof }) => proof.signature)).size
      const requests = receipts.map((receipt, i) => {
        const payload = X402.formatClearing({ receipt, key: names[i] as string })
        return Line.get(path, {
          'payment-signature': X402.encode({ x402Version: X402.version, accepted, payload }),
        })
      })
      return { requests, receiptsARoot: count / roots }
    },
  }
}

const text = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? value.toString() : value)

/** Buys what each request asks for; seconds. */
export const buy = ({ shop }: Route, requests: readonly Buffer[], connections: number): Promise<number> =>
  Line.send(shop.url, requests, {
    connections,
    onAnswer({ status, head, body }) {
      if (status !== 200 || !/sunledger-charge: charged/i.test(head)) throw new Error(`not sold: ${status} ${body}`)
    },
  })
