/** What the readers of weather files share: cells by the names of their columns, and rows put together to a series, whatever their step, order and years. */
import * as Input from '../Input.ts'
import type { Mounting } from '../Sun.ts'
import type { Sample, Series } from '../Weather.ts'

/** A table within a file. */
export interface Table {
  /** Of the file, for errors, and of the format. */
  readonly name: string
  readonly format: string
  readonly columns: readonly string[]
  readonly rows: readonly Input.CsvRecord[]
}

/** A row's cell by its column. */
export const cell = ({ columns }: Table, row: Input.CsvRecord, column: string): string =>
  row.cells[columns.indexOf(column)] ?? ''

/** The error that a cell is wrong. */
export const wrong = (table: Table, row: Input.CsvRecord, column: string, expected: string): Input.InputRowError =>
  new Input.InputRowError(
    table.name,
    row.line,
    `${expected} (${table.format})`,
    Input.quote(row),
    `, column ${table.columns.indexOf(column) + 1} (${column})`,
  )

/** A plain decimal number; undefined where the text is none. */
export const numberFrom = (text: string | undefined): number | undefined =>
  text !== undefined && /^[+-]?\d{1,12}(\.\d{1,12})?$/.test(text) ? Number(text) + 0 : undefined

/** A number in a cell. @throws {Input.InputRowError} it is none, or beyond its bounds */
export const number = (
  table: Table,
  row: Input.CsvRecord,
  column: string,
  low: number,
  high: number,
  unit: string,
): number => {
  const value = numberFrom(cell(table, row, column))
  if (value === undefined || value < low || value > high)
    throw wrong(table, row, column, `${column} between ${String(low).replace('-', '−')} and ${high} ${unit}`)
  return value
}

/** The sun sends 1 361 W/m²; clouds at the edge of its disc can add some. */
export const irradiance = (table: Table, row: Input.CsvRecord, column: string, factor = 1): number =>
  number(table, row, column, 0, 2000 / factor, factor === 1 ? 'W/m²' : 'kW/m²') * factor

export const temperature = (table: Table, row: Input.CsvRecord, column: string): number =>
  number(table, row, column, -100, 70, '°C')

/** Rows that are as long as their columns; empty lines at the end do not count. @throws {Input.InputRowError} {@link Input.InputEmptyError} */
export const complete = (table: Table): Table => {
  const rows = [...table.rows]
  while (rows.at(-1)?.cells.join('') === '') rows.pop()
  if (rows.length === 0) throw new Input.InputEmptyError(table.name, 'columns without rows')
  for (const row of rows)
    if (row.cells.length !== table.columns.length)
      throw new Input.InputRowError(
        table.name,
        row.line,
        `${table.columns.length} cells: ${table.columns.join(',').slice(0, 120)} (${table.format})`,
        Input.quote(row),
      )
  return { ...table, rows }
}

/** A time in UTC, ms since 1970; undefined where there is no such day or time. */
export const utc = (year: number, month: number, day: number, hour: number, minute: number): number | undefined => {
  const ms = Date.UTC(year, month - 1, day, hour, minute)
  const date = new Date(ms)
  const same = date.getUTCMonth() === month - 1 && date.getUTCDate() === day && date.getUTCHours() === hour
  return same && date.getUTCMinutes() === minute && minute >= 0 ? ms : undefined
}

/** One row's weather. */
export interface Timed {
  /** When the row says that it holds, UTC, ms since 1970. */
  readonly ms: number
  readonly line: number
  readonly sample: Sample
}

export interface Place {
  readonly latitude?: number | undefined
  readonly longitude?: number | undefined
}

const minuteMs = 60_000
const dayMinutes = 1440

/** The minutes between neighbours in time: the least difference. */
const stepOf = (name: string, format: string, times: readonly Timed[]): number => {
  const sorted = times.map(({ ms }) => ms).sort((a, b) => a - b)
  let step = 60
  for (let i = 1; i < sorted.length; i++) {
    const minutes = ((sorted[i] as number) - (sorted[i - 1] as number)) / minuteMs
    if (minutes > 0 && minutes < step) step = minutes
  }
  if (![5, 10, 15, 30, 60].includes(step))
    throw new Input.InputFormatError(
      name,
      times[0]?.line ?? 1,
      `${format}: rows every 5, 10, 15, 30 or 60 minutes`,
      `every ${step} minutes`,
    )
  return step
}

/**
 * Puts rows together. A file of several years gives each day of the year as the newest year has it.
 * @param middleMinutes how long after its time a row's irradiance holds
 * @throws {Input.InputRowError} a time comes twice, or lies between the others' steps
 */
export const series = (
  table: Pick<Table, 'name' | 'format'>,
  times: readonly Timed[],
  place: Place,
  middleMinutes: number,
  mounting?: Mounting,
): Series => {
  const { name, format } = table
  const step = stepOf(name, format, times)
  const offset = ((times[0]?.ms ?? 0) / minuteMs) % step
  const days = new Map<string, { year: string; samples: (Sample | undefined)[] }>()
  const seen = new Map<number, number>()
  for (const { ms, line, sample } of times) {
    const twice = seen.get(ms)
    if (twice !== undefined)
      throw new Input.InputRowError(name, line, `each time once (${format})`, `the time of line ${twice} again`)
    seen.set(ms, line)
    const minutes = ms / minuteMs
    if (minutes % step !== offset)
      throw new Input.InputRowError(name, line, `times every ${step} minutes (${format})`, new Date(ms).toISOString())
    const iso = new Date(ms).toISOString()
    const [year, date] = [iso.slice(0, 4), iso.slice(5, 10)]
    const known = days.get(date)
    if (known !== undefined && known.year > year) continue
    const day =
      known?.year === year ? known : { year, samples: new Array<Sample | undefined>(dayMinutes / step).fill(undefined) }
    day.samples[Math.floor((minutes % dayMinutes) / step)] = sample
    days.set(date, day)
  }
  return {
    name,
    format,
    ...(place.latitude === undefined ? {} : { latitude: place.latitude }),
    ...(place.longitude === undefined ? {} : { longitude: place.longitude }),
    stepMinutes: step,
    offsetMinutes: offset + middleMinutes,
    ...(mounting === undefined ? {} : { mounting }),
    days: new Map([...days].map(([date, { samples }]) => [date, samples])),
  }
}
