/**
 * Weather files in the local standard time of their place, which they say: EPW (EnergyPlus) and the CSV of NSRDB's Physical Solar Model. Both part direct
 * from diffuse light. Formats: EnergyPlus Auxiliary Programs, "EPW CSV format"; NSRDB data download, "PSM v3/v4 header and units".
 */
import * as Input from '../Input.ts'
import type { Series } from '../Weather.ts'
import * as Rows from './Rows.ts'

const hourMs = 3_600_000

const timeOf = (
  table: Rows.Table,
  row: Input.CsvRecord,
  zone: number,
  columns: readonly string[],
  hourFrom: number,
): number => {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = columns.map((column) =>
    Number(/^\d{1,4}$/.test(Rows.cell(table, row, column)) ? Rows.cell(table, row, column) : Number.NaN),
  )
  const ms = Rows.utc(year, month, day, hour - hourFrom, minute)
  if (ms === undefined || year < 1900)
    throw Rows.wrong(table, row, columns[0] as string, `a day and time in ${columns.join(', ')}`)
  return ms - zone * hourMs
}

/** A place and zone in a header. */
const located = (name: string, format: string, line: number, texts: readonly (string | undefined)[]) => {
  const [latitude, longitude, zone] = texts.map(Rows.numberFrom)
  if (
    latitude === undefined ||
    longitude === undefined ||
    zone === undefined ||
    Math.abs(latitude) > 90 ||
    Math.abs(longitude) > 180 ||
    Math.abs(zone) > 14
  )
    throw new Input.InputFormatError(name, line, `${format}: latitude, longitude and time zone`, texts.join(','))
  return { latitude, longitude, zone }
}

/** EPW's columns by their place in a row: its files do not name them. */
const epwColumns = [
  ...['Year', 'Month', 'Day', 'Hour', 'Minute', 'Flags', 'Dry Bulb Temperature', 'Dew Point', 'Humidity', 'Pressure'],
  ...['Extraterrestrial Horizontal', 'Extraterrestrial Normal', 'Infrared', 'Global Horizontal Radiation'],
  ...['Direct Normal Radiation', 'Diffuse Horizontal Radiation'],
] as const

/** A row's hour ends at its time, and its radiation is that of the hour; the minute means nothing here. */
export const parseEpw = (records: readonly Input.CsvRecord[], name: string): Series => {
  const format = 'EPW'
  const head = records[0] as Input.CsvRecord
  const { zone, ...place } = located(name, format, head.line, head.cells.slice(6, 9))
  const data = records.findIndex(({ cells }) => cells[0]?.startsWith('DATA PERIODS'))
  if (data < 0)
    throw new Input.InputFormatError(name, head.line, 'EPW: a line DATA PERIODS before the rows', Input.quote(head))
  const rows = records
    .slice(data + 1)
    .map(({ line, cells }) => ({ line, cells: cells.join('') === '' ? [''] : cells.slice(0, epwColumns.length) }))
  const table = Rows.complete({ name, format, columns: epwColumns, rows })
  const times = table.rows.map((row) => ({
    ms: timeOf(
      table,
      { ...row, cells: row.cells.map((cell, i) => (i === 4 ? '0' : cell)) },
      zone,
      epwColumns.slice(0, 5),
      1,
    ),
    line: row.line,
    sample: {
      global: Rows.irradiance(table, row, 'Global Horizontal Radiation'),
      direct: Rows.irradiance(table, row, 'Direct Normal Radiation'),
      diffuse: Rows.irradiance(table, row, 'Diffuse Horizontal Radiation'),
      temperature: Rows.temperature(table, row, 'Dry Bulb Temperature'),
    },
  }))
  return Rows.series(table, times, place, 30)
}

const psmTime = ['Year', 'Month', 'Day', 'Hour', 'Minute'] as const

/** @param at the record that names the columns; two lines before it name and say what the file is */
export const parsePsm = (records: readonly Input.CsvRecord[], at: number, name: string): Series => {
  const format = 'NSRDB PSM'
  const [names, values] = [records[at - 2], records[at - 1]]
  const header = (key: string) => values?.cells[names?.cells.indexOf(key) ?? -1]
  const { zone, ...place } = located(name, format, names?.line ?? 1, ['Latitude', 'Longitude', 'Time Zone'].map(header))
  const columns = (records[at] as Input.CsvRecord).cells
  for (const column of [...psmTime, 'GHI', 'DNI', 'DHI'])
    if (!columns.includes(column))
      throw new Input.InputFormatError(
        name,
        records[at]?.line ?? 1,
        `NSRDB PSM with the column ${column}`,
        columns.join(','),
      )
  // Older files end their rows with empty cells.
  const rows = records.slice(at + 1).map(({ line, cells }) => ({
    line,
    cells:
      cells.length > columns.length && cells.slice(columns.length).join('') === ''
        ? cells.slice(0, columns.length)
        : cells,
  }))
  const table = Rows.complete({ name, format, columns, rows })
  const times = table.rows.map((row) => ({
    ms: timeOf(table, row, zone, psmTime, 0),
    line: row.line,
    sample: {
      global: Rows.irradiance(table, row, 'GHI'),
      direct: Rows.irradiance(table, row, 'DNI'),
      diffuse: Rows.irradiance(table, row, 'DHI'),
      ...(columns.includes('Temperature') ? { temperature: Rows.temperature(table, row, 'Temperature') } : {}),
    },
  }))
  return Rows.series(table, times, place, 0)
}
