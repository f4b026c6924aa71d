/**
 * How a service ends, and what is there when it starts again: killed in the very window between sending and recording, asked to end while
 * payments and a settlement are under way, and with a disk that is full. The service is a process of its own, on a chain of its own, over a
 * line that can be told when to do what.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import * as Client from '../../src/chain/Client.ts'
import * as Deployment from '../../src/chain/Deployment.ts'
import * as House from '../../src/chain/House.ts'
import * as Keys from '../../src/chain/Keys.ts'
import { replay } from '../../src/clearing/Replay.ts'
import { assetsOf } from '../../src/clearing/Service.ts'
import * as Processes from '../../src/cli/Processes.ts'
import { files } from '../../src/cli/service.ts'
import * as Ledger from '../../src/core/Ledger.ts'
import type { PaymentRequest } from '../../src/core/Payment.ts'
import * as Signature from '../../src/crypto/Signature.ts'
import * as Embedded from '../../src/store/Embedded.ts'
import * as BadLine from '../src/support/BadLine.ts'
import { folder as newFolder } from '../src/support/Folder.ts'
import { type Answer, ask } from '../src/support/Http.ts'
import * as Member from '../src/support/Member.ts'
import { deposit, domainOf, withdrawal } from '../src/support/Running.ts'

let chain: Processes.Child
let client: Client.Client

beforeAll(async () => {
  chain = await Processes.start(['chain'])
  client = Client.create(chain.ready.url)
})
afterAll(() => chain.stop())

const json = { 'content-type': 'application/json' }

/** A service of its own on contracts of its own. */
const serving = async (data = join(newFolder(), 'data')) => {
  mkdirSync(data, { recursive: true })
  const keys = Keys.random()
  const deployment = await Deployment.deployLocal(client, keys, { exitWindowSeconds: 60n, noticePeriodSeconds: 60n })
  Deployment.write(files(data).deployment, deployment)
  Keys.write(files(data).keys, keys)
  const line = await BadLine.start(chain.ready.url)
  const args = ['service', '--rpc', line.url, '--data', data, '--manual-settlement', '--log-level', 'silent']
  let child = await Processes.start(args)
  onTestFinished(() => child.stop())
  const post = (path: string, body: unknown): Promise<Answer> => {
    const headers = { ...json, authorization: `Bearer ${keys.operatorToken}` }
    return ask(child.ready.url + path, 'POST', headers, body)
  }
  const member = (name: string) => Member.create(name, { domain: domainOf(deployment), asset: deployment.dollar.asset })
  return {
    ...{ data, keys, deployment, line, post, member },
    get child() {
      return child
    },
    async again() {
      await child.ended
      child = await Processes.start(args)
    },
    async fund(of: Member.Member, amount: bigint) {
      await post('/v1/faucet', { to: of.address, amount })
      const { status } = await post('/v1/deposits', deposit({ deployment, keys }, of, amount))
      expect(status).toBe(200)
    },
    /** How many transactions the settlement key has on chain. */
    sent: () => client.getTransactionCount({ address: Signature.addressOf(keys.settlement) }),
    async ledger() {
      const journal = Embedded.read(data)
      const ledger = Ledger.create(assetsOf(deployment))
      replay(journal, ledger)
      journal.close()
      return ledger
    },
  }
}

type Serving = Awaited<ReturnType<typeof serving>>

/** I13 for everybody whom the ledger knows. */
const agree = async ({ ledger, deployment }: Serving): Promise<void> => {
  const kept = await ledger()
  const { asset } = deployment.dollar
  const accounts = [...kept.accounts.values()].filter((account) => account.asset === asset)
  const names = accounts.map(({ account }) => account)
  const slots = await House.slots(client, deployment.clearingHouse, asset, names, kept.block)
  expect(accounts.map(({ settled }) => ({ ...settled }))).toEqual(slots.map((slot) => ({ ...slot })))
}

const settledOf = async ({ ledger, deployment }: Serving, of: Member.Member) =>
  Ledger.account(await ledger(), deployment.dollar.asset, of.address).settled

describe('I11 I13 killed between sending and recording', () => {
  test('behavior: a settlement is found on chain, and not sent again', async () => {
    const all = await serving()
    const { line, post, child, member, fund, sent, deployment } = all
    const [payer, shop] = [member('payer'), member('shop')]
    await fund(payer, 1000n)
    await post('/v1/payments', payer.pay({ to: shop.address, amount: 30n }))
    const before = await sent()
    line.acted('eth_sendRawTransaction', async () => process.kill(child.pid, 'SIGKILL'))
    await expect(post('/v1/settlements', {})).rejects.toThrow()
    await child.ended
    expect([await sent(), (await settledOf(all, payer)).debited]).toEqual([before + 1, 0n])
    const [slot] = await House.slots(
      ...[client, deployment.clearingHouse, deployment.dollar.asset, [payer.address]],
      await client.getBlockNumber(),
    )
    expect(slot).toMatchObject({ balance: 970n, debited: 30n })

    await all.again()
    const answer = await all.post('/v1/settlements', {})
    expect(answer.body).toMatchObject({ transactions: [] })
    expect([await sent(), await settledOf(all, shop)]).toEqual([
      before + 1,
      { balance: 30n, debited: 0n, credited: 30n },
    ])
    await agree(all)
  })

  test('behavior: a withdrawal is found on chain, and paid once', async () => {
    const all = await serving()
    const { line, post, child, member, fund, sent, deployment, keys } = all
    const payer = member('payer')
    await fund(payer, 1000n)
    const request = withdrawal({ deployment, keys }, payer, { amount: 300n, nonce: 0n })
    const before = await sent()
    line.acted('eth_sendRawTransaction', async () => process.kill(child.pid, 'SIGKILL'))
    await expect(post('/v1/withdrawals', request)).rejects.toThrow()
    await all.again()
    expect((await all.post('/v1/withdrawals', request)).status).toBe(200)
    expect([await sent(), (await settledOf(all, payer)).balance]).toEqual([before + 1, 700n])
    await agree(all)
  })
})

describe('asked to end', () => {
  test('behavior: what was accepted is answered and on disk, a settlement under way is finished, and the exit code is 0', async () => {
    const all = await serving()
    const { line, post, child, member, fund, sent } = all
    const payers = Array.from({ length: 8 }, (_, i) => member(`payer ${i}`))
    const shop = member('shop')
    for (const payer of payers) await fund(payer, 1000n)
    await post('/v1/payments', (payers[0] as Member.Member).pay({ to: shop.address, amount: 5n }))
    const before = await sent()
    let arrived = () => {}
    const onItsWay = new Promise<void>((resolve) => {
      arrived = resolve
    })
    line.hold('eth_sendRawTransaction', async () => {
      arrived()
      await new Promise((resolve) => setTimeout(resolve, 150))
    })
    const settling = post('/v1/settlements', {})
    await onItsWay
    const requests = payers.flatMap((payer) =>
      Array.from({ length: 12 }, (): PaymentRequest => payer.pay({ to: shop.address, amount: 1n })),
    )
    const answers = requests.map((request) => post('/v1/payments', request).catch(() => undefined))
    await Promise.race(answers)
    process.kill(child.pid, 'SIGTERM')
    expect(await child.ended).toBe('exit code 0')
    expect((await settling).body).toMatchObject({ transactions: [{}] })
    const told = (await Promise.all(answers)).filter((answer) => answer?.status === 200)
    expect(told.length).toBeGreaterThan(0)
    const kept = await all.ledger()
    expect(kept.payments - 1).toBe(told.length)

    // Whoever had no answer sends the same again.
    await all.again()
    for (const request of requests) expect((await all.post('/v1/payments', request)).status).toBe(200)
    expect((await all.post('/v1/settlements', {})).status).toBe(200)
    expect([(await all.ledger()).payments, (await settledOf(all, shop)).balance]).toEqual([97, 101n])
    expect(await sent()).toBe(before + 2)
    await agree(all)
  })
})

const mount = (...args: string[]) => spawnSync('mount', args).status === 0
const place = join(newFolder(), 'small')
mkdirSync(place)
const mayMount = process.platform === 'linux' && mount('-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', place)
if (!mayMount) process.stderr.write('No file system may be mounted here: the test of a full disk is skipped.\n')
afterAll(() => {
  if (mayMount) spawnSync('umount', ['-l', place])
})

describe('I11 a disk that is full', () => {
  test.skipIf(!mayMount)(
    'error: SL403, what was accepted is shown and safe, and all goes on when there is room',
    async () => {
      const all = await serving(place)
      const { child, post, member, fund } = all
      const [payer, shop] = [member('payer'), member('shop')]
      await fund(payer, 1_000_000n)
      const paid: PaymentRequest[] = []
      let last: string | undefined
      let refused: { codes: string[]; lot: PaymentRequest[] } | undefined
      while (refused === undefined) {
        const lot = Array.from({ length: 200 }, () => payer.pay({ to: shop.address, amount: 1n }))
        const answers = (await post('/v1/payments', lot)).body as { code?: string; payment?: { id: string } }[]
        // Signatures are checked in parts, so a list may be in several group commits; what was accepted of it comes first.
        const codes = answers.flatMap(({ code }) => code ?? [])
        paid.push(...lot.splice(0, lot.length - codes.length))
        last = answers.find(({ payment }) => payment !== undefined)?.payment?.id ?? last
        expect(answers.slice(answers.length - codes.length).every(({ code }) => code !== undefined)).toBe(true)
        if (codes.length > 0) refused = { codes, lot }
      }
      expect(new Set(refused.codes)).toEqual(new Set(['SL403']))
      const status = await ask(`${child.ready.url}/v1/status`, 'GET', json)
      expect(status.body).toMatchObject({ state: 'readOnly', payments: paid.length })
      expect((await ask(`${child.ready.url}/readyz`, 'GET', json)).status).toBe(503)
      expect((await ask(`${child.ready.url}/v1/payments/${last}`, 'GET', json)).status).toBe(200)
      expect((await post('/v1/settlements', {})).body).toMatchObject({ code: 'SL403' })
      process.kill(child.pid, 'SIGTERM')
      expect(await child.ended).toBe('exit code 0')

      expect(mount('-o', 'remount,size=16m', place)).toBe(true)
      await all.again()
      for (const lot of [paid.slice(-200), refused.lot]) {
        const { body } = await all.post('/v1/payments', lot)
        expect((body as { code?: string }[]).filter(({ code }) => code !== undefined)).toEqual([])
      }
      expect((await all.post('/v1/settlements', {})).status).toBe(200)
      expect((await all.ledger()).payments).toBe(paid.length + refused.lot.length)
      await agree(all)
    },
  )
})
