/**
 * Real sunlight: the typical meteorological year (TMY) of PVGIS, as its web page or API gives it as CSV. A file has an hourly row for
 * each day of a year, columns found here by name, header lines before them (older files have none) and a legend after an empty
 * line. Only `time(UTC)` and `G(h)` are needed; `Gb(n)`, `Gd(h)` and `T2m` are used where they are there.
 *
 * Format and meaning: PVGIS user manual, section "Typical meteorological year" (https://joint-research-centre.ec.europa.eu/pvgis).
 */
import * as Input from './Input.ts'
import { isDate, type Sample, type Series } from './Weather.ts'

/** A file of one year is 0.6 MB. */
export const limitBytes = 16 * 1024 * 1024

const formatExpected = 'a PVGIS TMY file in CSV with the columns time(UTC) and G(h)'
const rowExpected = 'YYYYMMDD:HH00 and a number in each column that is used'

/**
 * Reads a file.
 * @throws {Input.InputMissingError} {@link Input.InputTooLargeError} {@link Input.InputEmptyError} and what `parse` throws
 */
export const read = (path: string): Series => parse(Input.read(path, limitBytes), path)

/**
 * Parses the text of a file. Rows may come in any order, but each hour of the year at most once.
 * @param name of the file, for errors
 * @throws {Input.InputFormatError} no line with the columns `time(UTC)` and `G(h)` among the first 64
 * @throws {Input.InputRowError} a row that is cut, has no number where one is needed, a value out of bounds, or comes twice
 * @throws {Input.InputEmptyError} no rows
 */
export function parse(text: string, name: string): Series {
  const records = Input.records(text)
  const columnsAt = records.slice(0, 64).findIndex(({ cells }) => cells.includes('time(UTC)'))
  const columns = records[columnsAt]
  if (columns === undefined) throw new Input.InputFormatError(name, 1, formatExpected, Input.quote(records[0]))
  const at = { time: columns.cells.indexOf('time(UTC)'), irradiance: columns.cells.indexOf('G(h)') }
  if (at.irradiance < 0) throw new Input.InputFormatError(name, columns.line, formatExpected, Input.quote(columns))
  const header = parseHeader(records.slice(0, columnsAt), name)
  const days = new Map<string, (Sample | undefined)[]>()
  const rows = records.slice(columnsAt + 1)
  const legendAt = rows.findIndex(({ cells }) => cells.join('') === '')
  for (const record of legendAt < 0 ? rows : rows.slice(0, legendAt)) {
    const { date, hour, value } = parseRow(record, columns.cells, at, name)
    const hours = days.get(date) ?? new Array<Sample | undefined>(24).fill(undefined)
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
  return { name, format: 'PVGIS TMY', ...header, stepMinutes: 60, days }
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
    offsetMinutes: offsetHours * 60,
  }
}

function parseRow(record: Input.CsvRecord, columns: readonly string[], at: { time: number }, name: string) {
  const fail = (expected: string) => new Input.InputRowError(name, record.line, expected, Input.quote(record))
  if (record.cells.length !== columns.length) throw fail(`${columns.length} cells: ${columns.join(',')}`)
  const time = /^\d{4}(\d\d)(\d\d):([01]\d|2[0-3])00$/.exec(record.cells[at.time] ?? '')
  const date = `${time?.[1]}-${time?.[2]}`
  if (time === null || !isDate(date)) throw fail(rowExpected)
  const value = (column: string, low: number, high: number, unit: string): number | undefined => {
    const index = columns.indexOf(column)
    if (index < 0) return undefined
    const number = numberFrom(record.cells[index])
    if (number === undefined) throw fail(rowExpected)
    if (number < low || number > high) throw fail(`${column} between ${low} and ${high} ${unit}`.replace('-', '−'))
    return number + 0
  }
  // The sun sends 1 361 W/m²; clouds at the edge of its disc can add some.
  const [direct, diffuse] = ['Gb(n)', 'Gd(h)'].map((column) => value(column, 0, 2000, 'W/m²'))
  const temperature = value('T2m', -100, 70, '°C')
  const sample: Sample = {
    global: value('G(h)', 0, 2000, 'W/m²') ?? 0,
    ...(direct === undefined || diffuse === undefined ? {} : { direct, diffuse }),
    ...(temperature === undefined ? {} : { temperature }),
  }
  return { date, hour: Number(time[3]), value: sample }
}

function numberFrom(text: string | undefined): number | undefined {
  return text !== undefined && /^-?\d{1,12}(\.\d{1,12})?$/.test(text) ? Number(text) : undefined
}
