/** I11 on a disk that fails for real, where one can be made: see `support/BadDisk`. */
import { appendFileSync, closeSync, copyFileSync, fdatasyncSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { PaymentRequest } from '../../../src/core/Payment.ts'
import * as Record from '../../../src/core/Record.ts'
import * as Embedded from '../../../src/store/Embedded.ts'
import * as BadDisk from '../support/BadDisk.ts'
import { type Book, codeOf, identity, open } from '../support/Book.ts'
import { folder } from '../support/Folder.ts'
import * as Member from '../support/Member.ts'

const payee = Member.create('payee')

/** A journal on such a disk, with a payment. */
const filled = async (disk: BadDisk.BadDisk) => {
  const book = open({ folder: disk.folder })
  const payer = Member.create('payer')
  await book.deposit(payer, 1_000_000n)
  await book.pay(payer.pay({ to: payee.address, amount: 1n }))
  const many = (): PaymentRequest[] => Array.from({ length: 100 }, () => payer.pay({ to: payee.address, amount: 1n }))
  return { disk, book, many, file: Embedded.fileIn(disk.folder) }
}

const idsIn = (book: Book): string[] =>
  [...book.journal.read()].flatMap(({ record }) => Record.payments(record).map(({ id }) => id))

describe.skipIf(!BadDisk.isPossible())('I11 an I/O error', () => {
  test('error: SL403 for what the disk did not take, and for all after it; what was answered is there after a power cut, and nothing else', async () => {
    const { disk, book, many } = await filled(BadDisk.broken())
    const answered = idsIn(book)
    disk.fail()
    let failed: PromiseRejectedResult[] = []
    while (failed.length === 0) {
      const results = await Promise.allSettled(many().map(book.pay))
      for (const result of results) if (result.status === 'fulfilled') answered.push(result.value.payment.id)
      failed = results.filter((result) => result.status === 'rejected')
    }
    expect(new Set(failed.map(({ reason }) => reason.code))).toEqual(new Set(['SL403']))
    expect(String(failed[0]?.reason.message)).toContain('EIO')
    expect(await codeOf(book.pay(many()[0] as PaymentRequest))).toBe('SL403')
    expect(idsIn(book)).toEqual(answered)
    book.close()
    disk.powerCut()
    const again = open({ folder: disk.folder })
    expect(idsIn(again)).toEqual(answered)
    again.close()
  })

  test('behavior: what a killed process had written without hearing of the disk is on it before anybody is shown it', async () => {
    const { disk, book, many, file } = await filled(BadDisk.thin())
    book.close()
    // What the process would have written next.
    const elsewhere = folder()
    copyFileSync(file, Embedded.fileIn(elsewhere))
    copyFileSync(join(disk.folder, 'journal.mark'), join(elsewhere, 'journal.mark'))
    const requests = many()
    const ahead = open({ folder: elsewhere })
    const receipts = await Promise.all(requests.map(ahead.pay))
    ahead.close()
    const group = readFileSync(Embedded.fileIn(elsewhere)).subarray(readFileSync(file).length)

    disk.fail()
    appendFileSync(file, group)
    const handle = openSync(file, 'r+')
    expect(() => fdatasyncSync(handle)).toThrow(/ENOSPC|EIO/)
    closeSync(handle)
    expect(() => Embedded.open(disk.folder, identity)).toThrow(/SL405.*(ENOSPC|EIO)/s)
    disk.mend()
    const again = open({ folder: disk.folder })
    expect(await Promise.all(requests.map(again.pay))).toEqual(receipts)
    await Promise.all(many().map(again.pay))
    const answered = idsIn(again)
    expect(answered).toHaveLength(201)
    again.close()
    disk.powerCut()
    const last = open({ folder: disk.folder })
    expect(idsIn(last)).toEqual(answered)
    last.close()
  })
})
