/** Payment by `exact` at the paywall: forms of signatures, and settlements of which nobody knows the end. */
import { createServer, request as forward } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { get } from '../../support/Breaking.ts'
import { ask, codeIn, requiredOf, settledOf, shopOf, useStreet } from '../../support/Shop.ts'
import { forms, walletOf } from '../../support/Wallet.ts'

const street = useStreet()
const shop = shopOf(street)

/** Between paywall and service: settles for real, and then says what the test wants. */
const facilitator = async () => {
  const says = { instead: undefined as 'pending' | 'nothing' | 'rubbish' | '500' | undefined, settled: 0 }
  const server = createServer((incoming, outgoing) => {
    const isSettle = incoming.url === '/settle'
    const through = forward(street.http.url + incoming.url, { method: incoming.method, headers: incoming.headers })
    through.on('response', (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk) => chunks.push(chunk))
      answer.on('end', () => {
        if (isSettle) says.settled++
        if (!isSettle || says.instead === undefined)
          return outgoing.writeHead(answer.statusCode ?? 500, answer.headers).end(Buffer.concat(chunks))
        if (says.instead === 'nothing') return outgoing.destroy()
        const pending = { success: false, errorReason: 'settlement_pending', transaction: '', network: 'eip155:31337' }
        const body = { pending: JSON.stringify(pending), rubbish: '{"success"', 500: '{}' }[says.instead]
        return outgoing.writeHead(says.instead === '500' ? 500 : 200, { 'content-type': 'application/json' }).end(body)
      })
    })
    through.on('error', () => outgoing.destroy())
    incoming.pipe(through)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { says, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

describe('signatures', () => {
  test.each(Object.keys(forms) as (keyof typeof forms)[])('behavior: %s is taken, and settled', async (form) => {
    const { url } = await shop({ schemes: ['exact'] })
    const wallet = await walletOf(street)
    const answer = await ask(url, wallet.pay(requiredOf(await ask(url)), form))
    expect([answer.status, settledOf(answer)?.success, await wallet.balance()]).toEqual([200, true, 999_500n])
  })

  test.each([
    ['v 2', (signature: string) => `${signature.slice(0, 130)}02`],
    ['another s', (signature: string) => `${signature.slice(0, 120)}0000000000${signature.slice(130)}`],
    ['a byte more', (signature: string) => `${signature}00`],
    ['nothing', () => '0x'],
  ])('error: one with %s is refused before anything is served', async (_, change) => {
    const { url, count } = await shop({ schemes: ['exact'] })
    const wallet = await walletOf(street)
    const required = requiredOf(await ask(url))
    const payload = JSON.parse(Buffer.from(wallet.pay(required), 'base64').toString())
    payload.payload.signature = change(payload.payload.signature)
    const answer = await ask(url, Buffer.from(JSON.stringify(payload)).toString('base64'))
    expect([answer.status, count(), await wallet.balance()]).toEqual([402, 0, 1_000_000n])
  })
})

describe('a facilitator that settles and does not say so', () => {
  test.each(['pending', 'nothing', 'rubbish', '500'] as const)(
    'behavior: that says %s: unknown, not 402; the same payment gets the same answer later, and is charged once',
    async (what) => {
      const { says, url: clearing } = await facilitator()
      const { url, count } = await shop({ schemes: ['exact'], clearing })
      const wallet = await walletOf(street)
      const signature = wallet.pay(requiredOf(await ask(url)))
      says.instead = what
      const first = await ask(url, signature)
      expect([first.headers.get('sunledger-charge'), first.headers.get('retry-after'), await codeIn(first)]).toEqual([
        ...['unknown', '2', '503 SL669'],
      ])
      expect(await codeIn(await ask(url, signature))).toBe('503 SL669')
      says.instead = undefined
      const second = await ask(url, signature)
      expect([second.status, await second.json(), second.headers.get('sunledger-charge')]).toEqual([
        ...[200, { served: 1 }, 'charged'],
      ])
      expect([await wallet.balance(), count()]).toEqual([999_500n, 1])
      expect((await ask(url, signature)).status).toBe(402)
    },
    30_000,
  )

  test('behavior: with an Idempotency-Key another authorization is not taken while the first is unknown, nor after it', async () => {
    const { says, url: clearing } = await facilitator()
    const { url, count } = await shop({ schemes: ['exact'], clearing })
    const wallet = await walletOf(street)
    const required = requiredOf(await ask(url))
    const headers = { 'idempotency-key': 'one purchase' }
    says.instead = 'pending'
    expect((await ask(url, wallet.pay(required), { headers })).status).toBe(503)
    expect(await codeIn(await ask(url, wallet.pay(required), { headers }))).toBe('503 SL669')
    says.instead = undefined
    for (let i = 0; i < 2; i++)
      expect(await (await ask(url, wallet.pay(required), { headers })).json()).toEqual({ served: 1 })
    expect([await wallet.balance(), count()]).toEqual([999_500n, 1])
  })

  test('behavior: what is unknown is watched until it is known, without anybody asking', async () => {
    const { says, url: clearing } = await facilitator()
    const { url } = await shop({ schemes: ['exact'], clearing })
    const wallet = await walletOf(street)
    const signature = wallet.pay(requiredOf(await ask(url)))
    says.instead = 'pending'
    expect((await ask(url, signature)).status).toBe(503)
    says.instead = undefined
    const asked = says.settled
    while (says.settled === asked) await new Promise((resolve) => setTimeout(resolve, 20))
    expect(await (await ask(url, signature)).json()).toEqual({ served: 1 })
  })

  test('error: whoever reads the authorization on the chain meanwhile gets nothing', async () => {
    const { says, url: clearing } = await facilitator()
    const { url } = await shop({ schemes: ['exact'], clearing })
    const wallet = await walletOf(street)
    const signature = wallet.pay(requiredOf(await ask(url)))
    says.instead = 'pending'
    expect((await ask(url, signature, { headers: { 'idempotency-key': 'mine' } })).status).toBe(503)
    says.instead = undefined
    expect(await codeIn(await ask(url, signature))).toBe('402 SL665')
    expect(await codeIn(await ask(url, signature, { headers: { 'idempotency-key': 'guessed' } }))).toBe('402 SL665')
    expect((await ask(url, signature, { headers: { 'idempotency-key': 'mine' } })).status).toBe(200)
  })
})

describe('a client that leaves', () => {
  test('behavior: before its answer is settled is not charged; the authorization is still good', async () => {
    let go = () => {}
    const { url, count } = await shop({ schemes: ['exact'] }, (_request, response) => {
      go = () => response.send('sold')
      if (count() > 1) go()
    })
    const wallet = await walletOf(street)
    const signature = wallet.pay(requiredOf(await ask(url)))
    const leaving = new AbortController()
    const left = ask(url, signature, { signal: leaving.signal }).catch(() => {})
    while (count() === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    leaving.abort()
    await left
    // The server learns of it, and then the handler ends.
    await new Promise((resolve) => setTimeout(resolve, 50))
    go()
    let again = await get(url, { 'payment-signature': signature })
    while (again.status === 402) again = await get(url, { 'payment-signature': signature })
    expect([again.text, count(), await wallet.balance()]).toEqual(['sold', 2, 999_500n])
  })
})
