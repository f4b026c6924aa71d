/**
 * Files that people bring: reading them within a limit, splitting them into records that know their line, and the errors that say
 * which file, which line, what was expected and what came. What a record means is the readers' business (`Pvgis`, `JobTrace`).
 */
import { readFileSync, statSync } from 'node:fs'
import { parse } from 'csv-parse/sync'
import { SunledgerError } from '../core/Errors.ts'
import * as TextTable from '../core/TextTable.ts'

/** One line of a file in columns. */
export interface CsvRecord {
  /** Line in the file, from 1. */
  readonly line: number
  /** Its cells, without surrounding blanks. An empty line has one empty cell. */
  readonly cells: readonly string[]
}

/**
 * The text of a file.
 * @param limitBytes refuse a larger one before reading it
 * @throws {InputMissingError} there is no such file, or it cannot be read
 * @throws {InputTooLargeError}
 * @throws {InputEmptyError} nothing but blanks in it
 */
export function read(path: string, limitBytes: number): string {
  let text: string
  try {
    const { size } = statSync(path)
    if (size > limitBytes) throw new InputTooLargeError(path, `at most ${limitBytes} bytes`, `${size} bytes`)
    text = TextTable.decode(readFileSync(path))
  } catch (error) {
    if (error instanceof SunledgerError) throw error
    throw new InputMissingError(path, error)
  }
  if (text.trim() === '') throw new InputEmptyError(path, 'the file is empty')
  return text
}

/** What parts the cells: that of comma, semicolon and tab which the line that names the columns has most of. */
function delimiterOf(text: string): string {
  const lines = text.slice(0, 65_536).split(/\r\n|\n|\r/, 64)
  const named = lines.filter((line) => /time|year|location/i.test(line))
  const most = (delimiter: string) => Math.max(0, ...named.map((line) => line.split(delimiter).length))
  return [',', ';', '\t'].reduce((best, each) => (most(each) > most(best) ? each : best))
}

/** Without the quotes around it, and with a decimal point where semicolons leave the comma to numbers. */
const cellOf = (text: string, delimiter: string): string => {
  const bare = /^"[^"]*"$/.test(text) ? text.slice(1, -1).trim() : text
  return delimiter === ';' && /^-?\d+,\d+$/.test(bare) ? bare.replace(',', '.') : bare
}

/**
 * The records of a text in columns, parted by commas, semicolons or tabs, with any line ends, with or without a byte order mark and a final line end. Quotes
 * around a cell are taken off, and mean nothing else: these formats have numbers and times in their cells, and an unclosed quote would swallow the rest of
 * the file.
 */
export function records(text: string): CsvRecord[] {
  const delimiter = delimiterOf(text)
  const options = { info: true, bom: true, trim: true, quote: false, relax_column_count: true, delimiter } as const
  // The option `info` turns each record into this shape, which the types of the package do not know.
  const found = parse(text, options) as unknown as { record: string[]; info: { lines: number } }[]
  return found.map(({ record, info }) => ({
    line: info.lines,
    cells: record.map((cell) => cellOf(cell, delimiter)),
  }))
}

/** The record as text, shortened, for an error. */
export const quote = (record: CsvRecord | undefined): string =>
  record === undefined ? 'the end of the file' : JSON.stringify(record.cells.join(',').slice(0, 80))

/** A file is not there or cannot be read. */
export class InputMissingError extends SunledgerError {
  override readonly name = 'InputMissingError'
  constructor(file: string, cause: unknown) {
    super('SL701', `${file}: cannot be read.`, {
      expected: 'a file',
      actual: cause instanceof Error ? cause.message : String(cause),
      hint: 'Check the path; it is taken relative to the folder in which the command runs.',
      cause,
    })
  }
}

/** A file holds nothing to use. */
export class InputEmptyError extends SunledgerError {
  override readonly name = 'InputEmptyError'
  constructor(file: string, actual: string) {
    super('SL702', `${file}: nothing in it.`, { expected: 'at least one row of data', actual })
  }
}

/** A file is of another format. */
export class InputFormatError extends SunledgerError {
  override readonly name = 'InputFormatError'
  constructor(file: string, line: number, expected: string, actual: string) {
    super('SL703', `${file}, line ${line}: not the format that was asked for.`, { expected, actual })
  }
}

/** A row of a file is wrong. */
export class InputRowError extends SunledgerError {
  override readonly name = 'InputRowError'
  /** @param where the column, from 1, and its name; left out where the whole row is wrong */
  constructor(file: string, line: number, expected: string, actual: string, where = '') {
    super('SL704', `${file}, line ${line}${where}: a bad row.`, { expected, actual })
  }
}

/** A file is larger than will be read. */
export class InputTooLargeError extends SunledgerError {
  override readonly name = 'InputTooLargeError'
  constructor(file: string, expected: string, actual: string) {
    super('SL705', `${file}: too large.`, {
      expected,
      actual,
      hint: 'Cut it to the part that you need.',
    })
  }
}
