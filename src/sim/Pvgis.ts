/**
 * Real sunlight: the typical meteorological year (TMY) of PVGIS, as its web page or API gives it as CSV. A file has an hourly row for
 * each day of a year, columns found here by name, header lines before them (older files have none) and a legend after an empty
 * line. Only `time(UTC)` and `G(h)` are needed; `T2m` is used where it is there.
 *
 * Format and meaning: PVGIS user manual, section "Typical meteorological year" (https://joint-research-centre.ec.europa.eu/pvgis).
 */
import { SunledgerError } from '../core/Errors.ts'
import * as Input from './Input.ts'

/** Weather of a whole file. */
export interface Pvgis {
  /** Of the file, for errors. */
  readonly name: string
  /** Degrees north, where the file says. */
  readonly latitude?: number
  /** Degrees east, where the file says. */
  readonly longitude?: number
  /** `Irradiance Time Offset (h)`: an irradiance of the row 10:00 holds this much after 10:00. 0 where the file does not say. */
  readonly offsetHours: number
  /** For each month and day (`06-21`) its hours, by hour; a missing one is undefined. */
  readonly days: ReadonlyMap<string, readonly (Hour | undefined)[]>
}

/** One row. */
export interface Hour {
  /** G(h): global irradiance on the horizontal plane, W/m². */
  readonly irradiance: number
  /** T2m: air temperature 2 m above ground, °C. */
  readonly temperature?: number
}

/** One complete day, plain data. */
export interface Day {
  /** Month and day, such as `06-21`. */
  readonly date: string
  readonly latitude?: number
  readonly longitude?: number
  /** Irradiance number h holds h hours and this many minutes after midnight UTC. */
  readonly offsetMinutes: number
  /** 24 global horizontal irradiances, W/m². */
  readonly irradiance: readonly number[]
  /** 24 air temperatures on the hour UTC, °C; absent where the file has none. */
  readonly temperature?: readonly number[]
}

/** A file of one year is 0.6 MB. */
export const limitBytes = 16 * 1024 * 1024

const formatExpected = 'a PVGIS TMY file in CSV with the columns time(UTC) and G(h)'
const rowExpected = 'YYYYMMDD:HH00 and a number in each column that is used'

/**
 * Reads a file.
 * @throws {Input.InputMissingError} {@link Input.InputTooLargeError} {@link Input.InputEmptyError} and what `parse` throws
 */
export const read = (path: string): Pvgis => parse(Input.read(path, limitBytes), path)

/**
 * Parses the text of a file. Rows may come in any order, but each hour of the year at most once.
 * @param name of the file, for errors
 * @throws {Input.InputFormatError} no line with the columns `time(UTC)` and `G(h)` among the first 64
 * @throws {Input.InputRowError} a row that is cut, has no number where one is needed, a value out of bounds, or comes twice
 * @throws {Input.InputEmptyError} no rows
 */
export function parse(text: string, name: string): Pvgis {
  const records = Input.records(text)
  const columnsAt = records.slice(0, 64).findIndex(({ cells }) => cells.includes('time(UTC)'))
  const columns = records[columnsAt]
  if (columns === undefined) throw new Input.InputFormatError(name, 1, formatExpected, Input.quote(records[0]))
  const at = { time: columns.cells.indexOf('time(UTC)'), irradiance: columns.cells.indexOf('G(h)') }
  if (at.irradiance < 0) throw new Input.InputFormatError(name, columns.line, formatExpected, Input.quote(columns))
  const header = parseHeader(records.slice(0, columnsAt), name)
  const days = new Map<string, (Hour | undefined)[]>()
  const rows = records.slice(columnsAt + 1)
  const legendAt = rows.findIndex(({ cells }) => cells.join('') === '')
  for (const record of legendAt < 0 ? rows : rows.slice(0, legendAt)) {
    const { date, hour, value } = parseRow(record, columns.cells, at, name)
    const hours = days.get(date) ?? new Array<Hour | undefined>(24).fill(undefined)
    if (hours[hour] !== undefined)
      throw new Input.InputRowError(name, record.line, 'each hour of the year once', Input.quote(record))
    hours[hour] = value
    days.set(date, hours)
  }
  if (days.size === 0) throw new Input.InputEmptyError(name, 'columns without rows')
  // What follows the first empty line is text for people. A row there means that the file was damaged, and half a year is missing.
  const stray =
    legendAt < 0 ? undefined : rows.slice(legendAt).find(({ cells }) => /^\d{8}:\d{4}$/.test(cells[at.time] ?? ''))
  if (stray) throw new Input.InputRowError(name, stray.line, 'no rows after an empty line', Input.quote(stray))
  return { name, ...header, days }
}

/**
 * One day of a file.
 * @param date month and day, `06-21`; the year does not matter, as a typical year is put together from months of several
 * @throws {DateInvalidError} no such day in any year
 * @throws {DateAbsentError} the file lacks the day or some of its hours
 */
export function day(file: Pvgis, date: string): Day {
  if (!isDate(date)) throw new DateInvalidError(date)
  const hours = file.days.get(date) ?? []
  const complete = hours.filter((hour) => hour !== undefined)
  if (complete.length < 24) throw new DateAbsentError(file.name, date, complete.length)
  const temperature = complete.map((hour) => hour.temperature).filter((value) => value !== undefined)
  return {
    date,
    ...(file.latitude === undefined ? {} : { latitude: file.latitude }),
    ...(file.longitude === undefined ? {} : { longitude: file.longitude }),
    offsetMinutes: file.offsetHours * 60,
    irradiance: complete.map((hour) => hour.irradiance),
    ...(temperature.length === 24 ? { temperature } : {}),
  }
}

/**
 * Irradiance (W/m²) and air temperature (°C) at any minute of the day, linear between the hourly values. The day is a ring: after the
 * last hour comes the first of the same day, as the neighbouring day may be of another year. So the mean over the day is exactly
 * the mean of its 24 values.
 * @param minute since midnight UTC, any number
 */
export function at(day: Day, minute: number): Hour {
  const irradiance = ring(day.irradiance, (minute - day.offsetMinutes) / 60)
  return day.temperature === undefined
    ? { irradiance }
    : { irradiance, temperature: ring(day.temperature, minute / 60) }
}

/** True for a month and day that some year has, `02-29` included. */
export function isDate(text: string): boolean {
  const match = /^(\d\d)-(\d\d)$/.exec(text)
  return match !== null && daysIn(Number(match[1])) >= Number(match[2]) && Number(match[2]) > 0
}

const daysIn = (month: number): number => [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0

function ring(values: readonly number[], position: number): number {
  const before = Math.floor(position)
  const value = (index: number) => values[((index % 24) + 24) % 24] ?? 0
  return value(before) + (value(before + 1) - value(before)) * (position - before)
}

function parseHeader(records: readonly Input.CsvRecord[], name: string) {
  const value = (key: string, bound: number): number | undefined => {
    const record = records.find(({ cells }) => cells[0]?.startsWith(key))
    if (record === undefined) return undefined
    const number = numberFrom(record.cells[0]?.split(':')[1]?.trim())
    if (number === undefined || Math.abs(number) > bound)
      throw new Input.InputRowError(
        name,
        record.line,
        `${key}: a number between −${bound} and ${bound}`,
        Input.quote(record),
      )
    return number
  }
  const latitude = value('Latitude', 90)
  const longitude = value('Longitude', 180)
  const offsetHours = value('Irradiance Time Offset', 1) ?? 0
  return {
    ...(latitude === undefined ? {} : { latitude }),
    ...(longitude === undefined ? {} : { longitude }),
    offsetHours,
  }
}

function parseRow(
  record: Input.CsvRecord,
  columns: readonly string[],
  at: { time: number; irradiance: number },
  name: string,
) {
  const fail = (expected: string) => new Input.InputRowError(name, record.line, expected, Input.quote(record))
  if (record.cells.length !== columns.length) throw fail(`${columns.length} cells: ${columns.join(',')}`)
  const time = /^\d{4}(\d\d)(\d\d):([01]\d|2[0-3])00$/.exec(record.cells[at.time] ?? '')
  const date = `${time?.[1]}-${time?.[2]}`
  if (time === null || !isDate(date)) throw fail(rowExpected)
  const irradiance = numberFrom(record.cells[at.irradiance])
  if (irradiance === undefined) throw fail(rowExpected)
  // The sun sends 1 361 W/m²; clouds at the edge of its disc can add some.
  if (irradiance < 0 || irradiance > 2000) throw fail('G(h) between 0 and 2000 W/m²')
  const column = columns.indexOf('T2m')
  if (column < 0) return { date, hour: Number(time[3]), value: { irradiance: irradiance + 0 } }
  const temperature = numberFrom(record.cells[column])
  if (temperature === undefined) throw fail(rowExpected)
  if (temperature < -100 || temperature > 70) throw fail('T2m between −100 and 70 °C')
  return { date, hour: Number(time[3]), value: { irradiance: irradiance + 0, temperature } }
}

function numberFrom(text: string | undefined): number | undefined {
  return text !== undefined && /^-?\d{1,12}(\.\d{1,12})?$/.test(text) ? Number(text) : undefined
}

/** A text is no month and day. */
export class DateInvalidError extends SunledgerError {
  override readonly name = 'DateInvalidError'
  constructor(date: string) {
    super('SL706', 'Not a day of the year.', {
      expected: 'month and day as MM-DD, such as 06-21',
      actual: JSON.stringify(date.slice(0, 40)),
    })
  }
}

/** A file lacks the day that was asked for. */
export class DateAbsentError extends SunledgerError {
  override readonly name = 'DateAbsentError'
  constructor(file: string, date: string, hours: number) {
    super('SL707', `${file}: no complete day ${date}.`, {
      expected: `24 hourly rows of ${date}`,
      actual: `${hours} rows`,
      hint: 'Choose another day. A typical year has no 29 February.',
    })
  }
}
