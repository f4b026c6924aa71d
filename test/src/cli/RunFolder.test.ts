/** What a run deletes in its data folder: what a run of its kind made and marked there, and nothing else. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import * as RunFolder from '../../../src/cli/RunFolder.ts'
import * as Embedded from '../../../src/store/Embedded.ts'
import { identity } from '../support/Book.ts'
import { folder } from '../support/Folder.ts'

const write = (data: string, names: readonly string[]): void => {
  for (const name of names) writeFileSync(join(data, name), name)
}

const contents = (data: string): string =>
  readdirSync(data)
    .sort()
    .map((name) => `${name}: ${readFileSync(join(data, name), 'latin1')}`)
    .join('\n')

/** A folder as a run leaves it. */
const run = (kind: RunFolder.Kind = 'serve'): string => {
  const data = folder()
  RunFolder.clear(data, kind)
  RunFolder.begin(data, kind, identity, () => write(data, ['keys.json', 'deployment.json']))
  Embedded.open(data, identity).close()
  write(data, ['index-1-65536.run', 'index-1-9.run.new', 'snapshot-9', 'run.lock'])
  return data
}

const refusal = (data: string, kind: RunFolder.Kind = 'serve'): string => {
  const before = contents(data)
  let message = 'cleared'
  try {
    RunFolder.clear(data, kind)
  } catch (error) {
    message = (error as Error).message
    expect(message).toContain('SL412')
    expect(contents(data)).toBe(before)
  }
  return message
}

test('behavior: what a run of the same kind made goes, with its fence, and nothing else', () => {
  const data = run()
  const fence = RunFolder.fenceOf(data)
  mkdirSync(join(fence, '..'), { recursive: true })
  writeFileSync(fence, '')
  write(data, ['notes.txt', 'index-notes', 'snapshot-of-my-garden.jpg', 'keys.json.bak'])
  RunFolder.clear(data, 'serve')
  expect(readdirSync(data).sort()).toEqual([
    '.sunledger-run',
    'index-notes',
    'journal.lock',
    'keys.json.bak',
    'notes.txt',
    'run.lock',
    'snapshot-of-my-garden.jpg',
  ])
  expect(existsSync(fence)).toBe(false)
  // And again, where there is nothing left of it.
  RunFolder.clear(data, 'serve')
})

test('behavior: an empty folder, and one with nothing that has a name of ours, is taken', () => {
  const data = folder()
  write(data, ['notes.txt', 'report.md', 'snapshot.png'])
  const before = contents(data)
  RunFolder.clear(data, 'demo')
  expect(contents(data)).toBe(before)
})

test.each([
  ['keys.json'],
  ['deployment.json'],
  ['journal.log'],
  ['journal.mark'],
  ['journal.db'],
  ['journal.db-wal'],
  ['index-1-65536.run'],
  ['snapshot-9'],
])('error: SL412 for %s in a folder that no run has marked, by name; it stays', (name) => {
  const data = folder()
  write(data, [name, 'notes.txt'])
  expect(refusal(data)).toContain(`${name} in ${data}`)
})

const spoils: { readonly [what: string]: readonly [spoil: (data: string) => void, named: string] } = {
  'keys that the run did not write': [(data) => write(data, ['keys.json']), 'cleared'],
  'keys that were changed': [(data) => writeFileSync(join(data, 'keys.json'), 'my own'), 'keys.json'],
  'a deployment that was changed': [
    (data) => writeFileSync(join(data, 'deployment.json'), 'mainnet'),
    'deployment.json',
  ],
  'a journal of another chain': [
    (data) => {
      for (const name of ['journal.log', 'journal.mark', 'index-1-65536.run', 'snapshot-9']) rmSync(join(data, name))
      Embedded.open(data, { ...identity, chainId: 8453, clearingHouse: `0x${'11'.repeat(20)}` }).close()
    },
    'journal.log',
  ],
  'a log that cannot be read': [(data) => writeFileSync(join(data, 'journal.log'), 'text'), 'journal.log'],
  'a journal of the first format': [(data) => write(data, ['journal.db']), 'journal.db'],
  'a marker that cannot be read': [(data) => writeFileSync(join(data, '.sunledger-run'), '{'), '.sunledger-run'],
}

test.each(Object.entries(spoils))('error: SL412 for %s in the folder of a run', (_, [spoil, named]) => {
  const data = run()
  spoil(data)
  expect(refusal(data)).toContain(named)
})

test('error: SL412 for the folder of another kind of run', () => {
  expect(refusal(run('demo'), 'serve')).toContain("it is the folder of 'demo'")
})

test('behavior: a run that was killed between its marker and its files is cleared', () => {
  const data = folder()
  expect(() =>
    RunFolder.begin(data, 'serve', identity, () => {
      write(data, ['keys.json'])
      throw new Error('killed')
    }),
  ).toThrow('killed')
  RunFolder.clear(data, 'serve')
  expect(readdirSync(data)).toEqual(['.sunledger-run'])
})
