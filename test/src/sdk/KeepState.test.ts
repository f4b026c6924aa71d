/** The keep of a robot that names none: in the user's state folder, one file for each robot, and nothing that was signed is forgotten. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import * as Signature from '../../../src/crypto/Signature.ts'
import * as Keep from '../../../src/sdk/Keep.ts'
import * as KeepLock from '../../../src/sdk/KeepLock.ts'
import * as KeepState from '../../../src/sdk/KeepState.ts'
import type { Robot } from '../../../src/sdk/Robot.ts'
import { dollar, domain, key } from './FakeService.ts'
import { connect as connectWith, funded, payee, payer } from './Payer.ts'

const holder: Keep.Holder = { deployment: domain, account: Signature.addressOf(key(1)) }
/** A robot with the default keep. */
const connect: typeof connectWith = async (service, options) => {
  const robot = await connectWith(service, { keep: undefined, ...options })
  onTestFinished(() => robot.close())
  return robot
}

let folder = ''
const warnings: unknown[] = []
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sunledger-state-'))
  vi.stubEnv('XDG_STATE_HOME', folder)
  vi.spyOn(process, 'emitWarning').mockImplementation((warning) => void warnings.push(warning))
})
afterEach(async () => {
  vi.unstubAllEnvs()
  warnings.splice(0)
  await rm(folder, { recursive: true })
})
const files = async () =>
  (await readdir(join(folder, 'sunledger')).catch(() => [])).filter((name) => !name.endsWith('.receipts'))
const name = `${domain.slice(2, 18)}-${payer}`

describe('the default keep', () => {
  test('behavior: a robot that comes after a crash sends again what had no answer', async () => {
    const service = funded()
    const first = await connectWith(service, { keep: undefined, retryForMs: 0 })
    service.fault = (path) => (path === '/v1/payments' ? 'lose' : undefined)
    await expect(first.pay({ to: payee, amount: 2n })).rejects.toMatchObject({ code: 'SL649' })
    service.fault = () => undefined
    await first.close()
    expect(await files()).toEqual([`${name}.json`])
    const second = await connect(service)
    expect(second.recovered).toMatchObject([{ status: 'fulfilled', value: { payment: { total: 2n } } }])
  })

  test('error: SL646 a service that shows an older state than the account has a receipt of', async () => {
    const service = funded()
    const robot = await connect(service)
    await robot.pay({ to: payee, amount: 1n })
    const old = { ...service.account(payer).debit }
    await robot.pay({ to: payee, amount: 2n })
    await robot.close()
    service.account(payer).debit = old
    await expect(connectWith(service, { keep: undefined })).rejects.toMatchObject({ code: 'SL646' })
  })

  test('behavior: nothing is written before something is signed, nor where keep is false', async () => {
    const service = funded()
    await connect(service)
    await (await connect(service, { keep: false })).pay({ to: payee, amount: 1n })
    expect(await files()).toEqual([])
  })

  test('behavior: robots of one account at once: each pays, each has a file, and the next takes over what they left', async () => {
    const service = funded()
    const robots: Robot[] = []
    for (let i = 0; i < 3; i++) robots.push(await connectWith(service, { keep: undefined, retryForMs: 0 }))
    const paid = await Promise.all(
      [0, 1, 2, 3, 4, 5].map((i) => robots[i % 3]?.pay({ to: payee, amount: 1n, for: 'x', key: `${i}` })),
    )
    expect(new Set(paid.map((receipt) => receipt?.payment.total))).toEqual(new Set([1n, 2n, 3n, 4n, 5n, 6n]))
    expect(await files()).toEqual([`${name}.2.json`, `${name}.3.json`, `${name}.json`])
    service.fault = (path) => (path === '/v1/payments' ? 'lose' : undefined)
    const lost = await Promise.allSettled(
      robots.map((robot, i) => robot.pay({ to: payee, amount: 10n, for: 'y', key: `${i}` })),
    )
    expect(lost.map((result) => result.status === 'rejected' && result.reason.code)).toEqual([
      'SL649',
      'SL649',
      'SL649',
    ])
    service.fault = () => undefined
    for (const robot of robots) await robot.close()
    const next = await connect(service)
    // Each had the same place, so the service took one: what it refused of an earlier process is told, and not signed anew.
    expect(next.recovered.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected', 'rejected'])
    expect(service.account(payee).credit.total).toBe(16n)
    expect(await files()).toEqual([`${name}.json`])
  })

  test('behavior: a process that was killed lets go of its file', async () => {
    const path = KeepState.pathOf(holder)
    await mkdir(dirname(path), { recursive: true })
    const code = `
      const { take } = await import(${JSON.stringify(new URL('../../../src/sdk/KeepLock.ts', import.meta.url).href)})
      console.log(typeof await take(${JSON.stringify(path)}))
      setInterval(() => {}, 1000)`
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', code])
    const [said] = await once(child.stdout, 'data')
    expect([`${said}`.trim(), await KeepLock.take(path)]).toEqual(['function', undefined])
    child.kill('SIGKILL')
    await once(child, 'exit')
    const release = await KeepLock.take(path)
    expect(release).toBeTypeOf('function')
    await release?.()
  })

  test('behavior: where nothing can be written: one warning, then memory', async () => {
    vi.resetModules()
    const { Robot } = await import('../../../src/sdk/Robot.ts')
    await writeFile(join(folder, 'sunledger'), 'a file where the folder should be')
    const service = funded()
    for (const total of [1n, 2n]) {
      const robot = await Robot.connect('http://fake.example', { account: key(1), fetch: service.fetch })
      expect((await robot.pay({ to: payee, amount: 1n })).payment.total).toBe(total)
      await robot.close()
    }
    expect(warnings).toMatchObject([{ code: 'SL688' }])
  })

  test('error: SL648 a damaged file, or one with debits of another key; SL686 what is no keep', async () => {
    const service = funded()
    await (await connect(service)).pay({ to: payee, amount: 1n })
    const path = KeepState.pathOf(holder)
    const text = await readFile(path, 'utf8')
    await writeFile(path, text.replace('"total":"1"', '"total":"1000000"'))
    await rm(KeepState.pathOf(holder, 2), { force: true })
    await expect(connectWith(service, { keep: Keep.file(path) })).rejects.toMatchObject({ code: 'SL648' })
    await writeFile(path, text.slice(0, 50))
    await expect(connectWith(service, { keep: Keep.file(path) })).rejects.toMatchObject({ code: 'SL648' })
    await expect(connectWith(service, { keep: 'x' as never })).rejects.toMatchObject({ code: 'SL686' })
  })
})

describe('one file for many starts', () => {
  test('error: never a raw error of the system: the last one goes on, the others get SL648', async () => {
    const service = funded()
    const path = join(folder, 'robot.json')
    await (await connectWith(service, { keep: Keep.file(path) })).pay({ to: payee, amount: 1n })
    for (let round = 0; round < 10; round++) {
      const starts = await Promise.allSettled([1, 2, 3].map(() => connectWith(service, { keep: Keep.file(path) })))
      const codes = []
      for (const start of starts) {
        const end =
          start.status === 'rejected'
            ? start.reason
            : await start.value.pay({ to: payee, amount: 1n }).catch((error) => error)
        codes.push(end.code ?? 'paid')
      }
      expect(
        codes.every((code) => code === 'SL648' || code === 'paid'),
        `${codes}`,
      ).toBe(true)
    }
  })

  test('error: SL688 a folder that cannot be made', async () => {
    await writeFile(join(folder, 'file'), '')
    const keep = Keep.file(join(folder, 'file', 'robot.json'))
    const robot = connectWith(funded(), { keep })
    await expect(robot.then((each) => each.pay({ to: payee, amount: 1n }))).rejects.toMatchObject({
      code: /SL688|SL648/,
    })
  })
})

test('behavior: what several files hold becomes one: the higher debit, everything without an answer once, in order', () => {
  const debit = (total: bigint) => ({ total, history: `0x${'12'.repeat(32)}` as const, signature: '0x' as const })
  const payment = (total: bigint) => ({ payment: { total, history: `0x${total}` } as never })
  const parts = [
    { asset: dollar, accepted: debit(1n), unanswered: [payment(3n), payment(9n)] },
    { asset: dollar, accepted: debit(5n), unanswered: [payment(7n), payment(3n)] },
  ]
  expect(KeepState.merge(parts).get(dollar)).toEqual({
    ...{ asset: dollar, accepted: debit(5n) },
    unanswered: [payment(3n), payment(7n), payment(9n)],
  })
})
