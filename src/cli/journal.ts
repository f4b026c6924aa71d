/** `sunledger journal`: shows what a journal holds, one record a line as JSON, also while its service runs. */
import { once } from 'node:events'
import type { Command } from 'commander'
import * as Record from '../core/Record.ts'
import * as Embedded from '../store/Embedded.ts'
import { wholeNumber } from './Limits.ts'

interface Flags {
  readonly data: string
  readonly after: number
}

const show = async ({ data, after }: Flags): Promise<void> => {
  const journal = Embedded.read(data)
  try {
    for (const { position, record } of journal.read(after)) {
      const line = `{"position":${position},${Record.format(record).slice(1)}\n`
      if (!process.stdout.write(line)) await once(process.stdout, 'drain')
    }
  } finally {
    journal.close()
  }
}

export const register = (program: Command): void => {
  program
    .command('journal')
    .description('show the records of a journal, one a line as JSON')
    .requiredOption('--data <dir>', 'data folder of a run or a service')
    .option('--after <position>', 'only records after this position', wholeNumber(0, Number.MAX_SAFE_INTEGER), 0)
    .action(show)
}
