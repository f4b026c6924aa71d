/**
 * What chains do to those who settle on them, made to happen for real: gas that is dear, blocks that are full, somebody who is faster, a
 * member that leaves, a node that stands still. The ledger ends equal to the chain, each time, and nobody is paid twice.
 */
import { afterEach, describe, expect, test } from 'vitest'
import * as Client from '../../../src/chain/Client.ts'
import * as Deployment from '../../../src/chain/Deployment.ts'
import * as Keys from '../../../src/chain/Keys.ts'
import * as Outbox from '../../../src/chain/Outbox.ts'
import { defaultPolicy } from '../../../src/clearing/Policy.ts'
import * as Processes from '../../../src/cli/Processes.ts'
import * as Ledger from '../../../src/core/Ledger.ts'
import type { Hex, Receipt } from '../../../src/core/Payment.ts'
import * as Keccak from '../../../src/crypto/Keccak.ts'
import * as Signature from '../../../src/crypto/Signature.ts'
import { agree, settled } from '../support/Agree.ts'
import * as BadLine from '../support/BadLine.ts'
import { codeOf } from '../support/Book.ts'
import { type Chain, houseCall, tokensOf, useChain, windowSeconds } from '../support/Chain.ts'
import * as Member from '../support/Member.ts'
import { parties } from '../support/Parties.ts'
import { exit, ledgerOf, settlementsIn, start, withdrawal } from '../support/Running.ts'

const chain = useChain()
const gwei = 1_000_000_000n
const baseFee = (wei: bigint) => chain.raw('hardhat_setNextBlockBaseFeePerGas', `0x${wei.toString(16)}`)

afterEach(async () => {
  await baseFee(gwei)
  await chain.automine(true)
  await chain.mine(1)
})

const timing = { lookAfterMs: 20, bumpAfterMs: 60_000, mostWaitMs: 10_000 }

const running = parties(chain, { timing })

/** Transactions that wait in the pool, as many as there should be. */
const waiting = async (expected: number): Promise<Hex[]> => {
  for (;;) {
    const { transactions } = (await chain.raw('eth_getBlockByNumber', 'pending', false)) as { transactions: Hex[] }
    if (transactions.length >= expected) return transactions
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** Somebody who offers the block's producer much more than the service does. */
const hasty = async (name: string) => {
  const key = Keccak.ofText(`hasty ${name}`)
  await chain.raw('hardhat_setBalance', Signature.addressOf(key), '0xde0b6b3a7640000')
  let nonce = 0
  const fees = { maxFeePerGas: 500n * gwei, maxPriorityFeePerGas: 100n * gwei }
  return (call: Outbox.Call) =>
    chain.raw('eth_sendRawTransaction', Outbox.sign(key, 31337, nonce++, fees, call).serialized)
}

const collecting = (house: Hex, { payment, credit, proof }: Receipt) => {
  const { asset, total, history, signature } = payment
  return houseCall(house, 'collect', [{ asset, total, history, signature }, credit, proof])
}

describe('somebody who is faster', () => {
  test('behavior: collects and redeems in the same block, before the settlement: nobody is paid twice', async () => {
    const { service, payer, robot, shop, of, pay, house } = await running()
    const first = await pay(payer, robot, 30n)
    const second = await pay(robot, shop, 20n)
    const send = await hasty('collector')
    await chain.automine(false)
    const settling = service.settle()
    const [settlement] = await waiting(1)
    await send(collecting(house, first))
    await send(houseCall(house, 'redeem', [second.credit, second.proof]))
    await send(houseCall(house, 'redeem', [first.credit, first.proof]))
    await chain.mine(1)
    await settling
    const { transactions } = await chain.client.getBlock()
    expect([transactions.length, transactions.indexOf(settlement as Hex)]).toEqual([4, 3])
    await settled(chain, service)
    expect([of(payer), of(robot), of(shop)].map((account) => account.settled.balance)).toEqual([970n, 10n, 20n])
  })

  test('behavior: leaves in the same block, before the settlement of its debit: it pays what it owes', async () => {
    const { deployed, service, payer, shop, of, pay, house, asset } = await running()
    await pay(payer, shop, 30n)
    const send = await hasty('leaver')
    await chain.automine(false)
    const settling = service.settle()
    const [settlement] = await waiting(1)
    const wallet = Member.create('wallet').address
    const e = exit(deployed, payer, { nonce: 0n, to: wallet })
    await send(houseCall(house, 'requestExit', [e.asset, e.account, e.to, e.deadline, e.signature]))
    await chain.mine(1)
    await settling
    const { transactions } = await chain.client.getBlock()
    expect([transactions.length, transactions.indexOf(settlement as Hex)]).toEqual([2, 1])
    expect([of(payer).leaving, of(payer).settled.balance]).toEqual([true, 970n])
    expect(await codeOf(pay(payer, shop, 1n))).toBe('SL308')
    await settled(chain, service)
    await chain.automine(true)
    await chain.pass(windowSeconds + 10n)
    await service.until(async () => (await tokensOf(chain.client, asset, wallet)) === 970n)
    await service.until(() => of(payer).settled.balance === 0n)
    await settled(chain, service)
  })
})

describe('gas that becomes dear', () => {
  test('behavior: while a settlement is on its way: it is offered more, and settles once', async () => {
    const { service, payer, shop, of, pay } = await running()
    await pay(payer, shop, 30n)
    await chain.automine(false)
    const settling = service.settle()
    await waiting(1)
    await baseFee(80n * gwei)
    await chain.mine(1)
    await service.until(async () => {
      await chain.mine(1)
      return of(shop).settled.balance === 30n
    })
    await settling
    await settled(chain, service)
    expect(settlementsIn(service)).toHaveLength(1)
  })

  test('behavior: the policy puts settlement off until it is cheap again; payments go on', async () => {
    const policy = { ...defaultPolicy, everyMs: 50, dearWei: 10n * gwei }
    // Before the service asks for the first time; it comes down with every block of the deployment.
    await baseFee(900n * gwei)
    await chain.mine(1)
    const { service, payer, shop, pay } = await running({ policy })
    expect((await chain.client.getBlock()).baseFeePerGas).toBeGreaterThan(20n * gwei)
    for (let i = 0; i < 6; i++) await pay(payer, shop, 5n)
    await new Promise((resolve) => setTimeout(resolve, 600))
    expect([settlementsIn(service).length, service.status().unsettledMembers]).toEqual([0, 2])
    await baseFee(gwei)
    await chain.mine(1)
    await service.until(() => settlementsIn(service).length === 1)
    await service.until(() => service.status().unsettledMembers === 0)
    await settled(chain, service)
  })
})

describe('a withdrawal that is neither carried out nor refused for good', () => {
  test('error: SL518 its money stays set aside while an earlier transaction may still be mined', async () => {
    const short = { ...timing, mostFeeWei: 5n * gwei, mostWaitMs: 100 }
    const { deployed, service, payer, of, asset } = await running({ timing: short })
    const { timestamp } = await chain.client.getBlock()
    const request = withdrawal(deployed, payer, { amount: 300n, nonce: 0n, deadline: timestamp + 600n })
    await chain.automine(false)
    const first = codeOf(service.withdraw(request))
    await waiting(1)
    // Too dear for it; meanwhile its deadline passes.
    await baseFee(100n * gwei)
    await chain.pass(3600n)
    expect([await first, await codeOf(service.withdraw(request))]).toEqual(['SL508', 'SL518'])
    expect(of(payer).pendingWithdrawals).toBe(300n)
    await baseFee(gwei)
    await chain.mine(2)
    await chain.automine(true)
    expect(await codeOf(service.withdraw(request))).toBe('SL504')
    await settled(chain, service)
    expect(await tokensOf(chain.client, asset, payer.address)).toBe(0n)
    expect((await service.account(payer.address)).assets[0]?.available).toBe(1000n)
  })
})

describe('a chain that stands still', () => {
  /** A chain in a process of its own, which can be stopped where it stands. */
  const elsewhere = async () => {
    const child = await Processes.start(['chain'])
    const client = Client.create(child.ready.url)
    const keys = Keys.random()
    const periods = { exitWindowSeconds: windowSeconds, noticePeriodSeconds: 2n * windowSeconds }
    const deployment = await Deployment.deployLocal(client, keys, periods)
    const there = { ...chain, url: child.ready.url, client } as Chain
    return { child, there, deployed: { keys, deployment } }
  }

  test('behavior: in the middle of settling too: payments go on, and when it goes on all is settled once', async () => {
    const { child, there, deployed } = await elsewhere()
    const policy = { ...defaultPolicy, everyMs: 20 }
    const service = await start(there, deployed, { timing, policy, rpcTimeoutMs: 100 })
    const [payer, shop] = [service.member('payer'), service.member('shop')]
    await service.fund(payer, 1000n)
    const pay = (amount: bigint) => service.pay(payer.pay({ to: shop.address, amount }))
    for (let round = 0; round < 2; round++) {
      await pay(1n)
      // Sooner or later than the settlement that this makes due.
      await new Promise((resolve) => setTimeout(resolve, 20 * round))
      process.kill(child.pid, 'SIGSTOP')
      for (let i = 0; i < 5; i++) await pay(2n)
      await new Promise((resolve) => setTimeout(resolve, 1300))
      process.kill(child.pid, 'SIGCONT')
      await service.until(() => service.status().unsettledMembers === 0)
    }
    expect(service.complaints.some((line) => line.includes('SL503'))).toBe(true)
    await settled(there, service)
    expect(Ledger.account(ledgerOf(service), deployed.deployment.dollar.asset, shop.address).settled.balance).toBe(22n)
    await service.close()
    await child.stop()
  })
})

describe('a line that fails in every way, while everything goes on', () => {
  test('behavior: ledger and chain agree afterwards, and nobody was paid twice', async () => {
    const line = await BadLine.start(chain.url)
    const policy = { ...defaultPolicy, everyMs: 20 }
    const { service, payer, robot, shop, pay } = await running({ rpcUrl: line.url, policy, rpcTimeoutMs: 150 })
    const faults: BadLine.Fault[] = [
      ...(['lose', 'twice', 'mute'] as const),
      ...[{ lateMs: 250 }, { status: 503 }, { error: 'internal error', acted: true }],
      { error: 'come again', acted: false },
    ]
    const methods = ['eth_sendRawTransaction', 'eth_getTransactionReceipt', 'eth_getLogs', 'eth_getBlockByNumber']
    for (const [i, fault] of [...faults, ...faults].entries()) {
      line.fault(methods[i % methods.length] as string, 2, fault)
      await pay(payer, robot, 3n)
      await pay(robot, shop, 2n)
      await new Promise((resolve) => setTimeout(resolve, 40))
    }
    await service.until(() => service.status().unsettledMembers === 0)
    await agree(chain, service)
    await settled(chain, service)
  })
})
