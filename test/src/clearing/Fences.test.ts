/** I19: a copy or twin of a journal accepts nothing once the chain contradicts it, and nothing ordinary is taken for one. */
import { cpSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import * as Settled from '../../../src/chain/Settled.ts'
import * as ChainEvidence from '../../../src/clearing/ChainEvidence.ts'
import * as Ledger from '../../../src/core/Ledger.ts'
import type { Hex, Receipt } from '../../../src/core/Payment.ts'
import type { ChainRecord } from '../../../src/core/Record.ts'
import * as Digest from '../../../src/crypto/Digest.ts'
import * as Keccak from '../../../src/crypto/Keccak.ts'
import * as Signature from '../../../src/crypto/Signature.ts'
import type { Entry, Journal } from '../../../src/store/Journal.ts'
import * as BadLine from '../support/BadLine.ts'
import { houseCall, useChain } from '../support/Chain.ts'
import { folder as newFolder } from '../support/Folder.ts'
import { listen } from '../support/Http.ts'
import { parties } from '../support/Parties.ts'
import { domainOf, start } from '../support/Running.ts'

const chain = useChain()
const running = parties(chain)

const copyOf = (folder: string): string => {
  const copy = newFolder()
  cpSync(folder, copy, { recursive: true, filter: (path) => !path.endsWith('.lock') })
  return copy
}

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'done',
    (error: { code: string }) => error.code,
  )

describe('the settlement key’s nonce', () => {
  test('error: SL409 a copy from before a settlement does not start', async () => {
    const { deployed, service, payer, shop, pay } = await running()
    const copy = copyOf(service.folder)
    await pay(payer, shop, 9n)
    await service.settle()
    await service.close()
    await expect(start(chain, deployed, { folder: copy })).rejects.toMatchObject({
      code: 'SL409',
      expected: expect.stringContaining('3 transactions of the settlement key'),
      actual: '2 in the journal',
    })
    const again = await start(chain, deployed, { folder: service.folder })
    expect(again.health().state).toBe('ready')
  })

  test('error: SL409 a copy that starts beside the original ends the original, at once', async () => {
    const { deployed, service, payer, robot, shop, pay } = await running()
    const twin = await start(chain, deployed, { folder: copyOf(service.folder) })
    await service.until(() => service.health().state === 'readOnly')
    expect(await codeOf(pay(payer, shop, 9n))).toBe('SL409')
    expect(await codeOf(service.settle())).toBe('SL409')
    payer.back()
    expect((await twin.pay(payer.pay({ to: robot.address, amount: 9n }))).payment.amount).toBe(9n)
    await service.close()
    await twin.close()
    expect(await codeOf(start(chain, deployed, { folder: service.folder }))).toBe('SL409')
  })

  test('error: SL409 a copy without a fence of its own accepts nothing before the original has stopped', async () => {
    const { deployed, service, payer, robot, shop, pay } = await running()
    // As on another machine: there is a place for a fence file, and none in it.
    const through = (journal: Journal): Journal =>
      new Proxy(journal, { get: (of, name) => (name === 'fence' ? 'new' : Reflect.get(of, name)) })
    const twin = await start(chain, deployed, { folder: copyOf(service.folder), through })
    expect([service.health().state, twin.health().state]).toEqual(['readOnly', 'ready'])
    expect(await codeOf(pay(payer, shop, 9n))).toBe('SL409')
    payer.back()
    expect((await twin.pay(payer.pay({ to: robot.address, amount: 9n }))).payment.amount).toBe(9n)
  })

  test('error: SL409 an empty folder is no journal of contracts that a service has worked for', async () => {
    const { deployed, service } = await running()
    await service.close()
    expect(await codeOf(start(chain, deployed))).toBe('SL409')
  })

  test('error: SL409 before a settlement is sent, also where no heartbeat has looked', async () => {
    const { deployed, service, payer, shop, pay } = await running()
    await pay(payer, shop, 9n)
    const { settlement } = deployed.keys
    const self = Signature.addressOf(settlement)
    await chain.senderOf(settlement).send({ to: self, data: '0x', gas: 21_000n })
    expect(await codeOf(service.settle())).toBe('SL409')
    expect(service.complaints.join()).toContain('nothing more is accepted')
  })

  test('behavior: what was journaled and never sent refuses nothing, and its nonce is used next', async () => {
    const line = await BadLine.start(chain.url)
    const { deployed, service, payer, shop, pay } = await running({ rpcUrl: line.url })
    await pay(payer, shop, 9n)
    line.fault('eth_sendRawTransaction', 10, { error: 'no', acted: false })
    expect(await codeOf(service.settle())).toBe('SL507')
    await service.close()
    const again = await start(chain, deployed, { folder: service.folder })
    await again.settle()
    expect(again.status().unsettledAtomic).toBe(0n)
    expect(again.health().state).toBe('ready')
  })

  test('behavior: what was sent before a crash and mined after the next start refuses nothing', async () => {
    const line = await BadLine.start(chain.url)
    const { deployed, service, payer, shop, pay } = await running({ rpcUrl: line.url })
    await pay(payer, shop, 9n)
    await chain.automine(false)
    try {
      line.hold('eth_getTransactionReceipt', async () => line.down(true))
      const settling = codeOf(service.settle())
      await service.until(async () => (await chain.client.getBlock({ blockTag: 'pending' })).transactions.length === 1)
      await service.close()
      const again = await start(chain, deployed, { folder: service.folder })
      await chain.mine(1)
      await again.sync()
      expect([again.health().state, again.status().unsettledAtomic]).toEqual(['ready', 0n])
      line.down(false)
      await settling
    } finally {
      await chain.automine(true)
    }
  })

  test('behavior: each start uses one nonce, and each transaction is named by the journal before', async () => {
    const { deployed, service, payer, shop, pay } = await running()
    await pay(payer, shop, 9n)
    await service.settle()
    await service.close()
    const again = await start(chain, deployed, { folder: service.folder })
    const records = [...again.journal.read()].flatMap(({ record }) => (record.type === 'nonce' ? [record] : []))
    expect(records.map(({ nonce, term, start: isStart }) => [nonce, term, isStart])).toEqual([
      [0, 1, true],
      [1, 1, false],
      [2, 1, false],
      [3, 2, true],
    ])
    const settlement = Signature.addressOf(deployed.keys.settlement)
    expect(await chain.client.getTransactionCount({ address: settlement })).toBe(4)
  })
})

describe('totals on chain', () => {
  test('error: SL409 a credit that the journal does not have is redeemed: the copy stops, and does not start again', async () => {
    const { deployed, service, house, payer, shop, pay } = await running()
    const somebody = await chain.sender('somebody')
    const copy = copyOf(service.folder)
    const { credit, proof, payment } = await pay(payer, shop, 9n)
    await service.close()
    // Its start uses the nonce that the original would have used next.
    const older = await start(chain, deployed, { folder: copy })
    const { asset, total, history, signature } = payment
    await somebody.send(houseCall(house, 'collect', [{ asset, total, history, signature }, credit, proof]))
    await older.until(() => older.health().state === 'readOnly')
    payer.back()
    expect(await codeOf(older.pay(payer.pay({ to: shop.address, amount: 1n })))).toBe('SL409')
    expect(older.discrepancies.join()).toContain('debited 9')
    await older.close()
    await expect(start(chain, deployed, { folder: copy })).rejects.toThrow(/SL409.*debited 9/s)
  })
})

describe('receipts that are brought', () => {
  test('behavior: one that the journal has changes nothing', async () => {
    const { service, payer, shop, pay } = await running()
    const receipt = await pay(payer, shop, 9n)
    const before = await service.serialize()
    expect(await service.bring([receipt])).toEqual([{ id: receipt.payment.id, state: 'known' }])
    expect([await service.serialize(), service.health().state]).toEqual([before, 'ready'])
  })

  test('error: SL409 one that an older copy does not have stops it, whoever brings it', async () => {
    const { deployed, service, payer, shop, pay } = await running()
    const copy = copyOf(service.folder)
    const receipt = await pay(payer, shop, 9n)
    await service.close()
    const older = await start(chain, deployed, { folder: copy })
    const http = await listen(older)
    const { status, body } = await http.post('/v1/receipts', { receipts: [receipt] })
    expect([status, (body as { code: string }).code]).toEqual([503, 'SL409'])
    expect(older.health().state).toBe('readOnly')
    payer.back()
    expect(await codeOf(older.pay(payer.pay({ to: shop.address, amount: 1n })))).toBe('SL409')
  })

  test('error: SL421 whatever is not proven is refused by name and stops nothing', async () => {
    const { service, deployed, payer, robot, shop, pay } = await running()
    const receipt = await pay(payer, shop, 9n)
    const own = Signature.addressOf(deployed.keys.credit)
    const domain = domainOf(deployed.deployment)
    const forger = Keccak.ofText('another credit key')
    /** As good as it gets without the credit key: a debit that its payer signed, and a credit under another key. */
    const forged = (key: Hex): Receipt => {
      const request = payer.pay({ to: robot.address, amount: 5n })
      payer.back()
      const id = Digest.debit(domain, request.asset, request.total, request.history)
      const payment = { ...request, id, payer: payer.address }
      const before: Hex = `0x${'00'.repeat(32)}`
      const history = Digest.creditHistory(before, payer.address, request.amount, request.reference)
      const credit = { asset: request.asset, account: robot.address, total: request.total, history, debit: id }
      const signature = Signature.sign(Digest.credits(domain, Digest.credit(domain, credit as never)), key)
      return { payment, credit: credit as never, before, proof: { signature, branch: [] } }
    }
    const other: Hex = `0x${'5a'.repeat(32)}`
    const bad: Receipt[] = [
      forged(forger),
      { ...receipt, payment: { ...receipt.payment, total: 10n as never } },
      { ...receipt, payment: { ...receipt.payment, history: other } },
      { ...receipt, payment: { ...receipt.payment, payer: shop.address } },
      { ...receipt, payment: { ...receipt.payment, signature: robot.sign(receipt.payment.id) } },
      { ...receipt, payment: { ...receipt.payment, amount: 8n as never } },
      { ...receipt, payment: { ...receipt.payment, payee: robot.address } },
      { ...receipt, credit: { ...receipt.credit, total: 10n as never } },
      { ...receipt, credit: { ...receipt.credit, debit: other } },
      { ...receipt, before: other },
      { ...receipt, proof: { ...receipt.proof, branch: [other] } },
      { ...receipt, proof: { ...receipt.proof, signature: Signature.sign(other, forger) } },
    ]
    const before = await service.serialize()
    const results = await service.bring(bad)
    expect(results.map((result) => 'code' in result && result.code)).toEqual(bad.map(() => 'SL421'))
    expect([await service.serialize(), service.health().state, own]).toEqual([
      before,
      'ready',
      service.status().creditKey,
    ])
    // The control: under the credit key itself, the very same receipt would be evidence.
    expect(await codeOf(service.bring([forged(deployed.keys.credit)]))).toBe('SL409')
  })

  test('error: a group that was sealed and did not reach the disk leaves no receipt behind', async () => {
    const seen: string[] = []
    const failing = (journal: Journal): Journal =>
      Object.assign(Object.create(journal), {
        append: (entries: readonly Entry[], seal?: Hex) =>
          seal === undefined ? journal.append(entries) : Promise.reject(new Error('the disk is full')),
        payment: journal.payment,
        close: journal.close,
      })
    const { service, payer, shop, pay } = await running({ through: failing })
    service.listen({ payment: (payment) => seen.push(payment.json()) })
    await expect(pay(payer, shop, 9n)).rejects.toThrow('the disk is full')
    expect(seen).toEqual([])
    expect([...service.received(shop.address, 0)].filter((one) => one !== undefined)).toEqual([])
  })
})

describe('what a settlement says of its journal', () => {
  const record = (origin: { position: number; term: number }): ChainRecord => ({
    ...{ type: 'chain', block: 1n, hash: '0x', timestamp: 0n, undone: null, slots: [], events: [], atMs: 0 },
    settlements: [{ transaction: '0x', block: 1n, gasUsed: 1n, members: 0, bytes: 0, fastLzBytes: 0, origin }],
  })

  test('error: SL409 it was sent from a later position or under a later term', () => {
    const own = { position: 10, term: 3 }
    const found = (origin: { position: number; term: number }) =>
      ChainEvidence.ofRecord(Ledger.create(), record(origin), own)?.code
    expect(found({ position: 10, term: 3 })).toBeUndefined()
    expect(found({ position: 9, term: 1 })).toBeUndefined()
    expect(found({ position: 11, term: 3 })).toBe('SL409')
    expect(found({ position: 2, term: 4 })).toBe('SL409')
  })

  test('behavior: it travels behind the calldata, and is read back', async () => {
    const { service, payer, shop, pay } = await running()
    await pay(payer, shop, 9n)
    const position = service.position()
    const [sent] = (await service.settle()).transactions
    const { input } = await chain.client.getTransaction({ hash: sent?.transaction as never })
    expect(Settled.originOf(input)).toEqual({ position, term: 1 })
    const journaled = [...service.journal.read()].flatMap(({ record: one }) =>
      one.type === 'chain' ? one.settlements : [],
    )
    expect(journaled.map(({ origin }) => origin)).toEqual([{ position, term: 1 }])
    expect(Settled.originOf(input.slice(0, -32) as never)).toBeUndefined()
  })
})
