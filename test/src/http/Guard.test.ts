/** Who may call: any website that a user visits can reach a service on loopback, so names and origins are checked. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { describe, expect, onTestFinished, test } from 'vitest'
import * as Hosts from '../../../src/core/Hosts.ts'
import * as Guard from '../../../src/http/Guard.ts'
import * as Problem from '../../../src/http/Problem.ts'
import { send } from '../support/Http.ts'

/** Something that answers whoever passes. */
const guarded = async (host: string, extra: readonly string[] = []) => {
  const app = express()
  app.use(Guard.sameHost(Hosts.create(host, extra)))
  app.use('/operator', Guard.operator('a token of some length'))
  app.use((_request, response) => void response.send('through'))
  app.use(Problem.handler(() => {}))
  const server = createServer(app)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  const call = async (headers: { [name: string]: string }, path = '/') => {
    const { status, body, text } = await send(`http://127.0.0.1:${port}${path}`, 'GET', headers)
    return status === 200 ? text : `${status} ${(body as { code: string }).code}`
  }
  return { call, port }
}

describe('the host', () => {
  test.each(['localhost', '127.0.0.1', '[::1]', 'LOCALHOST', 'ledger.example'])(
    'behavior: %s may be called',
    async (name) => {
      const { call, port } = await guarded('127.0.0.1', ['ledger.example'])
      expect(await call({ host: `${name}:${port}` })).toBe('through')
      expect(await call({ host: name })).toBe('through')
    },
  )

  test('behavior: what it is bound to is a name of its own', async () => {
    const { call, port } = await guarded('10.1.2.3')
    expect(await call({ host: `10.1.2.3:${port}` })).toBe('through')
    const six = await guarded('fd00::1')
    expect(await six.call({ host: `[fd00::1]:${six.port}` })).toBe('through')
  })

  // DNS rebinding: a page's own name, made to point at loopback.
  test.each(['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', '[::2]'])(
    'error: SL602 under %j',
    async (name) => {
      const { call } = await guarded('127.0.0.1')
      expect(await call({ host: name })).toBe('403 SL602')
    },
  )
})

describe('the origin', () => {
  test('behavior: the service’s own pages, and programs, which have none', async () => {
    const { call, port } = await guarded('127.0.0.1', ['ledger.example'])
    const host = `localhost:${port}`
    expect(await call({ host })).toBe('through')
    expect(await call({ host, origin: `http://localhost:${port}` })).toBe('through')
    expect(await call({ host: 'ledger.example', origin: 'https://ledger.example' })).toBe('through')
  })

  test.each(['https://evil.example', 'null', 'http://localhost:1', 'http://localhost', 'https://ledger.example'])(
    'error: SL602 from a page of %s',
    async (origin) => {
      const { call, port } = await guarded('127.0.0.1', ['ledger.example'])
      expect(await call({ host: `localhost:${port}`, origin })).toBe('403 SL602')
    },
  )
})

describe('the operator', () => {
  test('behavior: with the token; SL603 with anything else', async () => {
    const { call } = await guarded('127.0.0.1')
    const host = 'localhost'
    for (const scheme of ['Bearer', 'bearer', 'BEARER'])
      expect(await call({ host, authorization: `${scheme} a token of some length` }, '/operator')).toBe('through')
    for (const authorization of ['Bearer a token of some lengti', 'Bearer ', 'a token of some length'])
      expect(await call({ host, authorization }, '/operator')).toBe('401 SL603')
    expect(await call({ host }, '/operator')).toBe('401 SL603')
  })
})
