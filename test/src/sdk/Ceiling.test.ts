/** I21: what a robot signs is bounded by what it was asked, whatever the service says. Each fault is one that a liar has tried. */
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { Hex, PaymentRequest } from '../../../src/core/Payment.ts'
import * as Wire from '../../../src/core/Wire.ts'
import * as Digest from '../../../src/crypto/Digest.ts'
import * as Signature from '../../../src/crypto/Signature.ts'
import * as Entry from '../../../src/sdk/Entry.ts'
import { Places } from '../../../src/sdk/Places.ts'
import { Robot } from '../../../src/sdk/Robot.ts'
import type { RobotOptions } from '../../../src/sdk/RobotOptions.ts'
import { Signed } from '../../../src/sdk/Signed.ts'
import { dollar, domain, type FakeService, key, trust } from './FakeService.ts'
import { Observer } from './Observer.ts'
import { codes, funded, payee, payer, payments } from './Payer.ts'

const problem = (code: string, status = 409) => ({ type: 't', title: 't', status, code, detail: 'no' })

/** A service in front of the honest one, which answers some requests by itself. */
const liar = (service: FakeService, answer: (path: string, body: unknown) => unknown): typeof fetch => {
  return async (input, init) => {
    const path = new URL(String(input)).pathname
    const body = init?.body === undefined ? undefined : JSON.parse(String(init.body))
    const lie = answer(path, body) as { status?: number; code?: string } | undefined
    if (lie === undefined) return service.fetch(input, init)
    return new Response(Wire.stringify(lie), { status: lie.code === undefined ? 200 : (lie.status ?? 400) })
  }
}

const connect = (fetch: typeof globalThis.fetch, options: Partial<RobotOptions> = {}) =>
  Robot.connect('http://fake.example', { account: key(1), fetch, retryForMs: 0, keep: false, ...options })

const warnings: unknown[] = []
beforeEach(() => {
  vi.spyOn(process, 'emitWarning').mockImplementation((warning) => void warnings.push(warning))
})
afterEach(() => void warnings.splice(0))

describe('I21 a debit that was refused', () => {
  /** Refuses everything, and shows the newest debit that it got as the account's last accepted one. */
  const shown = (code: string, prove: boolean) => {
    const service = funded(100_000_000n)
    const inbox: PaymentRequest[] = []
    const fetch = liar(service, (path, body) => {
      if (path === '/v1/payments') {
        const requests = [body].flat().map((request) => Wire.parse(Wire.paymentRequest, request) as PaymentRequest)
        inbox.push(...requests)
        return Array.isArray(body) ? requests.map(() => problem(code)) : problem(code)
      }
      const top = inbox.reduce<PaymentRequest | undefined>((a, b) => (a && a.total > b.total ? a : b), undefined)
      if (path.startsWith('/v1/accounts/') && top !== undefined) {
        if (prove && top.total > service.account(payer).debit.total)
          service.pay(inbox.filter((r) => r.total <= top.total))
        const view = service.view(payer)
        return { ...view, assets: view.assets.map((line) => (line.asset === dollar ? { ...line, debit: top } : line)) }
      }
      return undefined
    })
    return { service, fetch, inbox }
  }

  test.each(['SL309', 'SL304'])(
    'error: %s and the robot’s own newest debit as accepted: it signs no more',
    async (code) => {
      const account = new Observer(key(1))
      const { fetch } = shown(code, false)
      const robot = await connect(fetch, { account })
      const ten = await Promise.allSettled(
        Array.from({ length: 10 }, (_, i) => robot.pay({ to: payee, amount: 100_000n, for: 'x', key: `${i}` })),
      )
      expect(new Set(codes(ten))).toEqual(new Set(['SL682']))
      expect(account.highest(dollar)).toBe(1_000_000n)
    },
  )

  test('error: with receipts for it, which make it accepted: what it includes is charged, and never signed again', async () => {
    const account = new Observer(key(1))
    const { fetch, inbox } = shown('SL309', true)
    const robot = await connect(fetch, { account })
    const pay = (i: number) => robot.pay({ to: payee, amount: 100_000n, for: 'x', key: `${i}` })
    const ten = await Promise.allSettled(Array.from({ length: 10 }, (_, i) => pay(i)))
    expect(new Set(codes(ten))).toEqual(new Set(['SL683']))
    expect(account.highest(dollar)).toBe(1_000_000n)
    const before = account.seen.length
    await expect(pay(3)).rejects.toMatchObject({ code: 'SL683', payment: { total: 400_000n } })
    expect(account.seen.length).toBe(before)
    expect(inbox.at(-1)).toMatchObject({ total: 400_000n })
  })

  test('behavior: one that was charged after all is told, and paying the same again charges nothing', async () => {
    const service = funded()
    let isFirst = true
    const fetch = liar(service, (path, body) => {
      if (path !== '/v1/payments' || !isFirst) return undefined
      isFirst = false
      service.pay([Wire.parse(Wire.paymentRequest, body) as PaymentRequest])
      return problem('SL306', 402)
    })
    const robot = await connect(fetch)
    const dear = { to: payee, amount: 500_000n, for: 'a', key: '1' }
    await expect(robot.pay(dear)).rejects.toMatchObject({ code: 'SL306' })
    expect((await robot.pay({ to: payee, amount: 10n, for: 'b', key: '2' })).payment.total).toBe(500_010n)
    expect(warnings).toMatchObject([{ code: 'SL689', actual: expect.stringContaining('500000 atomic units') }])
    await expect(robot.pay({ ...dear, amount: 1n })).rejects.toMatchObject({ code: 'SL313' })
    expect((await robot.pay(dear)).payment.total).toBe(500_000n)
    expect(service.account(payer).debit.total).toBe(500_010n)
  })

  test('behavior: somebody else’s payment with the same key is believed with its receipt, and continued from', async () => {
    const service = funded()
    const [one, two] = [await connect(service.fetch), await connect(service.fetch)]
    await one.pay({ to: payee, amount: 5n })
    expect((await two.pay({ to: payee, amount: 7n })).payment.total).toBe(12n)
    expect((await one.pay({ to: payee, amount: 1n })).payment.total).toBe(13n)
  })
})

describe('I21 a claim when a robot connects', () => {
  test('error: SL682 a debit that the account has signed, without its receipt', async () => {
    const service = funded()
    const history: Hex = `0x${'12'.repeat(32)}`
    const signature = Signature.sign(Digest.debit(domain, dollar, 9n, history), key(1))
    service.account(payer).debit = { total: 9n, history, signature }
    await expect(connect(service.fetch)).rejects.toMatchObject({ code: 'SL682' })
  })

  test('error: SL646 an older one than the robot has a receipt of, also while it runs', async () => {
    const service = funded()
    const robot = await connect(service.fetch)
    await robot.pay({ to: payee, amount: 1n })
    const old = { ...service.account(payer).debit }
    await robot.pay({ to: payee, amount: 2n })
    service.account(payer).debit = old
    service.refuse = (request) => (request.total === 8n ? 'conflict' : undefined)
    await expect(robot.pay({ to: payee, amount: 5n })).rejects.toMatchObject({ code: 'SL646' })
    expect(payments(service).map(({ body }) => (body as { total: string }).total)).toEqual(['1', '3', '8'])
  })

  test('error: SL641 another account’s view', async () => {
    const service = funded()
    const fetch = liar(service, (path) => (path.startsWith('/v1/accounts/') ? service.view(payee) : undefined))
    await expect(connect(fetch)).rejects.toMatchObject({ code: 'SL641' })
  })

  test.each([12, 7, 5, 0, -1])('error: SL684 a dollar or an energy credit with %i decimals', async (decimals) => {
    const service = funded()
    for (const token of ['dollar', 'energyCredit'] as const) {
      const status = { ...service.status(), [token]: { ...service.status()[token], decimals } }
      const fetch = liar(service, (path) => (path === '/v1/status' ? status : undefined))
      await expect(connect(fetch)).rejects.toMatchObject({ code: 'SL684' })
    }
  })

  test('behavior: fewer decimals than 6 are believed where they are pinned, more never', async () => {
    const service = funded()
    const status = { ...service.status(), dollar: { ...service.status().dollar, decimals: 2 } }
    const fetch = liar(service, (path) => (path === '/v1/status' ? status : undefined))
    const account = new Observer(key(1))
    await (await connect(fetch, { account, decimals: 2 })).pay({ to: payee, amount: '0.05' })
    expect(account.highest(dollar)).toBe(5n)
    await expect(connect(fetch, { decimals: 12 })).rejects.toMatchObject({ code: 'SL686' })
    await expect(connect(service.fetch, { decimals: 2 })).rejects.toMatchObject({ code: 'SL684' })
  })

  test('error: SL647 another dollar or energy credit than the pinned one; SL684 both the same', async () => {
    const service = funded()
    for (const pin of [{ dollar: payee }, { energyCredit: payee }])
      await expect(connect(service.fetch, pin)).rejects.toMatchObject({ code: 'SL647' })
    const { dollar: token } = service.status()
    const fetch = liar(service, (path) =>
      path === '/v1/status' ? { ...service.status(), energyCredit: token } : undefined,
    )
    await expect(connect(fetch)).rejects.toMatchObject({ code: 'SL684' })
  })

  test('error: SL684 a clock that is not about ours, when connecting and later; on a simulated chain one that fits no deadline', async () => {
    const service = funded()
    const ours = BigInt(Math.floor(Date.now() / 1000))
    const real = { ...service.status(), chainId: 8453 }
    const at = (nowSeconds: bigint, chainId: number) =>
      liar(service, (path) => (path === '/v1/status' ? { ...real, chainId, nowSeconds } : undefined))
    for (const nowSeconds of [0n, ours - 7200n, ours + 7200n, (1n << 64n) - 1n])
      await expect(connect(at(nowSeconds, 8453))).rejects.toMatchObject({ code: 'SL684' })
    await expect(connect(at((1n << 64n) - 1n, 31_337))).rejects.toMatchObject({ code: 'SL684' })
    await connect(at(ours + 60n, 8453))
    let nowSeconds = service.nowSeconds
    service.refuse = () => 'expired'
    const robot = await connect(
      liar(service, (path) => (path === '/v1/status' ? { ...service.status(), nowSeconds } : undefined)),
    )
    nowSeconds = 1n << 63n
    await expect(robot.pay({ to: payee, amount: 1n })).rejects.toMatchObject({ code: 'SL684' })
  })
})

test('error: SL684 a budget sequence that would be an owner’s last; SL641 a budget for another account than the one named', async () => {
  const service = funded()
  service.owner = payer
  const account = new Observer(key(1))
  const budget = { perPayment: 1n, perDay: 1n, total: 1n, validUntil: 1n, paidToday: 0n }
  let view: unknown
  const robot = await connect(
    liar(service, (path) => (path === `/v1/accounts/${payee}` ? view : undefined)),
    { account },
  )
  for (const sequence of [(1n << 32n) - 1n + 1n, (1n << 64n) - 1n]) {
    const { assets, ...rest } = service.view(payee)
    view = { ...rest, assets: assets.map((line) => ({ ...line, budget: { ...budget, sequence } })) }
    await expect(robot.setBudget(payee, { perDay: 5n })).rejects.toMatchObject({ code: 'SL684' })
  }
  view = service.view(payer)
  await expect(robot.setBudget(payee, { perDay: 5n })).rejects.toMatchObject({ code: 'SL641' })
  expect(account.of('Budget')).toEqual([])
})

test('error: SL685 the guard where it is signed: above the accepted total and what is open nothing is signed', async () => {
  const account = new Observer(key(1))
  const service = funded()
  const robot = await connect(service.fetch, { account })
  onTestFinished(() => robot.close())
  const entry = { ...Entry.fresh({ payee, amount: 5n as never, reference: `0x${'56'.repeat(32)}` }), validUntil: 9n }
  const start = { total: 10n, history: `0x${'12'.repeat(32)}` as Hex }
  const desk = { signer: account, domain: robot.deployment.clearing, validUntil: () => 9n } as never
  const onRefused = () => {}
  const places = new Places(desk, dollar, new Signed(), start)
  await expect(places.fill([entry], { accepted: 9n, open: [entry], onRefused })).rejects.toMatchObject({
    code: 'SL685',
  })
  expect(account.seen).toEqual([])
  places.restart(start)
  await places.fill([{ ...entry, placed: false }], { accepted: 10n, open: [entry], onRefused })
  expect(account.highest(dollar)).toBe(15n)
  expect(trust.chainId).toBe(account.seen[0]?.domain.chainId)
})
