/** A server that lies: 402s, answers to payments, redirects and refunds as it likes. */
import type { Address } from '../../../src/core/Payment.ts'
import * as X402 from '../../../src/core/X402.ts'
import { type Chance, change } from './Chance.ts'
import { dollar } from './FakeService.ts'
import type { Json } from './Judge.ts'

/** A server that asks and answers as it likes. */
export const lyingServer =
  (by: Chance, clearingHouse: Address): typeof globalThis.fetch =>
  async (input, init) => {
    const url = String(input instanceof Request ? input.url : input)
    const headers = new Headers(init?.headers)
    const isPaid = headers.has('payment-signature')
    if (by.is(0.05)) throw new TypeError('fetch failed')
    const said: { [name: string]: string } = {}
    if (by.is(0.4)) said['sunledger-charge'] = by.one(['charged', 'refunded', 'none', 'unused', 'unknown', 'x'])
    if (by.is(0.4)) {
      const settled = {
        success: by.is(0.5),
        transaction: '',
        network: 'eip155:31337',
        extra: { refund: `0x${'12'.repeat(32)}`, price: '1' },
      }
      said['payment-response'] = X402.encode(by.is(0.5) ? settled : (change(settled, by) as object))
    }
    if (by.is(isPaid ? 0.5 : 0.15))
      return new Response('served', { status: by.one([200, 200, 201, 404, 500, 503]), headers: said })
    if (by.is(0.15))
      return new Response(null, {
        status: by.one([301, 302, 303, 307, 308]),
        headers: {
          ...said,
          location: by.one(['/a', '/b', 'http://other.example/a', 'https://shop.example/a', 'file:///x', '::']),
        },
      })
    const offer = (scheme: string): Json => ({
      ...{
        scheme,
        network: 'eip155:31337',
        asset: dollar,
        payTo: `0x${'77'.repeat(20)}`,
        maxTimeoutSeconds: by.one([60, 0, 1e308]),
      },
      amount: by.one(['1', '10', '50', '99', '100', '101', '15000000', `${1n << 90n}`]),
      extra: { clearingHouse, service: 'http://fake.example', fixed: by.is(0.5), key: 'k' },
    })
    const required = {
      x402Version: 2,
      resource: { url: by.is(0.7) ? url : by.one(['http://other.example/a', 'x', '']) },
      accepts: [offer('clearing'), offer('exact')].slice(by.below(2)),
    }
    said['payment-required'] = by.is(0.05) ? 'x' : X402.encode(by.is(0.8) ? required : (change(required, by) as object))
    return new Response('pay', { status: 402, headers: said })
  }
