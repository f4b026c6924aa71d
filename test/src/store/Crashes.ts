/**
 * What any backend of the journal has to stand, as one suite like `Contract`: processes that are killed, and starts from snapshots wherever those
 * were made. It knows the port alone.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { replay } from '../../../src/clearing/Replay.ts'
import * as Ledger from '../../../src/core/Ledger.ts'
import * as Record from '../../../src/core/Record.ts'
import type { Journal } from '../../../src/store/Journal.ts'
import { actions, assets, World } from '../core/World.ts'
import type { Place } from './Contract.ts'

const script = join(import.meta.dirname, '../support/appendUntilKilled.ts')

/** A process that appends; `answered` is how far it has been told that all is on disk. */
const appending = async ({ elsewhere: [module, argument] }: Place) => {
  const child: ChildProcess = spawn(process.execPath, [script, module, argument], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const gone = once(child, 'exit')
  let text = ''
  child.stdout?.on('data', (part: Buffer) => {
    text += part.toString()
  })
  await once(child.stdout as NodeJS.ReadableStream, 'data')
  return {
    answered: () => Number(text.slice(0, text.lastIndexOf('\n')).split('\n').at(-1)),
    async kill() {
      child.kill('SIGKILL')
      await gone
    },
  }
}

const days = (journal: Journal): number[] =>
  [...journal.read()].map(({ record }) => (record.type === 'day' ? record.day : 0))

/** The records of whole groups, one after the other, up to about so many. */
const wholeGroups = (atLeast: number): number[] => {
  const all: number[] = []
  for (let group = 1; all.length < atLeast; group++) for (let i = 0; i <= group % 5; i++) all.push(group * 10 + i)
  return all
}

const ledgerOf = (journal: Journal): string => {
  const ledger = Ledger.create([...assets])
  replay(journal, ledger)
  return Ledger.serialize(ledger)
}

const seal = `0x${'12'.repeat(64)}` as const

/** @param backend makes the place of a new journal */
export const crashContract = (name: string, backend: () => Place): void => {
  describe(`${name}: I11 processes that are killed`, () => {
    test('behavior: whole groups are left, all that were answered among them, and the next process goes on from there', async () => {
      const place = backend()
      let [before, term] = [0, 0]
      for (const waitMs of [0, 3, 10, 25, 60]) {
        const process = await appending(place)
        while (process.answered() === before) await new Promise((resolve) => setTimeout(resolve, 1))
        await new Promise((resolve) => setTimeout(resolve, waitMs))
        await process.kill()
        const journal = place.open()
        const found = days(journal)
        expect(found).toEqual(wholeGroups(found.length))
        expect(journal.end).toBeGreaterThanOrEqual(process.answered())
        expect(journal.end).toBe(found.length)
        expect(journal.term).toBeGreaterThan(term)
        ;[before, term] = [journal.end, journal.term]
        journal.close()
      }
    })

    test('behavior: while one lives, another is refused or takes over for good; what both wrote stands one behind the other', async () => {
      const place = backend()
      const process = await appending(place)
      let journal: Journal | undefined
      try {
        journal = place.open()
      } catch (error) {
        expect(error).toMatchObject({ code: 'SL401' })
        await process.kill()
        journal = place.open()
      }
      const { end } = journal
      await journal.append([{ type: 'day', day: 7 }])
      await new Promise((resolve) => setTimeout(resolve, 30))
      await process.kill()
      expect([...journal.read(end)]).toEqual([{ position: end + 1, record: { type: 'day', day: 7 } }])
      journal.close()
    })
  })

  describe(`${name}: I12 snapshots, wherever they are made`, () => {
    test('behavior: the ledger is that of the records from the start, byte for byte, also after opening again', async () => {
      const cuts = fc.array(fc.record({ size: fc.integer({ min: 1, max: 6 }), snapshot: fc.boolean() }), {
        minLength: 40,
      })
      const property = fc.asyncProperty(actions, cuts, async (list, parts) => {
        const world = new World()
        for (const action of list) world.run(action)
        const place = backend()
        let journal = place.open()
        const left = [...world.journal]
        for (let i = 0; left.length > 0; i++) {
          const { size, snapshot } = parts[i % parts.length] as (typeof parts)[number]
          const group = left.splice(0, size)
          await journal.append(group, group.some((record) => Record.payments(record).length > 0) ? seal : undefined)
          if (snapshot && i < 5) await journal.snapshot()
          // Now and then a new process takes over.
          if (snapshot && i === 2) {
            journal.close()
            journal = place.open()
          }
        }
        const expected = Ledger.serialize(world.ledger)
        expect(ledgerOf(journal)).toBe(expected)
        journal.close()
        const again = place.open()
        expect([ledgerOf(again), [...again.read()].map(({ record }) => record)]).toEqual([expected, world.journal])
        again.close()
      })
      await fc.assert(property, { numRuns: 15 })
    })
  })
}
