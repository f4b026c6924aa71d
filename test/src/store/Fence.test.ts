/** I19 on one machine: an older copy, a restored backup or a twin of a journal is refused by its fence file. */
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import * as Embedded from '../../../src/store/Embedded.ts'
import type { Journal } from '../../../src/store/Journal.ts'
import { identity } from '../support/Book.ts'
import { folder } from '../support/Folder.ts'

const day = { type: 'day', day: 1 } as const

/** A data folder and its fence's place. */
const place = () => {
  const base = folder()
  const fence = { folder: join(base, 'state', 'fences') }
  const data = join(base, 'data')
  mkdirSync(data)
  const words: string[] = []
  const open = (path = data): Journal => Embedded.open(path, identity, { fence, warn: (what) => words.push(what) })
  return { base, data, fence, words, open, fileOf: ({ id }: Journal) => join(fence.folder, `${id}.json`) }
}

const refusal = (run: () => unknown): { code: string; message: string } => {
  try {
    run()
    return { code: 'done', message: '' }
  } catch (error) {
    return error as { code: string; message: string }
  }
}

const positionIn = (path: string): number => JSON.parse(readFileSync(path, 'utf8')).position

/** A journal with records, closed; and what a copy of it was before its last record. */
const copied = async () => {
  const own = place()
  const journal = own.open()
  await journal.append([day])
  const older = join(own.base, 'older')
  cpSync(own.data, older, { recursive: true })
  await journal.append([day])
  journal.close()
  return { ...own, older, path: own.fileOf(journal) }
}

describe('I19 the fence file', () => {
  test('behavior: follows the journal, at most 100 ms behind, and to the last record when it is closed', async () => {
    const { open, fileOf, words } = place()
    const journal = open()
    expect(journal.fence).toBe('present')
    expect(positionIn(fileOf(journal))).toBe(0)
    await journal.append([day])
    await expect.poll(() => positionIn(fileOf(journal)), { interval: 10 }).toBe(1)
    await journal.append([day, day])
    journal.close()
    expect(positionIn(fileOf(journal))).toBe(3)
    const again = open()
    expect([again.fence, words]).toEqual(['present', []])
    again.close()
  })

  test('error: SL409 for a folder that was put back from a backup, whether beside the newest one or in its place', async () => {
    const { data, older, open, path } = await copied()
    const beside = refusal(() => open(older))
    expect(beside).toMatchObject({ code: 'SL409' })
    expect(beside.message).toContain(`position 2, term 1, by the fence file ${path}`)
    expect(beside.message).toContain('position 1, term 2')
    expect(beside.message).toContain('sunledger recover')
    rmSync(data, { recursive: true })
    renameSync(older, data)
    expect(refusal(() => open())).toMatchObject({ code: 'SL409' })
  })

  test('error: SL410 for a copy of the newest state, beside the living original or after it; the original goes on', async () => {
    const { base, data, open } = await copied()
    const copy = join(base, 'copy')
    cpSync(data, copy, { recursive: true })
    const original = open()
    const twin = refusal(() => open(copy))
    expect(twin).toMatchObject({ code: 'SL410' })
    expect(twin.message).toContain(`in ${data}, by the fence file`)
    await original.append([day])
    original.close()
    expect(refusal(() => open(copy))).toMatchObject({ code: 'SL409' })
    open().close()
  })

  test('error: SL410 for another journal of the same length under one id', async () => {
    const { base, data, open } = place()
    const first = open()
    first.close()
    const twin = join(base, 'twin')
    cpSync(data, twin, { recursive: true })
    const own = open()
    await own.append([day])
    own.close()
    // The twin has gone on by itself, without a fence.
    const other = Embedded.open(twin, identity)
    await other.append([{ type: 'day', day: 2 }])
    other.close()
    rmSync(data, { recursive: true })
    renameSync(twin, data)
    expect(refusal(() => open()).message).toMatch(/SL410.*the group at position 1 that was answered/s)
  })

  test('error: SL407 where the whole folder is gone and would be begun anew', async () => {
    const { data, fence, open, path } = await copied()
    rmSync(data, { recursive: true })
    const lost = refusal(() => open())
    expect(lost).toMatchObject({ code: 'SL407' })
    expect(lost.message).toContain(path)
    expect(existsSync(Embedded.fileIn(data))).toBe(false)
    // On another chain it could not have been continued.
    const elsewhere = { ...identity, genesisHash: `0x${'cd'.repeat(32)}` } as const
    Embedded.open(data, elsewhere, { fence }).close()
    rmSync(data, { recursive: true })
    expect(refusal(() => open())).toMatchObject({ code: 'SL407' })
    rmSync(path)
    open().close()
  })

  test('behavior: a folder that was moved, or is named by a link, is the same one', async () => {
    const { base, data, open } = await copied()
    const [moved, link] = [join(base, 'moved'), join(base, 'link')]
    renameSync(data, moved)
    open(moved).close()
    symlinkSync(moved, link)
    const journal = open(link)
    expect(journal.fence).toBe('present')
    journal.close()
  })

  test('behavior: without a fence file it starts with one warning and says so until the next start', async () => {
    const { open, path, words } = await copied()
    rmSync(path)
    const journal = open()
    expect([journal.fence, words.length]).toEqual(['new', 1])
    expect(words[0]).toContain('was not noticed')
    journal.close()
    const again = open()
    expect([again.fence, words.length]).toEqual(['present', 1])
    again.close()
  })

  test('behavior: where it cannot be written there is one warning, and the journal says that it is missing', async () => {
    const { base, data } = place()
    writeFileSync(join(base, 'file'), '')
    const words: string[] = []
    const fence = { file: join(base, 'file', 'below') }
    const journal = Embedded.open(data, identity, { fence, warn: (what) => words.push(what) })
    await journal.append([day])
    expect([journal.fence, words.length]).toEqual(['missing', 1])
    journal.close()
    expect(words).toHaveLength(1)
    expect(words[0]).toContain('cannot be written')
  })

  test('error: SL413 for a fence file that is not as it was written; SL410 for that of another journal', async () => {
    const { base, open, path } = await copied()
    const text = readFileSync(path, 'utf8')
    for (const wrong of ['', '{}', text.slice(0, -9), text.replace('"position":2', '"position":1')]) {
      writeFileSync(path, wrong)
      expect(refusal(() => open())).toMatchObject({ code: 'SL413' })
    }
    writeFileSync(path, text)
    const other = join(base, 'other')
    mkdirSync(dirname(other), { recursive: true })
    expect(refusal(() => Embedded.open(other, identity, { fence: { file: path } }))).toMatchObject({ code: 'SL410' })
  })

  test('error: SL410 for the service that runs on, once a copy was started by force', async () => {
    const { base, data, open, path } = await copied()
    const original = open()
    await original.append([day])
    // Until its fence is written: one that is on its way could still replace the twin's, and then the twin would be the one that stops.
    const written = () => JSON.parse(readFileSync(path, 'utf8')).position
    await expect.poll(written, { interval: 10, timeout: 15_000 }).toBe(original.end)
    const copy = join(base, 'copy')
    cpSync(data, copy, { recursive: true })
    rmSync(path)
    const twin = open(copy)
    // One that is paid finds out by itself, one that is not when it is looked at.
    await original.append([day])
    const appended = () => original.append([day]).catch(({ code }) => code)
    await expect.poll(appended, { interval: 10, timeout: 15_000 }).toBe('SL410')
    await twin.append([day])
    expect(twin.end).toBe(4)
    twin.close()
    original.close()
    expect(JSON.parse(readFileSync(path, 'utf8')).folder).toBe(copy)
  })

  test('error: SL410 for an idle service once a copy was started by force, as soon as it looks', async () => {
    const { base, data, open, path } = await copied()
    const original = open()
    original.verify()
    const copy = join(base, 'copy')
    cpSync(data, copy, { recursive: true })
    rmSync(path)
    open(copy).close()
    expect(refusal(() => original.verify()).code).toBe('SL410')
    await expect(original.append([day])).rejects.toMatchObject({ code: 'SL410' })
    original.close()
  })

  test('behavior: an older copy that is recovered goes on above every term that is known, and the other one is refused', async () => {
    const { data, older, fence, open, path } = await copied()
    const first = open()
    await first.append([day])
    first.close()
    const told: string[] = []
    const recovering = ({ code }: { code: string }) => told.push(code)
    const recovered = Embedded.open(older, identity, { fence, recovering })
    expect([told, recovered.end, recovered.term]).toEqual([['SL409'], 1, 3])
    await recovered.append([day])
    recovered.close()
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ term: 3, position: 2, folder: older })
    expect(refusal(() => open(data)).code).toMatch(/^SL4(09|10)$/)
    open(older).close()
  })

  test('behavior: a damaged log that is recovered keeps its whole groups, and puts aside what lies behind them', async () => {
    const { data, fence, open } = place()
    const journal = open()
    const ends: number[] = []
    for (let i = 0; i < 4; i++) {
      await journal.append([day])
      ends.push(readFileSync(Embedded.fileIn(data)).length)
    }
    await journal.snapshot()
    journal.close()
    const bytes = readFileSync(Embedded.fileIn(data))
    bytes.writeUInt8(1, (ends[1] as number) + 40)
    writeFileSync(Embedded.fileIn(data), bytes)
    expect(refusal(() => open()).code).toBe('SL407')
    const told: string[] = []
    const recovered = Embedded.open(data, identity, { fence, recovering: ({ code }) => told.push(code) })
    expect([new Set(told), recovered.end]).toEqual([new Set(['SL407', 'SL409']), 2])
    await recovered.append([day])
    recovered.close()
    const aside = `${Embedded.fileIn(data)}.behind-2`
    expect(readFileSync(aside).equals(bytes.subarray(ends[1]))).toBe(true)
    open().close()
  })
})
