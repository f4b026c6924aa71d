/** Connections that break, handlers that fail, receipts that come again: what was delivered was paid for, and what was paid for is to be had. */
import { Readable } from 'node:stream'
import type { Response as Reply, Request } from 'express'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { get } from '../../support/Breaking.ts'
import { ask, balanceOf, buy, codeIn, payFor, requiredOf, shopOf, useStreet } from '../../support/Shop.ts'

const street = useStreet()
const shop = shopOf(street)

type Kind = 'stops' | 'goes on' | 'pipes' | 'at once' | 'fails' | 'throws first'

/** Writes pieces that name its run, so that two runs never look alike. */
const handlerOf =
  (kind: Kind, pieces: number, state: { runs: number; failing: number }) => (_: Request, response: Reply) => {
    const run = ++state.runs
    const piece = (n: number) => `run ${run} piece ${n} `.padEnd(50, '.')
    if (kind === 'throws first') {
      if (state.failing-- > 0) throw new Error('broken')
      response.send(piece(1))
      return
    }
    if (kind === 'at once') {
      response.send(Array.from({ length: pieces }, (_, n) => piece(n)).join(''))
      return
    }
    if (kind === 'pipes') {
      Readable.from(Array.from({ length: pieces }, (_, n) => piece(n))).pipe(response)
      return
    }
    let n = 0
    const isFailing = kind === 'fails' && state.failing-- > 0
    const timer = setInterval(() => {
      if (isFailing && n === 2) {
        clearInterval(timer)
        response.destroy(new Error('broken'))
        return
      }
      response.write(piece(n++))
      if (n < pieces) return
      clearInterval(timer)
      response.end()
    }, 1)
    if (kind === 'stops') response.on('close', () => clearInterval(timer))
  }

describe('a purchase whose connection breaks', () => {
  test('behavior: whatever breaks when, one payment buys one answer: given again, paid back, or still to be had', async () => {
    const robot = await street.robot('5')
    const scenario = fc.record({
      kind: fc.constantFrom<Kind>('stops', 'goes on', 'pipes', 'at once', 'fails', 'throws first'),
      pieces: fc.integer({ min: 3, max: 12 }),
      breaks: fc.array(fc.constantFrom(0, 1, 60, 130, 400, Number.POSITIVE_INFINITY), { minLength: 1, maxLength: 4 }),
      canRefund: fc.boolean(),
      mostBodyBytes: fc.constantFrom(10, 1 << 20),
      failing: fc.integer({ min: 0, max: 2 }),
      isTogether: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(scenario, async ({ kind, pieces, breaks, canRefund, mostBodyBytes, failing, isTogether }) => {
        const state = { runs: 0, failing }
        const payee = await street.robot()
        const money = canRefund ? { payTo: undefined, payee } : { payTo: payee.address }
        const handler = handlerOf(kind, pieces, state)
        const { url } = await shop({ ...money, memory: { mostBodyBytes } }, handler)
        const before = await balanceOf(robot)
        const signature = await payFor(robot, requiredOf(await ask(url)), 'k')
        const headers = { 'payment-signature': signature }
        const got = []
        if (isTogether) got.push(...(await Promise.all(breaks.map((most) => get(url, headers, most)))))
        else for (const most of breaks) got.push(await get(url, headers, most))
        // Until it is over: a receipt that is still good is tried again.
        let last = await get(url, headers)
        for (let i = 0; i < 5 && (!last.isWhole || last.status === 500); i++) last = await get(url, headers)
        const all = [...got, last]
        const isRefunded = (await balanceOf(robot)) === before
        // Delivered ≤ paid: pieces of one run, and of those that the server itself has broken off.
        const runs = new Set(
          all.flatMap(({ status, text }) => (status === 200 ? (/^run (\d+)/.exec(text)?.[1] ?? []) : [])),
        )
        expect(runs.size).toBeLessThanOrEqual(
          1 + (kind === 'fails' && !canRefund ? failing : 0) + (kind === 'fails' ? 1 : 0),
        )
        // Paid ⇒ delivered whole, or paid back.
        // Or it was the client that left first, and then the server failed: what had begun stays charged.
        const isGone = kind === 'fails' && breaks.some(Number.isFinite) && last.status === 409
        if (isRefunded) expect(kind).toMatch(/fails|throws/)
        else if (!isGone)
          expect([last.status, last.isWhole, last.headers['sunledger-charge']]).toEqual([200, true, 'charged'])
        if (kind !== 'fails' && kind !== 'throws first') expect([state.runs, isRefunded]).toEqual([1, false])
        const whole = all.filter(({ status, isWhole }) => status === 200 && isWhole).map(({ text }) => text)
        expect(new Set(whole).size).toBeLessThanOrEqual(1)
      }),
      { numRuns: 40 },
    )
  }, 120_000)

  test('behavior: an answer that has no end is charged when its handler has been told; then it is not to be had again', async () => {
    let runs = 0
    let hasStopped = () => {}
    const stopped = new Promise<void>((resolve) => {
      hasStopped = resolve
    })
    const { url } = await shop({ patienceMs: 50 }, (_request, response) => {
      runs++
      const timer = setInterval(() => response.write('tick '), 5)
      response.on('close', () => {
        clearInterval(timer)
        hasStopped()
      })
    })
    const robot = await street.robot('1')
    const signature = await payFor(robot, requiredOf(await ask(url)), 'k')
    await get(url, { 'payment-signature': signature }, 20)
    await stopped
    expect([await codeIn(await ask(url, signature)), await codeIn(await ask(url, signature)), runs]).toEqual([
      ...['409 SL633', '409 SL633', 1],
    ])
  })

  test('behavior: a client that left before anything was written is not charged where nothing comes', async () => {
    let runs = 0
    const { url } = await shop({ patienceMs: 20 }, (_request, response) => {
      if (++runs > 1) response.send('now')
    })
    const robot = await street.robot('1')
    const signature = await payFor(robot, requiredOf(await ask(url)), 'k')
    const left = AbortSignal.timeout(50)
    await ask(url, signature, { signal: left }).catch(() => {})
    expect([await (await ask(url, signature)).text(), runs]).toEqual(['now', 2])
  })

  test('behavior: what the server breaks off again and again is tried three times, and then charged', async () => {
    let runs = 0
    const { url } = await shop({}, (_request, response) => {
      runs++
      response.write('some of it')
      setTimeout(() => response.destroy(), 5)
    })
    const robot = await street.robot('1')
    const signature = await payFor(robot, requiredOf(await ask(url)), 'k')
    for (let i = 0; i < 3; i++) expect((await get(url, { 'payment-signature': signature })).isWhole).toBe(false)
    expect([await codeIn(await ask(url, signature)), runs]).toEqual(['409 SL633', 3])
  })
})

describe('a client that takes nothing until the server’s own timeout', () => {
  test('error: is not paid back: it has left, and the server has not', async () => {
    const payee = await street.robot()
    const { url } = await shop({ payTo: undefined, payee, patienceMs: 20 }, (request, response) => {
      request.socket.setTimeout(100)
      const timer = setInterval(() => response.write('x'.repeat(1 << 20)), 5)
      response.on('close', () => clearInterval(timer))
    })
    const robot = await street.robot('1')
    const signature = await payFor(robot, requiredOf(await ask(url)), 'k')
    const answer = await ask(url, signature)
    const reader = (answer.body as ReadableStream<Uint8Array>).getReader()
    await reader.read()
    // Takes no more, until the server closes the connection.
    let again = await get(url, { 'payment-signature': signature })
    while (again.status === 200) again = await get(url, { 'payment-signature': signature })
    expect([again.status, again.headers['sunledger-charge'], await balanceOf(robot)]).toEqual([
      409,
      undefined,
      999_500n,
    ])
    await reader.cancel().catch(() => {})
  })
})

describe('one receipt at two doors', () => {
  test('behavior: two paywalls of one payee in a process serve it once', async () => {
    const first = await shop()
    const second = await shop({ payTo: first.payee.address, publicUrl: new URL(first.url).origin })
    const robot = await street.robot('1')
    const { signature, answer } = await buy(robot, first.url, 'k')
    expect(await answer.json()).toEqual({ served: 1 })
    const replayed = await ask(second.url, signature)
    expect([await replayed.json(), replayed.headers.get('idempotent-replayed')]).toEqual([{ served: 1 }, 'true'])
    expect(await codeIn(await ask(second.url, signature, { method: 'POST' }))).toBe('409 SL664')
    expect(second.count()).toBe(0)
  })
})
