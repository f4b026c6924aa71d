/** Transactions of one key, on a real chain and over lines that fail: in order, each once, and every fate told apart. */
import { describe, expect, test } from 'vitest'
import * as Client from '../../../src/chain/Client.ts'
import * as Deployment from '../../../src/chain/Deployment.ts'
import * as Sender from '../../../src/chain/Sender.ts'
import * as Keccak from '../../../src/crypto/Keccak.ts'
import * as BadLine from '../support/BadLine.ts'
import { codeOf, codesOf } from '../support/Book.ts'
import { houseCall, tokenCall, tokensOf, useChain } from '../support/Chain.ts'
import * as Member from '../support/Member.ts'

const chain = useChain()
const payee = Member.create('payee').address

/** The issuer of a new deployment sends over a line; each mint makes one transaction. */
const issuing = async () => {
  const { deployment, keys } = await chain.deploy()
  const line = await BadLine.start(chain.url)
  const { asset } = deployment.dollar
  const sender = Sender.create(Client.create(line.url), deployment.chainId, keys.issuer, Deployment.errors)
  const mint = (amount: bigint) => sender.send(tokenCall(asset, 'mint', [payee, amount]))
  const minted = () => tokensOf(chain.client, asset, payee)
  const sent = () => chain.client.getTransactionCount({ address: sender.address })
  return { deployment, keys, line, asset, sender, mint, minted, sent }
}

describe('sending', () => {
  test('behavior: many at once reach the chain in the order of the calls', async () => {
    const { mint, minted } = await issuing()
    const sent = await Promise.all(Array.from({ length: 20 }, (_, i) => mint(BigInt(i + 1))))
    const blocks = sent.map(({ block }) => block)
    expect(blocks).toEqual(blocks.toSorted((a, b) => Number(a - b)))
    expect(await minted()).toBe(210n)
  })

  test('behavior: tells block, gas and the very bytes that went out', async () => {
    const { mint } = await issuing()
    const { transaction, serialized, block, gasUsed } = await mint(1n)
    const receipt = await chain.client.getTransactionReceipt({ hash: transaction })
    expect([receipt.blockNumber, receipt.gasUsed]).toEqual([block, gasUsed])
    expect(Keccak.ofDigits(serialized.slice(2))).toBe(transaction)
  })

  test('behavior: goes on after another process has used the key', async () => {
    const { keys, asset, mint, minted } = await issuing()
    await mint(1n)
    await chain.senderOf(keys.issuer).send(tokenCall(asset, 'mint', [payee, 10n]))
    await Promise.all([mint(100n), mint(1000n)])
    expect(await minted()).toBe(1111n)
  })
})

describe('over a line that fails', () => {
  test('behavior: an answer that is lost changes nothing: the transaction is found, and sent once', async () => {
    const { line, mint, minted, sent } = await issuing()
    await mint(1n)
    line.lose('eth_sendRawTransaction', 1)
    await Promise.all([mint(10n), mint(100n)])
    line.lose('eth_sendRawTransaction', 3)
    await Promise.all([mint(1000n), mint(10_000n)])
    expect(await minted()).toBe(11_111n)
    expect(await sent()).toBe(5)
  })

  test('error: SL503 while the node is down; then nonces go on without a gap', async () => {
    const { line, mint, minted } = await issuing()
    await mint(1n)
    line.down(true)
    await expect(mint(10n)).rejects.toMatchObject({ code: 'SL503', actual: line.url })
    line.down(false)
    await Promise.all([mint(100n), mint(1000n)])
    expect(await minted()).toBe(1101n)
  })

  test('error: SL503 shows the host of a node alone: the rest of its address may be a key', async () => {
    const client = Client.create('http://user:secret@127.0.0.1:1/v3/secret?key=secret')
    await expect(Client.identify(client)).rejects.toMatchObject({ code: 'SL503', actual: 'http://127.0.0.1:1' })
  })
})

describe('what the chain refuses', () => {
  test('error: SL504 with the contract’s own reason, sent or only tried, and what follows is not held up', async () => {
    const { deployment, keys, minted, mint } = await issuing()
    const stranger = await chain.sender('stranger')
    const call = houseCall(deployment.clearingHouse, 'reserve', [deployment.dollar.asset, stranger.address, 1n])
    for (const request of [call, { ...call, tryFirst: true }]) {
      await expect(stranger.send(request)).rejects.toMatchObject({
        code: 'SL504',
        actual: expect.stringMatching(/^ClearingHouse_NotSettlementKey\(0x/),
      })
    }
    const settlement = chain.senderOf(keys.settlement)
    const bad = houseCall(deployment.clearingHouse, 'settle', ['0x02'])
    const good = houseCall(deployment.clearingHouse, 'settle', ['0x01'])
    expect(await codesOf([settlement.send(bad), settlement.send(good)])).toEqual(['SL504', 'accepted'])
    await mint(1n)
    expect(await minted()).toBe(1n)
  })

  test('behavior: what is tried first and refused costs nothing', async () => {
    const { deployment, sent, sender } = await issuing()
    const before = await sent()
    const call = { ...houseCall(deployment.clearingHouse, 'settle', ['0x02']), tryFirst: true }
    expect(await codeOf(sender.send(call))).toBe('SL504')
    expect(await sent()).toBe(before)
  })

  test('error: SL504 where the gas is too little', async () => {
    const { asset, sender } = await issuing()
    const call = { ...tokenCall(asset, 'mint', [payee, 1n]), gas: 40_000n }
    await expect(sender.send(call)).rejects.toMatchObject({ code: 'SL504' })
  })

  test('error: SL507 where the node does not take it, as from a key without coin; nothing was sent', async () => {
    const { deployment } = await issuing()
    const poor = chain.senderOf(Keccak.ofText('a key without coin'))
    await expect(poor.send(houseCall(deployment.clearingHouse, 'settle', ['0x01']))).rejects.toMatchObject({
      code: 'SL507',
      status: 503,
    })
  })
})
