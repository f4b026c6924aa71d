/** Receipts are kept until they are settled, in bounded memory and beside the keep file, and brought where the service has lost them. */
import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Address, Receipt } from '../../../src/core/Payment.ts'
import * as Wire from '../../../src/core/Wire.ts'
import * as ReceiptFile from '../../../src/sdk/ReceiptFile.ts'
import { type KeeperOptions, ReceiptKeeper, type Source } from '../../../src/sdk/ReceiptKeeper.ts'
import * as Book from '../support/Book.ts'
import { folder as newFolder } from '../support/Folder.ts'
import * as Member from '../support/Member.ts'

/** Receipts of real payments, 10 each, in order. */
const receipts = async (count: number) => {
  const [payer, payee] = [Member.create('payer'), Member.create('payee')]
  const book = Book.open()
  await book.deposit(payer, 10_000n)
  const all: Receipt[] = []
  for (let i = 0; i < count; i++) all.push(await book.pay(payer.pay({ to: payee.address, amount: 10n })))
  return { payer: payer.address, payee: payee.address, all }
}

/** A service that says what it is told to. */
class Told implements Source {
  state: Wire.Status['state'] = 'ready'
  recovery: Wire.Status['recovery'] | undefined
  /** Of the account, settled by the chain. */
  settled = { debit: 0n, credit: 0n }
  readonly brought: Receipt[][] = []
  isDown = false

  async status(): Promise<Wire.Status> {
    if (this.isDown) throw new Error('down')
    return { state: this.state, ...(this.recovery === undefined ? {} : { recovery: this.recovery }) } as Wire.Status
  }
  async account(account: Address): Promise<Wire.AccountView> {
    const [debit, credit] = [this.settled.debit + 1000n, this.settled.credit + 1000n]
    const line = { asset: Member.dollar, debit: { total: debit }, credit: { total: credit } }
    return {
      ...{ account, position: 7, owner: null, ownerNonce: null },
      assets: [{ ...line, unsettledDebit: 1000n, unsettledCredit: 1000n }],
    } as unknown as Wire.AccountView
  }
  async bring(batch: readonly Receipt[]): Promise<readonly unknown[]> {
    this.brought.push([...batch])
    return batch
  }
}

const recovering = (since: bigint) => ({ since, until: since + 600n, over: false, payments: 0, assets: [] })

const keeping = (client: Told, account: Address, more: Partial<KeeperOptions> = {}) =>
  new ReceiptKeeper({ client, account, everyMs: 3_600_000, ...more })

describe('a keeper', () => {
  test('behavior: brings all once for each recovery, in bounded requests, and asks again where it could not', async () => {
    const { payee, all } = await receipts(120)
    const told = new Told()
    const keeper = keeping(told, payee)
    for (const receipt of [...all, ...all]) keeper.add(receipt)
    expect(keeper.size).toBe(120)
    await keeper.look()
    expect(told.brought).toEqual([])
    told.recovery = recovering(5n)
    await keeper.bring()
    expect(told.brought.map((batch) => batch.length)).toEqual([100, 20])
    expect(told.brought.flat()).toEqual(all)
    await keeper.close()
  })

  test('behavior: forgets what the chain has settled of its own side, and nothing while the service is not ready', async () => {
    const { payer, payee, all } = await receipts(10)
    for (const account of [payer, payee]) {
      const told = new Told()
      const keeper = keeping(told, account)
      for (const receipt of all) keeper.add(receipt)
      told.settled = account === payer ? { debit: 60n, credit: 1000n } : { debit: 1000n, credit: 60n }
      told.state = 'readOnly'
      await keeper.look()
      expect(keeper.size).toBe(10)
      told.state = 'ready'
      const again = keeping(told, account)
      for (const receipt of all) again.add(receipt)
      await again.look()
      expect(again.size).toBe(4)
      await Promise.all([keeper.close(), again.close()])
    }
  })

  test('behavior: memory is bounded; the newest are kept', async () => {
    const { payee, all } = await receipts(10)
    const told = new Told()
    const keeper = keeping(told, payee, { most: 4 })
    for (const receipt of all) keeper.add(receipt)
    await keeper.bring()
    expect(told.brought.flat()).toEqual(all.slice(6))
    await keeper.close()
  })

  test('behavior: a service that does not answer is no failure of anybody', async () => {
    const { payee, all } = await receipts(1)
    const told = new Told()
    told.isDown = true
    const keeper = keeping(told, payee)
    keeper.add(all[0] as Receipt)
    await expect(keeper.look()).resolves.toBeUndefined()
    expect(await keeper.placeAfter(3)).toBe(3)
    expect(await keeper.placeAfter(30)).toBe(7)
    await keeper.close()
  })
})

describe('its file', () => {
  test('behavior: outlives the process, loses what is settled, and passes over what is damaged', async () => {
    const { payee, all } = await receipts(6)
    const path = join(newFolder(), 'keep.json.receipts')
    const told = new Told()
    const first = keeping(told, payee, { store: ReceiptFile.create(path) })
    for (const receipt of all) first.add(receipt)
    await first.close()
    appendFileSync(path, '{"payment":')
    const second = keeping(told, payee, { store: ReceiptFile.create(path) })
    await second.load()
    await second.bring()
    expect(told.brought.flat()).toEqual(all)
    told.settled = { debit: 0n, credit: 40n }
    await second.look()
    await second.close()
    const lines = readFileSync(path, 'utf8').trim().split('\n')
    expect(lines.map((line) => Wire.parse(Wire.receipt, JSON.parse(line)))).toEqual(all.slice(4))
  })

  test('behavior: does not grow beyond twice of what is kept', async () => {
    const { payee, all } = await receipts(40)
    const path = join(newFolder(), 'keep.json.receipts')
    const keeper = keeping(new Told(), payee, { store: ReceiptFile.create(path), most: 5 })
    for (const receipt of all) {
      keeper.add(receipt)
      await new Promise((resolve) => setImmediate(resolve))
    }
    await keeper.close()
    expect(readFileSync(path, 'utf8').trim().split('\n').length).toBeLessThanOrEqual(11)
  })
})
