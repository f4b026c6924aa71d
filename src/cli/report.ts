/** `sunledger report`: shows again what a run reported, as a table, Markdown or JSON. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Command, Option } from 'commander'
import { SunledgerError } from '../core/Errors.ts'
import type { Document } from '../report/Document.ts'
import * as Text from '../report/Text.ts'

/** @throws {ReportInvalidError} */
const read = (folder: string): Document => {
  const path = join(folder, 'report.json')
  let document: Partial<Document>
  try {
    document = JSON.parse(readFileSync(path, 'utf8')) as Partial<Document>
  } catch (cause) {
    throw new ReportInvalidError(path, cause instanceof Error ? cause.message : String(cause))
  }
  const { version, payments, settlement, fees, checks, answer } = document ?? {}
  if (version !== 1 || !payments || !settlement || !answer || !Array.isArray(fees) || !Array.isArray(checks))
    throw new ReportInvalidError(path, `version ${String(version)}, or a part is missing`)
  return document as Document
}

const print = {
  table: Text.toTerminal,
  md: (document: Document) => Text.toMarkdown(document).trimEnd(),
  json: (document: Document) => JSON.stringify(document),
}

export const register = (program: Command): void => {
  program
    .command('report')
    .description('show what a run reported')
    .option('--out <dir>', 'folder that the run wrote to', 'reports')
    .addOption(new Option('--format <format>', 'how to show it').choices(Object.keys(print)).default('table'))
    .option('--json', 'the same as --format json')
    .action((flags: { out: string; format: keyof typeof print; json?: boolean }) => {
      process.stdout.write(`${print[flags.json === true ? 'json' : flags.format](read(flags.out))}\n`)
    })
}

/** There is no report of a run in the file. */
export class ReportInvalidError extends SunledgerError {
  override readonly name = 'ReportInvalidError'
  constructor(path: string, actual: string) {
    super('SL731', 'There is no report that can be read.', {
      expected: 'report.json, as a run writes it to its --out folder',
      actual: `${path}: ${actual}`,
      hint: 'Run `sunledger demo` first, or name its folder with --out.',
    })
  }
}
