/** What a payer signed is on the disk before it is sent, and a file that is not its own is refused. */
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Address, Hex, PaymentRequest } from '../../../src/core/Payment.ts'
import * as Signature from '../../../src/crypto/Signature.ts'
import * as Keep from '../../../src/sdk/Keep.ts'
import { Robot } from '../../../src/sdk/Robot.ts'
import { dollar, domain, energyCredit, FakeService, key } from './FakeService.ts'

const holder: Keep.Holder = { deployment: domain, account: Signature.addressOf(key(1)) }
const payee = Signature.addressOf(key(2))

const kept = (asset: Address, total: bigint): Keep.Kept => ({
  asset,
  accepted: { total, history: `0x${'12'.repeat(32)}`, signature: total === 0n ? '0x' : `0x${'34'.repeat(64)}` },
  unanswered: [
    {
      payment: {
        asset,
        payee,
        amount: 1n,
        reference: `0x${'56'.repeat(32)}`,
        validUntil: 1n,
        total: total + 1n,
        history: `0x${'78'.repeat(32)}`,
        signature: `0x${'9a'.repeat(64)}`,
      } as PaymentRequest,
      terms: undefined,
    },
  ],
})

let folder = ''
const path = () => join(folder, 'below', 'robot.keep.json')
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sunledger-keep-'))
})
afterEach(() => rm(folder, { recursive: true }))

describe('Keep.file', () => {
  test('behavior: nothing is kept at first', async () => {
    expect(await Keep.file(path()).load(holder)).toEqual([])
  })

  test('behavior: what was saved last is loaded, each asset by itself, readable by its owner alone', async () => {
    const keep = Keep.file(path())
    await keep.save(holder, kept(dollar, 0n))
    await keep.save(holder, kept(energyCredit, 3n))
    await keep.save(holder, kept(dollar, 7n))
    expect(await Keep.file(path()).load(holder)).toEqual([kept(dollar, 7n), kept(energyCredit, 3n)])
    if (process.platform !== 'win32') expect((await stat(path())).mode & 0o077).toBe(0)
  })

  test('behavior: saving at the same time keeps the last, and leaves one file', async () => {
    const keep = Keep.file(path())
    await Promise.all(Array.from({ length: 20 }, (_, i) => keep.save(holder, kept(dollar, BigInt(i)))))
    expect(await Keep.file(path()).load(holder)).toEqual([kept(dollar, 19n)])
    expect(await readdir(join(folder, 'below'))).toEqual(['robot.keep.json'])
  })

  test('behavior: a write that a crash cut off changes nothing, and is cleared away', async () => {
    await Keep.file(path()).save(holder, kept(dollar, 7n))
    for (const left of ['.new', '.0123456789ab.new']) await writeFile(`${path()}${left}`, '{"sunl')
    const keep = Keep.file(path())
    expect(await keep.load(holder)).toEqual([kept(dollar, 7n)])
    expect(await readdir(join(folder, 'below'))).toEqual(['robot.keep.json'])
    await keep.save(holder, kept(dollar, 8n))
    expect(await Keep.file(path()).load(holder)).toEqual([kept(dollar, 8n)])
  })

  test('error: SL648 once another one has loaded it, or was there first: nothing of its own is lost', async () => {
    const [first, second, third] = [Keep.file(path()), Keep.file(path()), Keep.file(path())]
    await Promise.all([first.load(holder), second.load(holder)])
    await first.save(holder, kept(dollar, 1n))
    await expect(second.save(holder, kept(dollar, 2n))).rejects.toMatchObject({ code: 'SL648' })
    expect(await third.load(holder)).toEqual([kept(dollar, 1n)])
    await expect(first.save(holder, kept(dollar, 3n))).rejects.toThrow('another robot has written it since')
    await third.save(holder, kept(dollar, 4n))
    await expect(first.save(holder, kept(dollar, 3n))).rejects.toMatchObject({ code: 'SL648' })
    expect(await Keep.file(path()).load(holder)).toEqual([kept(dollar, 4n)])
    expect(await readdir(join(folder, 'below'))).toEqual(['robot.keep.json'])
  })

  test('error: another account’s file, or another deployment’s', async () => {
    await Keep.file(path()).save(holder, kept(dollar, 7n))
    const [other, elsewhere] = [
      { ...holder, account: payee },
      { ...holder, deployment: `0x${'00'.repeat(32)}` as Hex },
    ]
    await expect(Keep.file(path()).load(other)).rejects.toThrow(`Expected: account ${payee}`)
    await expect(Keep.file(path()).load(elsewhere)).rejects.toMatchObject({ code: 'SL648' })
  })

  test.each(['', 'text', '{}', '[]', '{"sunledger":"keep 1"}', '{"sunledger":"keep 2"}'])(
    'error: a file with %j',
    async (text) => {
      await Keep.file(path()).save(holder, kept(dollar, 7n))
      await writeFile(path(), text)
      await expect(Keep.file(path()).load(holder)).rejects.toMatchObject({ code: 'SL648' })
    },
  )

  test('error: a folder', async () => {
    await expect(Keep.file(folder).load(holder)).rejects.toMatchObject({ code: 'SL648' })
  })
})

describe('a robot with a keep file', () => {
  const connect = (service: FakeService, keep: Keep.Keep) =>
    Robot.connect('http://fake.example', { account: key(1), fetch: service.fetch, keep, retryForMs: 0 })

  test('behavior: has on disk what it sends, before it sends it', async () => {
    const service = new FakeService()
    service.account(holder.account).available = 100n
    const robot = await connect(service, Keep.file(path()))
    const found: unknown[] = []
    const { fetch } = service
    const spy = Robot.connect('http://fake.example', {
      account: key(1),
      keep: Keep.file(path()),
      fetch: async (input, init) => {
        if (String(input).endsWith('/v1/payments')) {
          const { lines } = JSON.parse(await readFile(path(), 'utf8'))
          found.push(lines[0].unanswered[0].payment, JSON.parse(String(init?.body)))
        }
        return fetch(input, init)
      },
    })
    await (await spy).pay({ to: payee, amount: 5n })
    expect(found).toHaveLength(2)
    expect(found[0]).toEqual(found[1])
    await robot.close()
  })

  test('behavior: a new process sends again what the last one had no answer to', async () => {
    const service = new FakeService()
    service.account(holder.account).available = 100n
    const first = await connect(service, Keep.file(path()))
    service.fault = (where) => (where === '/v1/payments' ? 'refuse' : undefined)
    await expect(first.pay({ to: payee, amount: 5n })).rejects.toMatchObject({ code: 'SL649' })
    service.fault = () => undefined
    const second = await connect(service, Keep.file(path()))
    expect(second.recovered).toMatchObject([{ status: 'fulfilled', value: { payment: { amount: 5n, total: 5n } } }])
    expect(service.account(payee).credit.total).toBe(5n)
  })

  test('behavior: also after others that were accepted', async () => {
    const service = new FakeService()
    service.account(holder.account).available = 100n
    const first = await connect(service, Keep.file(path()))
    for (const amount of [1n, 2n]) await first.pay({ to: payee, amount })
    service.fault = (where) => (where === '/v1/payments' ? 'refuse' : undefined)
    await expect(first.pay({ to: payee, amount: 5n })).rejects.toMatchObject({ code: 'SL649' })
    service.fault = () => undefined
    const second = await connect(service, Keep.file(path()))
    expect(second.recovered).toMatchObject([{ status: 'fulfilled', value: { payment: { amount: 5n, total: 8n } } }])
  })

  test('error: SL648 for the older of two robots with one file: it sends nothing more, and what it had unanswered is sent by the other, once', async () => {
    const service = new FakeService()
    service.account(holder.account).available = 100n
    const older = await connect(service, Keep.file(path()))
    await older.pay({ to: payee, amount: 1n, key: 'a' })
    service.fault = (where) => (where === '/v1/payments' ? 'refuse' : undefined)
    await expect(older.pay({ to: payee, amount: 2n, key: 'b' })).rejects.toMatchObject({ code: 'SL649' })
    service.fault = () => undefined
    const newer = await connect(service, Keep.file(path()))
    expect(newer.recovered).toMatchObject([{ status: 'fulfilled', value: { payment: { amount: 2n, total: 3n } } }])
    const sent = service.requests.length
    for (const key of ['c', 'd'])
      await expect(older.pay({ to: payee, amount: 4n, key })).rejects.toMatchObject({ code: 'SL648' })
    expect(service.requests.slice(sent).filter(({ path: where }) => where === '/v1/payments')).toEqual([])
    await newer.pay({ to: payee, amount: 8n, key: 'c' })
    expect(service.account(payee).credit.total).toBe(11n)
  })

  test('error: what cannot be kept is not sent', async () => {
    const service = new FakeService()
    service.account(holder.account).available = 100n
    const keep = Keep.memory()
    const robot = await connect(service, { load: keep.load, save: () => Promise.reject(new Error('disk full')) })
    await expect(robot.pay({ to: payee, amount: 5n })).rejects.toThrow('disk full')
    expect(service.requests.filter(({ path: where }) => where === '/v1/payments')).toEqual([])
  })
})
