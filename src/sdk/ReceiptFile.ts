/** Receipts in a file beside a robot's keep file, one a line: appended as they come, written anew where some have been settled. */
import { appendFile, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Receipt } from '../core/Payment.ts'
import * as Wire from '../core/Wire.ts'
import type { ReceiptStore } from './ReceiptKeeper.ts'

const textOf = (receipts: readonly Receipt[]): string =>
  receipts.map((receipt) => `${Wire.formatReceipt(receipt)}\n`).join('')

/** A line that a crash left half written, or that is damaged, is no receipt; the others are. */
const receiptIn = (line: string): readonly Receipt[] => {
  try {
    return [Wire.parse(Wire.receipt, JSON.parse(line))]
  } catch {
    return []
  }
}

export const create = (path: string): ReceiptStore => ({
  async load() {
    const text = await readFile(path, 'utf8').catch(() => '')
    return text.split('\n').flatMap((line) => (line === '' ? [] : receiptIn(line)))
  },
  async append(receipts) {
    await mkdir(dirname(path), { recursive: true })
    await appendFile(path, textOf(receipts), { mode: 0o600 })
  },
  async replace(receipts) {
    await writeFile(`${path}.new`, textOf(receipts), { mode: 0o600 })
    await rename(`${path}.new`, path)
  },
})
