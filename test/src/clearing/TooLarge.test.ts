/**
 * Settlements that turn out too large for real: for blocks that have become small, for a pool, for the gas that they were given. They go in parts,
 * and the ledger ends equal to the chain; what is refused for another reason is not sent over and over.
 */
import { afterEach, describe, expect, test } from 'vitest'
import * as Keccak from '../../../src/crypto/Keccak.ts'
import * as Signature from '../../../src/crypto/Signature.ts'
import { agree, settled } from '../support/Agree.ts'
import * as BadLine from '../support/BadLine.ts'
import { houseCall, useChain } from '../support/Chain.ts'
import { parties } from '../support/Parties.ts'
import { deposit, type Options } from '../support/Running.ts'

const chain = useChain()
const blockGas = (gas: number) => chain.raw('evm_setBlockGasLimit', `0x${gas.toString(16)}`)
afterEach(() => blockGas(60_000_000))

const running = parties(chain, { timing: { lookAfterMs: 20, bumpAfterMs: 60_000, mostWaitMs: 10_000 } })

describe('a batch that is too large', () => {
  const many = async (options: Options = {}) => {
    const all = await running(options)
    const payees = Array.from({ length: 60 }, (_, i) => all.service.member(`payee ${i}`))
    await Promise.all(payees.map((payee) => all.pay(all.payer, payee, 1n)))
    return all
  }

  test('behavior: for the chain’s blocks: goes in as many transactions as that takes', async () => {
    const { service } = await many()
    await blockGas(1_000_000)
    await chain.mine(1)
    const { transactions } = await service.settle()
    expect(transactions.length).toBeGreaterThan(1)
    expect(transactions.reduce((sum, { members }) => sum + members, 0)).toBe(61)
    await settled(chain, service)
  })

  test('behavior: for blocks that have become smaller since it was planned: goes in halves', async () => {
    const line = await BadLine.start(chain.url)
    const { service } = await many({ rpcUrl: line.url })
    let isSmaller = false
    line.hold('eth_sendRawTransaction', async () => {
      if (!isSmaller) await blockGas(700_000)
      isSmaller = true
    })
    const { transactions } = await service.settle()
    expect(transactions.length).toBeGreaterThanOrEqual(4)
    expect(transactions.reduce((sum, { members }) => sum + members, 0)).toBe(61)
    await service.settle()
    await settled(chain, service)
  })

  test('behavior: for its gas, since slots that were there are gone with replaced blocks: goes in halves with as much gas each', async () => {
    const line = await BadLine.start(chain.url)
    const all = await running({ rpcUrl: line.url, behindMs: 60_000 })
    const { deployed, service, payer, pay, house } = all
    const payees = Array.from({ length: 60 }, (_, i) => service.member(`payee ${i}`))
    for (const payee of payees) await service.faucet(payee.address, 5n as never)
    // Deposits of their own, which the service does not send again.
    const anybody = await chain.sender('depositor')
    const back = await chain.fork()
    for (const payee of payees) {
      const d = deposit(deployed, payee, 5n)
      const args = [d.asset, d.from, d.account, d.owner, d.amount, d.validAfter, d.validBefore, d.salt, d.signature]
      await anybody.send(houseCall(house, 'depositWithAuthorization', args))
    }
    await service.sync()
    for (const payee of payees) await pay(payer, payee, 1n)
    let isReplaced = false
    line.hold('eth_sendRawTransaction', async () => {
      if (!isReplaced) await back(70)
      isReplaced = true
    })
    const before = await chain.client.getTransactionCount({ address: Signature.addressOf(deployed.keys.settlement) })
    const { transactions } = await service.settle()
    expect(transactions.map(({ members }) => members).sort()).toEqual([29, 32])
    const after = await chain.client.getTransactionCount({ address: Signature.addressOf(deployed.keys.settlement) })
    expect(after - before).toBe(3)
    await service.settle()
    await settled(chain, service)
  })

  test('error: SL504 for what is refused for another reason is not sent in parts', async () => {
    const { deployed, service } = await many()
    const { settlement, credit, cold } = deployed.keys
    const keys = [Keccak.ofText('another'), credit, cold].map(Signature.addressOf)
    await chain.senderOf(cold).send(houseCall(service.deployment.clearingHouse, 'replaceKeys', keys))
    const sent = () => chain.client.getTransactionCount({ address: Signature.addressOf(settlement) })
    const before = await sent()
    await expect(service.settle()).rejects.toThrow(/SL504.*NotSettlementKey/s)
    expect((await sent()) - before).toBe(1)
    await agree(chain, service)
  })

  test('behavior: for the pool, against all reckoning: goes in halves', async () => {
    const line = await BadLine.start(chain.url)
    const { service } = await many({ rpcUrl: line.url })
    line.limit(2_000)
    const { transactions } = await service.settle()
    expect(transactions.length).toBeGreaterThanOrEqual(4)
    expect(transactions.reduce((sum, { members }) => sum + members, 0)).toBe(61)
    await service.settle()
    await settled(chain, service)
  })
})
