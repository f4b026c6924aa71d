/**
 * What all benches share: what a bench is, the one JSON document that it prints, and tables for a reader. Every figure says whether it was
 * measured in this run, computed from what was, published elsewhere or assumed.
 */
import * as Machine from '../../src/report/Machine.ts'

/** A module under `scripts/bench`. */
export interface Bench {
  /** What `--help` prints: usage and flags. */
  readonly help: string
  /** Resolves with the exit code. @throws {UsageError} a wrong argument */
  run(options: RunOptions): Promise<number>
}

export interface RunOptions {
  /** The command line behind the bench's name, without `--json`. */
  readonly args: string[]
  readonly json: boolean
}

export type Basis = 'measured' | 'computed' | 'published' | 'assumed'

/** A row of `results`. A peer's name begins with `peer.`. */
export interface Result {
  readonly name: string
  readonly value: number
  readonly unit: string
  /** What the target speaks of, and to which row it is the ratio. */
  readonly ratio?: number
  readonly of?: string
  readonly samples?: number
  readonly basis?: Basis
}

/** The document's own version, for whoever reads it by program. */
const version = 1

/** What a bench prints: one JSON document, or what a reader wants to see of it. */
export const print = (json: boolean, fields: Readonly<Record<string, unknown>>, text: () => string): void => {
  const machine = Machine.here()
  if (json) {
    process.stdout.write(`${JSON.stringify({ version, machine, ...fields }, plain)}\n`)
    return
  }
  const { cpu, cores, memoryGiB, platform, node } = machine
  process.stdout.write(`${text()}\n\n${cores} × ${cpu}, ${memoryGiB} GiB, ${platform}, Node ${node}\n`)
}

/** Gas and amounts are bigint inside; where a number holds them exactly, JSON has a number. */
const plain = (_key: string, value: unknown): unknown => {
  if (typeof value !== 'bigint') return value
  return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString()
}

/** Progress, for whoever waits. */
export const say = (text: string): void => {
  process.stderr.write(`${text}\n`)
}

/** A whole number in groups of three: 1 000 000. */
export const grouped = (value: number | bigint): string => value.toString().replace(/\B(?=(\d{3})+(?!\d))/g, ' ')

/**
 * Lines up columns. Cells that are figures stand right: those of columns in `right`, counted from 0.
 *
 * @example table(['name', 'gas'], [['settle.payer', '10 900']], [1])
 */
export const table = (
  columns: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly number[] = [],
): string => {
  const lines = [columns, ...rows]
  const widths = columns.map((_, i) => Math.max(...lines.map((line) => (line[i] ?? '').length)))
  const cell = (width: number, i: number, text: string) =>
    right.includes(i) ? text.padStart(width) : text.padEnd(width)
  return lines
    .map((line) =>
      widths
        .map((width, i) => cell(width, i, line[i] ?? ''))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

const digits = (value: number): string =>
  Math.abs(value) >= 100 ? grouped(Math.round(value)) : String(Number(value.toPrecision(3)))

/** Rows of `results` as a table. */
export const resultsTable = (results: readonly Result[]): string =>
  table(
    ['', 'value', 'unit', 'ratio', 'of', 'samples', 'basis'],
    results.map(({ name, value, unit, ratio, of, samples, basis }) => [
      name,
      digits(value),
      unit,
      ratio === undefined ? '' : ratio.toPrecision(3),
      of ?? '',
      samples === undefined ? '' : grouped(samples),
      basis ?? 'measured',
    ]),
    [1, 3, 5],
  )
