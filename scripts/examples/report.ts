/** Reports of a run, for examples that read them: of a small day that is over in seconds, or one that is there already. */
import { readFile } from 'node:fs/promises'
import { UsageError } from '../../src/cli/Usage.ts'
import type { Document } from '../../src/report/Document.ts'
import { readCli } from './processes.ts'

export type Report = Document

const smallDay = {
  ...{ '--robots': '20', '--producers': '3', '--sites': '2', '--stations': '2', '--slots': '8' },
  '--out': 'reports/example',
}

/** @throws {UsageError} there is no such report */
export const read = async (file: string): Promise<Report> => {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Report
  } catch (error) {
    throw new UsageError('value', `${file} is no report: ${(error as Error).message}`)
  }
}

const isIn = (flags: readonly string[], name: string): boolean =>
  flags.some((flag) => flag === name || flag.startsWith(`${name}=`))

/** Runs a small day with `sunledger demo --json`; undefined where it failed, which it has then said itself. */
export const ofSmallDay = async (flags: readonly string[] = []): Promise<Report | undefined> => {
  // An option is given once: what is typed takes the place of ours.
  const usual = Object.entries(smallDay).flatMap(([name, value]) => (isIn(flags, name) ? [] : [name, value]))
  const { code, output } = await readCli(['demo', '--json', ...usual, ...flags])
  return code === 0 ? (JSON.parse(output) as Report) : undefined
}
