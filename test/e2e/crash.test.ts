/**
 * The service is killed with kill -9, over and over, while payments and settlements are under way, and starts again from its journal. What
 * it has acknowledged is neither lost nor doubled (I11), and ledger and chain agree after the next settlement (I13). The payers here are as
 * plain as can be: they sign once, and send the same bytes until they have their answers.
 */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as Client from '../../src/chain/Client.ts'
import * as ChainHouse from '../../src/chain/House.ts'
import * as Keys from '../../src/chain/Keys.ts'
import { replay } from '../../src/clearing/Replay.ts'
import { assetsOf } from '../../src/clearing/Service.ts'
import * as Network from '../../src/cli/Network.ts'
import * as Account from '../../src/core/Account.ts'
import * as Ledger from '../../src/core/Ledger.ts'
import type { PaymentRequest, Receipt } from '../../src/core/Payment.ts'
import * as Wire from '../../src/core/Wire.ts'
import * as Embedded from '../../src/store/Embedded.ts'
import { folder } from '../src/support/Folder.ts'
import { ask } from '../src/support/Http.ts'
import * as Member from '../src/support/Member.ts'
import { deposit, domainOf, withdrawal } from '../src/support/Running.ts'

const keys = Keys.random()
const data = join(folder(), 'data')
const json = { 'content-type': 'application/json' }
const operator = { ...json, authorization: `Bearer ${keys.operatorToken}` }
let network: Network.Network
let restarts = 0

beforeAll(async () => {
  network = await Network.start({
    data,
    keys,
    host: '127.0.0.1',
    port: 0,
    settleEverySeconds: 1,
    manualSettlement: false,
    progress: (text) => {
      if (text.includes('starting it again')) restarts++
    },
    onFailure: (error) => {
      throw error
    },
  })
})
afterAll(() => network.stop())

const soon = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** Asks until there is an answer, however often the service goes away meanwhile. */
const persist = async (path: string, body?: unknown, headers = json) => {
  for (;;) {
    const answer = await ask(network.url + path, body === undefined ? 'GET' : 'POST', headers, body).catch(
      () => undefined,
    )
    if (answer?.status === 200) return answer
    if (answer !== undefined && answer.status !== 503) throw new Error(`${path}: ${answer.text}`)
    await soon(20)
  }
}

const kill = () => process.kill(network.servicePid(), 'SIGKILL')

const member = (name: string) =>
  Member.create(name, { domain: domainOf(network.deployment), asset: network.deployment.dollar.asset })

const fund = async (of: Member.Member, amount: bigint): Promise<void> => {
  await persist('/v1/faucet', { to: of.address, amount })
  await persist('/v1/deposits', deposit({ deployment: network.deployment, keys }, of, amount))
}

/** Pays in small lots; each lot is sent again as it is until every payment in it has its receipt. */
const pay = async (payer: Member.Member, lots: number, payees: readonly Member.Member[], told: () => void) => {
  const receipts: Receipt[] = []
  for (let lot = 0; lot < lots; lot++) {
    const requests: PaymentRequest[] = [1n, 2n, 3n, 4n].map((amount, i) =>
      payer.pay({ to: (payees[(lot + i) % payees.length] as Member.Member).address, amount }),
    )
    const answers = Wire.parse(Wire.paymentResults, (await persist('/v1/payments', requests)).body)
    for (const answer of answers) {
      if (!('payment' in answer)) throw new Error(`refused: ${answer.code} ${answer.detail}`)
      receipts.push(answer as Receipt)
    }
    told()
  }
  return receipts
}

/** The journal's ledger, and where the chain differs from it. */
const compare = async () => {
  const journal = Embedded.read(data)
  const ledger = Ledger.create(assetsOf(network.deployment))
  replay(journal, ledger)
  journal.close()
  const client = Client.create(network.rpcUrl)
  const { asset } = network.deployment.dollar
  const accounts = [...ledger.accounts.values()].filter((account) => account.asset === asset)
  const names = accounts.map(({ account }) => account)
  const slots = await ChainHouse.slots(client, network.deployment.clearingHouse, asset, names, ledger.block)
  const differing = accounts.filter(({ settled }, i) => Wire.stringify(settled) !== Wire.stringify({ ...slots[i] }))
  return { ledger, differing, unsettled: accounts.filter(Account.isUnsettled) }
}

describe('I11 I13 kill -9 in the middle of payments and settlement', () => {
  test('behavior: no acknowledged payment is lost or doubled, and ledger and chain agree afterwards', async () => {
    const [payers, shops] = [6, 3].map((count, kind) => Array.from({ length: count }, (_, i) => member(`${kind} ${i}`)))
    for (const payer of payers as Member.Member[]) await fund(payer, 1000n)
    let lots = 0
    const killsAt = new Set([5, 25, 60, 90])
    const told = () => {
      lots++
      if (lots % 20 === 0) {
        // A settlement is under way when the service dies.
        void ask(`${network.url}/v1/settlements`, 'POST', operator, {}).catch(() => undefined)
        setTimeout(kill, lots % 7)
      } else if (killsAt.has(lots)) kill()
    }
    const paid = await Promise.all((payers as Member.Member[]).map((of) => pay(of, 20, shops as Member.Member[], told)))
    const receipts = paid.flat()
    expect(receipts).toHaveLength(480)
    expect(restarts).toBeGreaterThan(4)

    for (const receipt of receipts) {
      const { body } = await persist(`/v1/payments/${receipt.payment.id}`)
      expect(Wire.parse(Wire.receipt, body)).toEqual(receipt)
    }
    await persist('/v1/settlements', {}, operator)
    const { ledger, differing, unsettled } = await compare()
    expect([differing, unsettled]).toEqual([[], []])
    expect(ledger.payments).toBe(480)
    const of = (who: Member.Member) => Ledger.account(ledger, network.deployment.dollar.asset, who.address)
    for (const payer of payers as Member.Member[]) {
      expect(of(payer).settled).toEqual({ balance: 800n, debited: 200n, credited: 0n })
    }
    expect((shops as Member.Member[]).reduce((sum, shop) => sum + of(shop).settled.balance, 0n)).toBe(1200n)
    const { text } = await persist('/v1/ledger', undefined, operator)
    expect(text).toBe(Ledger.serialize(ledger))
  })

  test('behavior: a withdrawal that was under way happens once', async () => {
    const robot = member('robot')
    await fund(robot, 100n)
    for (let nonce = 0n; nonce < 4n; nonce++) {
      const request = withdrawal({ deployment: network.deployment, keys }, robot, { amount: 10n, nonce })
      setTimeout(kill, Number(nonce) * 8)
      await persist('/v1/withdrawals', request)
    }
    const view = Wire.parse(Wire.accountView, (await persist(`/v1/accounts/${robot.address}`)).body)
    expect(view.assets[0]).toMatchObject({ available: 60n, balance: 60n, pendingWithdrawals: 0n, nonce: 4n })
    expect((await compare()).differing).toEqual([])
  })
})
