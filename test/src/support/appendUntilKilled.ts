/**
 * A process that opens a journal and appends groups of one to five records until it is killed; says after each answer up to where. Arguments: a
 * module that opens journals of a backend, and what it is to open. The records say in which group they stand, and at which place of it.
 */
import type { Journal } from '../../../src/store/Journal.ts'

const [module, argument] = process.argv.slice(2) as [string, string]
const { open } = (await import(module)) as { open: (argument: string) => Journal }
const journal = open(argument)
process.stdout.write(`${journal.end}\n`)

const last = [...journal.read(journal.end - 1)].map(({ record }) => (record.type === 'day' ? record.day : 0))[0] ?? 0
for (let group = Math.floor(last / 10) + 1; ; group++) {
  const size = (group % 5) + 1
  await journal.append(Array.from({ length: size }, (_, i) => ({ type: 'day', day: group * 10 + i }) as const))
  process.stdout.write(`${journal.end}\n`)
}
