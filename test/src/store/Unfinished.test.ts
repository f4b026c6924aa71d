/** A recovery that was interrupted is not taken for one that is done, and one with the wrong contracts changes nothing (I20). */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import * as Embedded from '../../../src/store/Embedded.ts'
import { identity, open } from '../support/Book.ts'
import { folder } from '../support/Folder.ts'
import * as Member from '../support/Member.ts'

const recovering = () => undefined
const record = { type: 'recovery', since: 1n, until: 2n, nextNonce: 1, term: 2 } as const

const filled = async (): Promise<string> => {
  const book = open()
  await book.deposit(Member.create('payer'), 1000n)
  book.close()
  return book.folder
}

/** What is in a folder, byte for byte. */
const bytesOf = (path: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(path)
      .filter((name) => !name.includes('lock'))
      .map((name) => [name, readFileSync(join(path, name), 'hex')]),
  )

describe('a recovery', () => {
  test('error: SL407 one that ended before its record was on disk lets nothing start, until it is done again', async () => {
    for (const [path, end] of [
      [await filled(), 2],
      [folder(), 1],
    ] as const) {
      const fence = { folder: folder() }
      // As after kill -9: what is closed without a record leaves the same files.
      Embedded.open(path, identity, { fence, recovering }).close()
      for (const at of [fence, undefined])
        expect(() => Embedded.open(path, identity, at === undefined ? {} : { fence: at })).toThrow(
          expect.objectContaining({ code: 'SL407', actual: expect.stringContaining('journal.recovering') }),
        )
      const again = Embedded.open(path, identity, { fence, recovering })
      await again.append([record])
      again.close()
      const journal = Embedded.open(path, identity, { fence })
      expect(journal.end).toBe(end)
      journal.close()
    }
  })

  test('error: SL402 one for other contracts changes nothing, and the journal goes on as before', async () => {
    const path = await filled()
    const before = bytesOf(path)
    const other = { ...identity, clearingHouse: `0x${'9'.repeat(40)}` } as const
    expect(() => Embedded.open(path, other, { recovering })).toThrow(expect.objectContaining({ code: 'SL402' }))
    expect(bytesOf(path)).toEqual(before)
    const journal = Embedded.open(path, identity)
    expect(journal.end).toBe(1)
    journal.close()
  })
})
