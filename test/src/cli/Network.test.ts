/** What a local chain that starts anew takes with it. */
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { clear } from '../../../src/cli/Network.ts'
import { folder } from '../support/Folder.ts'

test('behavior: the journal of an earlier chain goes, with index and snapshots, and nothing else', () => {
  const data = folder()
  const earlier = [
    'journal.log',
    'index-1-65536.run',
    'snapshot-9',
    'journal.db',
    'journal.db-wal',
    'keys.json',
    'deployment.json',
  ]
  for (const name of [...earlier, 'run.lock', 'notes.txt']) writeFileSync(join(data, name), 'x')
  clear(data)
  expect(readdirSync(data).sort()).toEqual(['notes.txt', 'run.lock'])
})
