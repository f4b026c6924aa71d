/** What is overwritten in a folder of results: what ours wrote, as it is, and nothing else. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import * as OutFiles from '../../../src/cli/OutFiles.ts'
import { folder } from '../support/Folder.ts'

const shown = (path: string) =>
  Object.fromEntries(
    readdirSync(path, { recursive: true, withFileTypes: true })
      .filter((each) => each.isFile() && !each.name.startsWith('.'))
      .map((each) => [each.name, readFileSync(join(each.parentPath, each.name), 'utf8')]),
  )

test('behavior: the results of the command before are replaced, also below another folder', () => {
  const out = folder()
  const said: string[] = []
  for (const text of ['first', 'second']) {
    OutFiles.write(out, 'report.md', text, (line) => said.push(line))
    OutFiles.write(out, join('tables', 'gas.csv'), text, (line) => said.push(line))
  }
  expect([shown(out), said]).toEqual([{ 'report.md': 'second', 'gas.csv': 'second' }, []])
})

test('behavior: a file of somebody’s own, or ours that was changed, is kept beside, and that is said', () => {
  const out = folder()
  const said: string[] = []
  const write = (text: string): void => OutFiles.write(out, 'report.md', text, (line) => said.push(line))
  writeFileSync(join(out, 'report.md'), 'my own')
  write('first')
  writeFileSync(join(out, 'report.md'), 'first, with my notes')
  write('second')
  expect(shown(out)).toEqual({
    'report.md': 'second',
    'report.md.before-1': 'my own',
    'report.md.before-2': 'first, with my notes',
  })
  expect(said).toEqual([expect.stringContaining('report.md.before-1'), expect.stringContaining('report.md.before-2')])
})

test('behavior: where the list of what ours wrote is damaged or gone, everything is kept', () => {
  const out = folder()
  OutFiles.write(out, 'report.md', 'first')
  writeFileSync(join(out, '.sunledger-files'), '{')
  OutFiles.write(out, 'report.md', 'second', () => {})
  expect(shown(out)).toEqual({ 'report.md': 'second', 'report.md.before-1': 'first' })
})
