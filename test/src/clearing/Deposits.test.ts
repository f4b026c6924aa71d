/** Deposits that wait for one another go together, each judged by itself, and each is taken once. */
import { parseEventLogs } from 'viem'
import { afterEach, describe, expect, test } from 'vitest'
import * as Authorization from '../../../src/chain/Authorization.ts'
import { clearingHouse } from '../../../src/chain/abi/ClearingHouse.ts'
import * as Outbox from '../../../src/chain/Outbox.ts'
import * as Deposits from '../../../src/clearing/Deposits.ts'
import * as Ledger from '../../../src/core/Ledger.ts'
import type { Hex } from '../../../src/core/Payment.ts'
import type { DepositRequest } from '../../../src/core/Wire.ts'
import * as Digest from '../../../src/crypto/Digest.ts'
import * as Keccak from '../../../src/crypto/Keccak.ts'
import * as Signature from '../../../src/crypto/Signature.ts'
import { agree } from '../support/Agree.ts'
import * as BadLine from '../support/BadLine.ts'
import { codeOf, codesOf } from '../support/Book.ts'
import { houseCall, tokensOf, useChain } from '../support/Chain.ts'
import { deposit, ledgerOf, start } from '../support/Running.ts'

const chain = useChain()
const gwei = 1_000_000_000n

afterEach(async () => {
  await chain.raw('evm_setBlockGasLimit', `0x${(60_000_000).toString(16)}`)
  await chain.automine(true)
  await chain.mine(1)
})

/** A service, and wallets with a hundred dollars each that have deposited nothing yet. */
const running = async (count: number, rpcUrl = chain.url) => {
  const deployed = await chain.deploy()
  const service = await start(chain, deployed, { rpcUrl, timing: { lookAfterMs: 20, mostWaitMs: 20_000 } })
  const wallets = Array.from({ length: count }, (_, i) => service.member(`wallet ${i}`))
  for (const { address } of wallets) await service.faucet(address, 100n as never)
  const { dollar, clearingHouse: house, startBlock } = deployed.deployment
  const balances = () =>
    wallets.map(({ address }) => Ledger.account(ledgerOf(service), dollar.asset, address).settled.balance)
  /** Of each transaction with deposits: how many were taken, and how many refused. */
  const transactions = async () => {
    const logs = await chain.client.getLogs({ address: house, fromBlock: startBlock })
    const told = parseEventLogs({ abi: clearingHouse.abi, logs, eventName: ['Deposited', 'DepositRefused'] })
    const hashes = [...new Set(told.map(({ transactionHash }) => transactionHash))]
    const count = (hash: Hex, name: string) =>
      told.filter((log) => log.transactionHash === hash && log.eventName === name).length
    return hashes.map((hash) => [count(hash, 'Deposited'), count(hash, 'DepositRefused')])
  }
  const sign = (i: number, amount: bigint) => deposit(deployed, wallets[i] as (typeof wallets)[number], amount)
  return { deployed, service, wallets, house, asset: dollar.asset, balances, transactions, sign }
}

const messageOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'taken',
    (error) => (error as { actual?: string }).actual ?? String(error),
  )

/** The transactions that wait in the pool, once there are as many. */
const waiting = async (expected: number): Promise<void> => {
  for (;;) {
    const { transactions } = (await chain.raw('eth_getBlockByNumber', 'pending', false)) as { transactions: Hex[] }
    if (transactions.length >= expected) return
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** Somebody who offers the block's producer much more than the service does. */
const hasty = async () => {
  const key = Keccak.ofText('hasty depositor')
  await chain.raw('hardhat_setBalance', Signature.addressOf(key), '0xde0b6b3a7640000')
  const nonce = await chain.client.getTransactionCount({ address: Signature.addressOf(key) })
  const fees = { maxFeePerGas: 500n * gwei, maxPriorityFeePerGas: 100n * gwei }
  return (call: Outbox.Call) =>
    chain.raw('eth_sendRawTransaction', Outbox.sign(key, 31337, nonce, fees, call).serialized)
}

const argsOf = (d: DepositRequest) => [
  ...[d.asset, d.from, d.account, d.owner, d.amount, d.validAfter, d.validBefore, d.salt, d.signature],
]

describe('deposits that wait', () => {
  test('behavior: one goes alone, those that come meanwhile together; all are credited, once', async () => {
    const { service, sign, balances, transactions } = await running(8)
    const sent = await Promise.all(balances().map((_, i) => service.deposit(sign(i, BigInt(i + 1)))))
    expect(balances()).toEqual([1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n])
    expect(await transactions()).toEqual([
      [1, 0],
      [7, 0],
    ])
    expect(new Set(sent.map(({ transaction }) => transaction)).size).toBe(2)
    await agree(chain, service)
  })

  test('error: a bad one among many is told why, and holds up no other', async () => {
    const { service, sign, balances, transactions } = await running(6)
    const poor = sign(2, 101n)
    const forged = { ...sign(3, 1n), signature: `0x${'11'.repeat(64)}1b` as Hex }
    const late = { ...sign(4, 1n), validBefore: 1n }
    const outcomes = await Promise.all(
      [sign(0, 1n), sign(1, 1n), poor, forged, late, sign(5, 1n)].map((d) => messageOf(service.deposit(d))),
    )
    expect(outcomes.map((outcome) => outcome.replace(/\(.*/, ''))).toEqual([
      ...['taken', 'taken', 'ERC20InsufficientBalance'],
      ...['ERC3009InvalidSignature', 'ERC3009InvalidSignature', 'taken'],
    ])
    expect(balances()).toEqual([1n, 1n, 0n, 0n, 0n, 1n])
    // The bad ones cost nobody any gas.
    expect(await transactions()).toEqual([
      [1, 0],
      [2, 0],
    ])
    await agree(chain, service)
  })

  test('behavior: the same deposit many times at once counts once, and all are told the transaction', async () => {
    const { service, sign, balances } = await running(3)
    const twice = sign(1, 40n)
    const all = [sign(0, 1n), twice, twice, sign(2, 2n), twice]
    const sent = await Promise.all(all.map((d) => service.deposit(d)))
    expect([sent[2], sent[4]]).toEqual([sent[1], sent[1]])
    expect(balances()).toEqual([1n, 40n, 2n])
    await agree(chain, service)
  })

  test('error: SL504 for one whose authorization was used for something else', async () => {
    const { service, sign, balances, wallets, asset, house, deployed } = await running(1)
    const right = sign(0, 10n)
    await service.deposit(right)
    // The same nonce binds the same account, owner and salt; of another amount it is another deposit.
    expect(await codeOf(service.deposit({ ...right, amount: 9n as never }))).toBe('SL504')
    const wallet = wallets[0] as (typeof wallets)[number]
    const gift = sign(0, 5n)
    const nonce = Digest.depositNonce(gift.account, gift.owner, gift.salt)
    const terms = { from: gift.from, to: house, value: 5n, validAfter: 0n, validBefore: gift.validBefore, nonce }
    const domain = deployed.deployment.dollar
    const signature = Signature.expand(
      Signature.sign(
        Digest.transferAuthorization(Digest.domain(31337, asset, domain.name, domain.version), terms),
        wallet.key,
      ),
    )
    const send = await hasty()
    await send(Authorization.call(asset, { authorization: terms, signature }))
    await chain.mine(1)
    expect(await codeOf(service.deposit(gift))).toBe('SL504')
    expect(balances()).toEqual([10n])
  })

  test('error: SL504 for what is no token', async () => {
    const { service, sign, wallets } = await running(1)
    const asset = (wallets[0] as (typeof wallets)[number]).address
    expect(await codeOf(service.deposit({ ...sign(0, 1n), asset }))).toBe('SL504')
  })

  test('behavior: somebody who is faster with one of them, in the same block, holds up no other', async () => {
    const { service, sign, balances, transactions, house } = await running(4)
    await chain.automine(false)
    const first = service.deposit(sign(0, 1n))
    await waiting(1)
    const [a, b, c] = [sign(1, 10n), sign(2, 20n), sign(3, 30n)]
    const rest = [a, b, c].map((d) => messageOf(service.deposit(d)))
    await chain.mine(1)
    await first
    await waiting(1)
    const send = await hasty()
    await send(houseCall(house, 'depositWithAuthorization', argsOf(b)))
    await chain.mine(1)
    await chain.automine(true)
    const outcomes = await Promise.all(rest)
    expect(outcomes).toEqual(['taken', 'taken', 'taken'])
    expect(balances()).toEqual([1n, 10n, 20n, 30n])
    expect(await transactions()).toEqual([
      [1, 0],
      [1, 0],
      [2, 1],
    ])
    await agree(chain, service)
  })

  test('behavior: a batch that is refused as a whole is sent one by one', async () => {
    const { service, sign, balances, transactions, asset, house } = await running(4)
    await chain.automine(false)
    const first = service.deposit(sign(0, 1n))
    await waiting(1)
    const rest = [sign(1, 10n), sign(2, 20n), sign(3, 30n)].map((d) => service.deposit(d))
    // There is room for one deposit in a block, and none for three.
    await chain.raw('evm_setBlockGasLimit', '0x61a80')
    await chain.mine(1)
    await first
    await chain.automine(true)
    await Promise.all(rest)
    expect(balances()).toEqual([1n, 10n, 20n, 30n])
    expect(await transactions()).toEqual(Array.from({ length: 4 }, () => [1, 0]))
    expect(await tokensOf(chain.client, asset, house)).toBe(61n)
    await agree(chain, service)
  })

  test('behavior: the line breaks when a batch has just gone out: it counts once, whoever sends what again', async () => {
    const line = await BadLine.start(chain.url)
    const { service, sign, balances } = await running(4, line.url)
    await chain.automine(false)
    const first = service.deposit(sign(0, 1n))
    await waiting(1)
    const requests = [sign(1, 10n), sign(2, 20n), sign(3, 30n)]
    const rest = codesOf(requests.map((d) => service.deposit(d)))
    line.acted('eth_sendRawTransaction', async () => line.down(true))
    await chain.mine(1)
    await first
    expect(await rest).toEqual(['SL503', 'SL503', 'SL503'])
    await waiting(1)
    await chain.automine(true)
    await chain.mine(1)
    line.down(false)
    await service.until(() => balances().join() === '1,10,20,30')
    const again = await Promise.all(requests.map((d) => service.deposit(d)))
    expect(new Set(again.map(({ transaction }) => transaction)).size).toBe(1)
    expect(balances()).toEqual([1n, 10n, 20n, 30n])
    await agree(chain, service)
  })

  test('behavior: what a batch has no room for goes alone', async () => {
    const { sign } = await running(1)
    const right = sign(0, 1n)
    const wrongs = [
      { validBefore: 1n << 40n },
      { validAfter: 1n << 40n },
      { amount: (1n << 80n) as never },
      { signature: `0x${'00'.repeat(97)}` as Hex },
      { signature: `0x${'00'.repeat(64)}05` as Hex },
    ]
    expect(Deposits.fits(right)).toBe(true)
    expect(Deposits.fits({ ...right, signature: Signature.compact(right.signature) })).toBe(true)
    expect(wrongs.map((wrong) => Deposits.fits({ ...right, ...wrong }))).toEqual(wrongs.map(() => false))
  })
})
