/** Whose a journal is: one writer, one chain, one format; and what is no journal at all. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import * as Embedded from '../../../src/store/Embedded.ts'
import { formatVersion } from '../../../src/store/Journal.ts'
import { chain, identity } from '../support/Book.ts'
import { folder } from '../support/Folder.ts'

const codeFrom = (run: () => unknown): string => {
  try {
    run()
    return 'done'
  } catch (error) {
    return (error as { code: string }).code
  }
}

describe('one writer', () => {
  test('error: SL401 for a second one in this process; free again when it closes', () => {
    const path = folder()
    const journal = Embedded.open(path, identity)
    expect(codeFrom(() => Embedded.open(path, identity))).toBe('SL401')
    journal.close()
    Embedded.open(path, identity).close()
  })

  test('behavior: a run claims its folder until it lets go or its journal is closed', () => {
    const path = join(folder(), 'new', 'folder')
    const release = Embedded.claim(path)
    expect(codeFrom(() => Embedded.claim(path, 0))).toBe('SL401')
    release()
    release()
    const journal = Embedded.open(path, identity)
    expect(codeFrom(() => Embedded.claim(path, 0))).toBe('SL401')
    journal.close()
    Embedded.claim(path)()
  })

  test('error: SL408 once another has written, the lock having been removed; nothing of it is written over', async () => {
    const path = folder()
    const first = Embedded.open(path, identity)
    await first.append([chain(1n, [])])
    rmSync(join(path, 'journal.lock'))
    const other = Embedded.open(path, identity)
    await other.append([chain(10n, [])])
    await expect(first.append([chain(11n, [])])).rejects.toMatchObject({ code: 'SL408' })
    expect(other.end).toBe(2)
    other.close()
    first.close()
    const again = Embedded.open(path, identity)
    expect([...again.read()].map(({ record }) => (record as { block: bigint }).block)).toEqual([1n, 10n])
    again.close()
  })
})

describe('one format', () => {
  test('error: SL402 for a journal of another format, to write and to read', () => {
    const path = folder()
    Embedded.open(path, identity).close()
    const file = Embedded.fileIn(path)
    const [before, after] = [`version": "${formatVersion}"`, `version": "${formatVersion + 1}"`]
    const page = Buffer.from(readFileSync(file, 'latin1').replace(before, after))
    page.write(crc32(page.subarray(0, 503)).toString(16).padStart(8, '0'), 503)
    writeFileSync(file, page)
    expect(codeFrom(() => Embedded.open(path, identity))).toBe('SL402')
    expect(codeFrom(() => Embedded.read(path))).toBe('SL402')
  })

  test('error: SL402 for a journal of the format before, whose page has no checksum, with the way out', () => {
    const path = folder()
    const page = Buffer.alloc(512, ' ')
    page.write(`Sunledger journal\n${JSON.stringify({ 'format version': '2', 'chain id': '31337' }, null, 1)}\n`)
    writeFileSync(Embedded.fileIn(path), page)
    expect(codeFrom(() => Embedded.open(path, identity))).toBe('SL402')
    expect(() => Embedded.read(path)).toThrow(/Settle everything with the version that wrote it/)
    expect(readFileSync(Embedded.fileIn(path)).equals(page)).toBe(true)
  })

  test('error: SL402 for a folder with a journal of the first format', () => {
    const path = folder()
    writeFileSync(join(path, 'journal.db'), 'SQLite format 3')
    expect(codeFrom(() => Embedded.open(path, identity))).toBe('SL402')
    expect(codeFrom(() => Embedded.read(path))).toBe('SL402')
    expect(existsSync(Embedded.fileIn(path))).toBe(false)
  })
})

describe('what is no journal', () => {
  test('error: SL404 to read where there is none, or something else', () => {
    const path = folder()
    expect(codeFrom(() => Embedded.read(path))).toBe('SL404')
    expect(existsSync(Embedded.fileIn(path))).toBe(false)
    writeFileSync(Embedded.fileIn(path), 'a text and no journal')
    expect(codeFrom(() => Embedded.read(path))).toBe('SL404')
  })

  test('error: SL405 to write into a file that is no journal, and into a place that is no folder', () => {
    const path = folder()
    writeFileSync(Embedded.fileIn(path), 'a text and no journal')
    expect(codeFrom(() => Embedded.open(path, identity))).toBe('SL405')
    const file = join(path, 'file')
    writeFileSync(file, '')
    expect(codeFrom(() => Embedded.open(join(file, 'below'), identity))).toBe('SL405')
  })
})
