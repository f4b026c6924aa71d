/** Whose request it is behind proxies: only those that the operator names are believed, and nobody can name himself another. */
import type { IncomingMessage } from 'node:http'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as Peer from '../../../src/http/Peer.ts'
import * as Proxies from '../../../src/http/Proxies.ts'
import { useChain } from '../support/Chain.ts'
import { listen } from '../support/Http.ts'
import { start } from '../support/Running.ts'

const chain = useChain()

const from = (remoteAddress: string, forwarded?: string): IncomingMessage =>
  ({ socket: { remoteAddress }, headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded } }) as never

const peerBehind = (trusted: string[], remoteAddress: string, forwarded?: string): string => {
  const request = from(remoteAddress, forwarded)
  Proxies.create(trusted).recognise(request)
  return Peer.of(request)
}

describe('trusted proxies', () => {
  test.each([
    [[], '9.9.9.9', '1.2.3.4', '9.9.9.9'],
    [['10.0.0.0/8'], '10.1.1.1', '1.2.3.4', '1.2.3.4'],
    [['10.0.0.0/8'], '::ffff:10.1.1.1', '1.2.3.4', '1.2.3.4'],
    [['10.0.0.0/8'], '9.9.9.9', '1.2.3.4', '9.9.9.9'],
    [['10.0.0.0/8'], '10.1.1.1', undefined, '10.1.1.1'],
    [['10.0.0.0/8'], '10.1.1.1', 'rubbish', '10.1.1.1'],
    [['10.0.0.0/8'], '10.1.1.1', '6.6.6.6, 1.2.3.4, 10.2.2.2', '1.2.3.4'],
    [['10.0.0.0/8'], '10.1.1.1', '6.6.6.6, rubbish, 10.2.2.2', '10.2.2.2'],
    [['10.0.0.0/8'], '10.1.1.1', '2001:db8:1:2:3::4', '2001:db8:1:2::/64'],
    [['10.0.0.0/8'], '10.1.1.1', '[2001:db8:1:2:3::4]:443', '2001:db8:1:2::/64'],
    [['10.0.0.0/8'], '10.1.1.1', '1.2.3.4:5678', '1.2.3.4'],
    [['2001:db8::/32', '127.0.0.1'], '127.0.0.1', '1.2.3.4, 2001:db8::7', '1.2.3.4'],
  ])('behavior: %j, connected from %s, forwarded for %s: %s', (trusted, remote, forwarded, expected) => {
    expect(peerBehind(trusted, remote, forwarded)).toBe(expected)
  })

  test('behavior: whatever a client writes itself, it is who the nearest trusted proxy says', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string({ maxLength: 12 }))), fc.ipV4(), (own, client) => {
        fc.pre(!client.startsWith('10.'))
        const header = [...own.map((text) => text.replaceAll(',', '')), client].join(', ')
        expect(peerBehind(['10.0.0.0/8'], '10.0.0.1', header)).toBe(client)
      }),
    )
  })

  test('error: what is neither an address nor a network', () => {
    for (const text of ['', 'proxy.example', '10.0.0.0/33', '10.0.0/8', '::1/129', '1.2.3.4/'])
      expect(Proxies.parse(text)).toBeUndefined()
    expect([Proxies.parse('10.0.0.0/8'), Proxies.parse('::1')]).toEqual([
      ['10.0.0.0', 8],
      ['::1', 128],
    ])
  })

  test('behavior: each client behind a proxy has its own bounds; without the option the header says nothing', async () => {
    const service = await start(chain, await chain.deploy())
    const requests = { perSecond: 1, burst: 2 }
    const statuses = async (trustedProxies: string[], clients: string[]) => {
      const perAddress = { connections: 100, streams: 10, waitingReads: 64, requests }
      const http = await listen(service, { limits: { trustedProxies, perAddress } as never })
      const answers = []
      for (const client of clients) answers.push((await http.get('/v1/status', { 'x-forwarded-for': client })).status)
      return answers
    }
    const [one, two] = ['1.2.3.4', '2001:db8::1']
    expect(await statuses(['127.0.0.1'], [one, one, one, two, '2001:db8::2', '2001:db8::3', '2001:db9::1'])).toEqual([
      ...[200, 200, 429, 200, 200, 429, 200],
    ])
    expect(await statuses([], [one, one, one, one])).toEqual([200, 200, 200, 200])
  })
})
