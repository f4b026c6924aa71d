/** What happens to transactions on their way, made to happen for real: whatever it is, each call takes effect once. */
import type { TransactionReceipt } from 'viem'
import { beforeEach, describe, expect, test } from 'vitest'
import * as Client from '../../../src/chain/Client.ts'
import * as Deployment from '../../../src/chain/Deployment.ts'
import * as Outbox from '../../../src/chain/Outbox.ts'
import * as Sender from '../../../src/chain/Sender.ts'
import type { Hex } from '../../../src/core/Payment.ts'
import * as Keccak from '../../../src/crypto/Keccak.ts'
import * as BadLine from '../support/BadLine.ts'
import { codeOf } from '../support/Book.ts'
import { tokenCall, tokensOf, useChain } from '../support/Chain.ts'
import * as Member from '../support/Member.ts'

const chain = useChain()
const payee = Member.create('payee').address
const gwei = 1_000_000_000n

beforeEach(() => chain.automine(true))

/** The issuer of a new deployment sends over a line; each mint makes one transaction. */
const issuing = async (timing: Partial<Sender.Timing> = {}, timeoutMs = 250) => {
  const { deployment, keys } = await chain.deploy()
  const line = await BadLine.start(chain.url)
  const { asset } = deployment.dollar
  const times = { lookAfterMs: 20, bumpAfterMs: 60_000, mostWaitMs: 5000, ...timing }
  const client = Client.create(line.url, timeoutMs)
  const sender = Sender.create(client, deployment.chainId, keys.issuer, Deployment.errors, times)
  const count = (blockTag: 'latest' | 'pending') =>
    chain.client.getTransactionCount({ address: sender.address, blockTag })
  return {
    ...{ deployment, keys, line, asset, sender },
    mint: (amount: bigint) => sender.send(tokenCall(asset, 'mint', [payee, amount])),
    minted: () => tokensOf(chain.client, asset, payee),
    sent: () => count('latest'),
    /** Waits until the node has as many open transactions. */
    async open(expected: number): Promise<Hex[]> {
      for (;;) {
        const waiting = (await chain.raw('eth_getBlockByNumber', 'pending', false)) as { transactions: Hex[] }
        const open = (await count('pending')) - (await count('latest'))
        if (open === expected) return waiting.transactions
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
    },
  }
}

const mineUntil = async <T>(sent: Promise<T>): Promise<T> => {
  let isDone = false
  const done = sent.finally(() => {
    isDone = true
  })
  void (async () => {
    while (!isDone) {
      await chain.mine(1)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  })()
  return done
}

const baseFee = (wei: bigint) => chain.raw('hardhat_setNextBlockBaseFeePerGas', `0x${wei.toString(16)}`)

describe('a transaction on its way', () => {
  test('behavior: that the node drops is sent again, and those behind it are not held up', async () => {
    const { mint, minted, sent, open } = await issuing()
    await mint(1n)
    await chain.automine(false)
    const under = [10n, 100n, 1000n].map(mint)
    const [first] = await open(3)
    await chain.raw('hardhat_dropTransaction', first)
    await mineUntil(Promise.all(under))
    expect([await minted(), await sent()]).toEqual([1111n, 4])
  })

  test('behavior: whose nonce another process has used goes out under a new one, once', async () => {
    const { mint, minted, sent, open, deployment, keys, asset } = await issuing()
    await mint(1n)
    await chain.automine(false)
    const under = mint(10n)
    await open(1)
    const fees = { maxFeePerGas: 500n * gwei, maxPriorityFeePerGas: 50n * gwei }
    const foreign = tokenCall(asset, 'mint', [payee, 100n])
    const form = Outbox.sign(keys.issuer, deployment.chainId, 1, fees, foreign)
    await chain.raw('eth_sendRawTransaction', form.serialized)
    await mineUntil(under)
    expect([await minted(), await sent()]).toEqual([111n, 3])
  })

  test('behavior: that a rising base fee prices out is replaced by one that offers more; told is what was mined', async () => {
    const { mint, minted, sent, open } = await issuing()
    await mint(1n)
    await chain.automine(false)
    const under = [10n, 100n].map(mint)
    const before = await open(2)
    await baseFee(100n * gwei)
    await chain.mine(1)
    const told = await mineUntil(Promise.all(under))
    expect([await minted(), await sent()]).toEqual([111n, 3])
    for (const { transaction, serialized, receipt } of told) {
      expect(Keccak.ofDigits(serialized.slice(2))).toBe(transaction)
      expect((receipt as TransactionReceipt).transactionHash).toBe(transaction)
      expect(before).not.toContain(transaction)
    }
    await baseFee(gwei)
    await chain.mine(1)
  })

  test('behavior: that waits at the head of the line for long is offered more, by more than a tenth each time', async () => {
    const { mint, minted, sent, open } = await issuing({ bumpAfterMs: 40 })
    await mint(1n)
    await chain.automine(false)
    const under = mint(10n)
    const offered = async () => {
      await open(1)
      const block = await chain.raw('eth_getBlockByNumber', 'pending', true)
      return BigInt((block as { transactions: { maxFeePerGas: Hex }[] }).transactions[0]?.maxFeePerGas as Hex)
    }
    const before = await offered()
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect((await offered()) * 8n).toBeGreaterThanOrEqual(before * 9n)
    await mineUntil(under)
    expect([await minted(), await sent()]).toEqual([11n, 2])
  })

  test('error: SL508 where more may not be offered; it stays on its way, and what comes after it is mined behind it', async () => {
    const { mint, minted, sent, open } = await issuing({ mostFeeWei: 10n * gwei, mostWaitMs: 300 })
    await mint(1n)
    await chain.automine(false)
    const under = mint(10n)
    await open(1)
    await baseFee(100n * gwei)
    await chain.mine(1)
    expect(await codeOf(under)).toBe('SL508')
    await baseFee(gwei)
    await chain.mine(1)
    await mineUntil(mint(100n))
    expect([await minted(), await sent()]).toEqual([111n, 3])
  })

  test('behavior: in blocks that are replaced is sent again, each once, in order, before anything new', async () => {
    const { mint, minted, sent, sender } = await issuing()
    await mint(1n)
    const snapshot = await chain.raw('evm_snapshot')
    for (const amount of [10n, 100n, 1000n]) await mint(amount)
    await chain.raw('evm_revert', snapshot)
    await chain.mine(2)
    expect([await minted(), await sent()]).toEqual([1n, 1])
    await mint(10_000n)
    expect([await minted(), await sent()]).toEqual([11_111n, 5])
    await sender.tend()
    expect(await sent()).toBe(5)
  })

  test('behavior: in blocks that are replaced again and again is sent each time, although nobody waits for it any more', async () => {
    const { mint, minted, sender } = await issuing({ lookAfterMs: 0 })
    await mint(1n)
    let back = await chain.fork()
    for (const amount of [10n, 100n]) await mint(amount)
    for (let i = 0; i < 3; i++) {
      await back(2)
      back = await chain.fork()
      expect(await minted()).toBe(1n)
      await sender.tend()
      expect(await minted()).toBe(111n)
      await sender.tend()
    }
  })
})

describe('an open end', () => {
  test('behavior: is known of: a call that may still be mined, or one from before this sender’s time', async () => {
    const { mint, open, sender, asset, deployment, keys } = await issuing()
    const { data } = tokenCall(asset, 'mint', [payee, 10n])
    await mint(1n)
    expect(await sender.isOpen(data)).toBe(false)
    await chain.automine(false)
    const under = mint(10n)
    await open(1)
    const later = Sender.create(chain.client, deployment.chainId, keys.issuer, Deployment.errors)
    expect([await sender.isOpen(data), await sender.isOpen('0x'), await later.isOpen(data)]).toEqual([
      true,
      false,
      true,
    ])
    await mineUntil(under)
    expect([await sender.isOpen(data), await later.isOpen(data)]).toEqual([false, false])
  })
})

describe('a node that answers badly', () => {
  const send = 'eth_sendRawTransaction'
  const taken = { error: 'internal error', acted: true } as const
  const faults: [string, string, BadLine.Fault][] = [
    ['whose request arrives twice', send, 'twice'],
    ['that takes it and answers with an error', send, taken],
    ['that takes it and answers too late', send, { lateMs: 400 }],
    ['that takes it and never answers', send, 'mute'],
    ['that takes it and hangs up', send, 'lose'],
    ['that is busy', send, { status: 503 }],
    ['that refuses for too many requests', send, { status: 429 }],
    ['that tells the receipt late', 'eth_getTransactionReceipt', { lateMs: 400 }],
    ['that tells an error instead of the receipt', 'eth_getTransactionReceipt', { error: 'come again', acted: false }],
    ['that breaks while the nonce is asked for', 'eth_getTransactionCount', 'lose'],
  ]

  test.each(faults)('behavior: %s: sent once, and told', async (_, method, fault) => {
    const { line, mint, minted, sent } = await issuing()
    line.fault(method, 1, fault)
    await Promise.all([mint(1n), mint(10n)])
    expect([await minted(), await sent()]).toEqual([11n, 2])
  })

  test('error: SL507 with what it says, where it refuses without taking it; nonces go on without a gap', async () => {
    const { line, mint, minted, sent } = await issuing()
    await mint(1n)
    line.fault(send, 1, { error: 'no room in the pool', acted: false })
    await expect(mint(10n)).rejects.toMatchObject({ code: 'SL507', actual: 'no room in the pool' })
    await Promise.all([mint(100n), mint(1000n)])
    expect([await minted(), await sent()]).toEqual([1101n, 3])
  })
})
