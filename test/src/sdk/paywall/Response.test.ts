/** What leaves through the paywall: one response for one request, with true lengths, in an encoding that its reader takes, for pages too. */
import { connect } from 'node:net'
import * as zlib from 'node:zlib'
import type { RequestHandler } from 'express'
import { describe, expect, test } from 'vitest'
import * as X402 from '../../../../src/core/X402.ts'
import { get } from '../../support/Breaking.ts'
import { ask, balanceOf, buy, codeIn, payFor, requiredOf, settledOf, shopOf, useStreet } from '../../support/Shop.ts'
import { walletOf } from '../../support/Wallet.ts'

const street = useStreet()
const shop = shopOf(street)

/** Everything that a connection brings for one request, byte by byte, until the server closes it. */
const raw = (url: string, headers: string, method = 'GET'): Promise<string> => {
  const { hostname, port, host, pathname, search } = new URL(url)
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname)
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
    })
    socket.on('close', () => resolve(text)).on('error', () => {})
    socket.write(`${method} ${pathname}${search} HTTP/1.1\r\nhost: ${host}\r\n${headers}\r\n\r\n`)
    // The next request on the connection shows where its answer begins, and ends it.
    socket.write(`GET /none HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`)
  })
}

/** As `compression` does it, in small: what is written is compressed on its way out. */
const compressing: RequestHandler = (request, response, next) => {
  if (!String(request.headers['accept-encoding']).includes('gzip')) return next()
  const { write, end, writeHead } = response
  const gzip = zlib.createGzip()
  const begin = () => {
    response.removeHeader('content-length')
    response.setHeader('content-encoding', 'gzip')
  }
  response.writeHead = ((...args: Parameters<typeof writeHead>) => {
    begin()
    return writeHead.apply(response, args)
  }) as typeof writeHead
  gzip.on('data', (chunk) => void write.call(response, chunk, 'utf8'))
  gzip.on('drain', () => void response.emit('drain'))
  gzip.on('end', () => void end.call(response, undefined, 'utf8'))
  response.write = ((chunk: Buffer | string) => {
    if (!response.headersSent) begin()
    return gzip.write(chunk)
  }) as typeof write
  response.end = ((chunk?: Buffer | string) => {
    if (!response.headersSent) begin()
    if (chunk === undefined) gzip.end()
    else gzip.end(chunk)
    return response
  }) as typeof end
  next()
}

describe('a handler that writes, and then throws', () => {
  const half: RequestHandler = async (_request, response) => {
    response.setHeader('content-encoding', 'identity')
    await new Promise((resolve) => response.write('HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nsecret', resolve))
    throw new Error('broken')
  }

  test('behavior: by exact, what was held is dropped: one answer leaves, with its own length, and nothing is charged', async () => {
    const { url } = await shop({ schemes: ['exact'] }, half)
    const wallet = await walletOf(street)
    const signature = wallet.pay(requiredOf(await ask(url)))
    const text = await raw(url, `payment-signature: ${signature}`)
    expect(text.match(/HTTP\/1\.1 \d+ [A-Z]/g)).toEqual(['HTTP/1.1 500 I', 'HTTP/1.1 404 N'])
    expect(text).not.toContain('secret')
    expect([text.includes('{"error":"broken"}'), text.includes('sunledger-charge: none')]).toEqual([true, true])
    expect(await wallet.balance()).toBe(1_000_000n)
  })

  test('behavior: by receipt, what has left is all that leaves', async () => {
    const { url } = await shop({}, half)
    const robot = await street.robot('1')
    const text = await raw(url, `payment-signature: ${await payFor(robot, requiredOf(await ask(url)), 'k')}`)
    expect(text.match(/HTTP\/1\.1 \d+ [A-Z]/g)).toEqual(['HTTP/1.1 200 O', 'HTTP/1.1 200 O'])
    // The second stands in the first one's chunk, which the connection's end cuts off.
    expect([text.includes('HTTP/1.1 404'), text.includes('{"error"')]).toEqual([false, false])
  })

  test.each([
    ['more', 3],
    ['less', 12],
  ])('behavior: an answer with %s bytes than it says closes the connection', async (_, length) => {
    const { url } = await shop({}, (_request, response) => {
      response.setHeader('content-length', length)
      response.write('12345')
      response.end('6789')
    })
    const robot = await street.robot('1')
    const text = await raw(url, `payment-signature: ${await payFor(robot, requiredOf(await ask(url)), 'k')}`)
    expect(text.match(/HTTP\/1\.1 \d+ [A-Z]/g)?.length ?? 0).toBeLessThan(2)
  })

  test('behavior: a failed answer has the length that it has', async () => {
    const { url } = await shop({}, (_request, response) => {
      response.status(500).setHeader('content-length', 3)
      response.write('12345')
      response.end('6789')
    })
    const robot = await street.robot('1')
    const text = await raw(url, `payment-signature: ${await payFor(robot, requiredOf(await ask(url)), 'k')}`)
    expect(text.match(/HTTP\/1\.1 \d+ [A-Z]/g)).toEqual(['HTTP/1.1 500 I', 'HTTP/1.1 404 N'])
    expect(text).toContain('content-length: 9\r\n')
  })
})

describe('requests that buy nothing', () => {
  test('behavior: HEAD and OPTIONS run no handler and take nothing, with a payment or without', async () => {
    const { url, count } = await shop()
    const robot = await street.robot('1')
    const signature = await payFor(robot, requiredOf(await ask(url)), 'k')
    const head = await ask(url, undefined, { method: 'HEAD' })
    expect([head.status, requiredOf(head).accepts.length]).toEqual([402, 1])
    const paid = await ask(url, signature, { method: 'HEAD' })
    expect([paid.status, paid.headers.get('sunledger-charge')]).toEqual([200, 'unused'])
    for (const each of [undefined, signature]) expect((await ask(url, each, { method: 'OPTIONS' })).status).toBe(204)
    expect(count()).toBe(0)
    expect(await (await ask(url, signature)).json()).toEqual({ served: 1 })
  })
})

describe('pages on other origins', () => {
  test('behavior: may read what a paid answer says; what the application exposes and allows stays', async () => {
    const cors: RequestHandler = (_request, response, next) => {
      response.setHeader('access-control-allow-origin', 'https://page.example')
      response.setHeader('access-control-expose-headers', 'X-Own')
      next()
    }
    const { url } = await shop({}, undefined, [cors])
    const robot = await street.robot('1')
    const asked = await ask(url)
    const { signature, answer } = await buy(robot, url, 'k')
    for (const each of [asked, answer, await ask(url, signature)]) {
      const exposed = String(each.headers.get('access-control-expose-headers')).split(', ')
      expect(exposed).toEqual(
        expect.arrayContaining(['X-Own', 'PAYMENT-REQUIRED', 'PAYMENT-RESPONSE', 'Sunledger-Charge']),
      )
      expect(each.headers.get('access-control-allow-origin')).toBe('https://page.example')
    }
    const failing = await shop({}, (_request, response) => void response.status(500).send('no'), [cors])
    const { answer: failed } = await buy(robot, failing.url, 'k')
    expect(failed.headers.get('access-control-expose-headers')).toContain('X-Own, PAYMENT-REQUIRED')
  })
})

describe('compressing middleware', () => {
  const text = 'sunshine '.repeat(500)
  const told = (body: string, headers: Record<string, unknown>, encoding: string) =>
    encoding === 'gzip' && headers['content-encoding'] === 'gzip'
      ? zlib.gunzipSync(Buffer.from(body, 'latin1')).toString()
      : body

  test.each([
    ['around the paywall', true],
    ['behind it', false],
  ])(
    'behavior: %s: a kept answer is had again as it was, by whoever takes the encoding and whoever does not',
    async (_, isAround) => {
      const handler: RequestHandler = (request, response, next) => {
        const write = () => {
          response.setHeader('content-type', 'text/plain')
          response.write(text.slice(0, 1000))
          response.end(text.slice(1000))
        }
        if (isAround) write()
        else compressing(request, response, (error) => (error === undefined ? write() : next(error)))
      }
      const { url, count } = await shop({}, handler, isAround ? [compressing] : [])
      const robot = await street.robot('1')
      const signature = await payFor(robot, requiredOf(await ask(url)), 'k')
      for (const encoding of ['gzip', 'identity', 'gzip', 'br']) {
        const got = await get(url, { 'payment-signature': signature, 'accept-encoding': encoding })
        expect([got.status, told(got.text, got.headers, encoding)]).toEqual([200, text])
      }
      expect(count()).toBe(1)
    },
  )

  test('behavior: a large answer that broke off is had again too', async () => {
    const large = 'sunshine '.repeat(400_000)
    const { url, count } = await shop({}, (_request, response) => void response.send(large), [compressing])
    const robot = await street.robot('1')
    const signature = await payFor(robot, requiredOf(await ask(url)), 'k')
    const headers = { 'payment-signature': signature }
    expect((await get(url, { ...headers, 'accept-encoding': 'gzip' }, 100)).isWhole).toBe(false)
    expect((await get(url, headers)).text).toBe(large)
    const packed = await get(url, { ...headers, 'accept-encoding': 'gzip' })
    expect([told(packed.text, packed.headers, 'gzip') === large, count()]).toEqual([true, 1])
  })

  test('behavior: a redirect is charged once and given again', async () => {
    const { url, count } = await shop({}, (_request, response) => response.redirect(303, '/elsewhere'))
    const robot = await street.robot('1')
    const signature = await payFor(robot, requiredOf(await ask(url)), 'k')
    for (let i = 0; i < 2; i++) {
      const { status, headers } = await get(url, { 'payment-signature': signature })
      expect([status, headers.location, headers['sunledger-charge']]).toEqual([303, '/elsewhere', 'charged'])
    }
    expect([count(), await balanceOf(robot)]).toEqual([1, 999_500n])
  })
})

describe('clients of x402 version 1', () => {
  test('behavior: read what is asked from the body, pay with X-PAYMENT, and are told in X-PAYMENT-RESPONSE', async () => {
    const { url, payee } = await shop({ schemes: ['clearing', 'exact'], description: 'One charge' })
    const { dollar } = street.deployed.deployment
    const body = (await (await ask(url)).json()) as {
      x402Version: number
      error?: string
      accepts: object[]
      code: string
    }
    const asked = {
      ...{
        scheme: 'exact',
        network: 'eip155:31337',
        maxAmountRequired: '500',
        resource: url,
        description: 'One charge',
      },
      ...{ mimeType: '', payTo: payee.address, maxTimeoutSeconds: 60, asset: dollar.asset },
      extra: { name: dollar.name, version: dollar.version },
    }
    expect(body).toMatchObject({ x402Version: 1, accepts: [asked], code: 'SL660' })
    const wallet = await walletOf(street)
    const payload = wallet.sign({ ...asked, network: 'eip155:31337', amount: '500' })
    const payment = X402.encode({ x402Version: 1, scheme: 'exact', network: 'eip155:31337', payload })
    const answer = await ask(url, undefined, { headers: { 'x-payment': payment } })
    expect([answer.status, await answer.json(), settledOf(answer)?.success]).toEqual([200, { served: 1 }, true])
    expect(answer.headers.get('x-payment-response')).toBe(answer.headers.get('payment-response'))
    expect(await codeIn(await ask(url, undefined, { headers: { 'x-payment': payment } }))).toBe('402 SL665')
    expect(await wallet.balance()).toBe(999_500n)
    for (const bad of [
      '',
      '%',
      X402.encode({ x402Version: 1, scheme: 'clearing', network: 'eip155:31337', payload: {} }),
    ])
      expect(await codeIn(await ask(url, undefined, { headers: { 'x-payment': bad } }))).toBe('402 SL661')
  })
})
