/** A journal that is deleted, moved, replaced or cut while it is open: nothing more is answered from then on. */
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import * as Embedded from '../../../src/store/Embedded.ts'
import { codeOf, identity, open } from '../support/Book.ts'
import { folder } from '../support/Folder.ts'
import * as Member from '../support/Member.ts'

const file = (path: string): string => join(path, 'journal.log')

/** Accidents under a running service, and what they have to be called. */
const accidents: { readonly [what: string]: readonly [spoil: (path: string) => void, code: string] } = {
  'its folder is deleted': [(path) => rmSync(path, { recursive: true }), 'SL411'],
  'its folder is moved away': [(path) => renameSync(path, `${path}.away`), 'SL411'],
  'its folder is replaced by an empty one': [
    (path) => {
      renameSync(path, `${path}.away`)
      mkdirSync(path)
    },
    'SL411',
  ],
  'its folder is replaced by a copy of itself': [
    (path) => {
      renameSync(path, `${path}.away`)
      cpSync(`${path}.away`, path, { recursive: true })
    },
    'SL411',
  ],
  'its log is deleted': [(path) => rmSync(file(path)), 'SL411'],
  'its log is replaced': [
    (path) => {
      const bytes = readFileSync(file(path))
      rmSync(file(path))
      writeFileSync(file(path), bytes)
    },
    'SL411',
  ],
  'its log is cut': [(path) => truncateSync(file(path), 512), 'SL411'],
  'its log is longer than what was written': [
    (path) => writeFileSync(file(path), Buffer.alloc(99), { flag: 'a' }),
    'SL4',
  ],
  'its mark is deleted': [(path) => rmSync(join(path, 'journal.mark')), 'SL411'],
}

test.each(Object.entries(accidents))('error: nothing more is accepted once %s', async (_, [spoil, code]) => {
  const path = join(folder(), 'data')
  const book = open({ folder: path, journal: Embedded.open(path, identity) })
  const payer = Member.create('payer')
  await book.deposit(payer, 100n)
  const pay = () => codeOf(book.pay(payer.pay({ to: Member.create('payee').address, amount: 1n })))
  expect(await pay()).toBe('accepted')
  book.journal.verify()
  spoil(path)
  for (let i = 0; i < 3; i++) expect(await pay()).toMatch(code)
  if (code === 'SL411') expect(() => book.journal.verify()).toThrow('SL411')
  book.close()
})
