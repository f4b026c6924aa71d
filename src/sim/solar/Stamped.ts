/**
 * Weather files whose rows have a date and time as text: renewables.ninja's, and any table with a column of times and one of global irradiance. A time without
 * an offset is taken as UTC only where its column says so; otherwise nobody knows which hour is meant.
 */
import * as Input from '../Input.ts'
import type { Series } from '../Weather.ts'
import * as Rows from './Rows.ts'

/** `2019-06-21 12:30`, with T, seconds, and an offset: `Z`, `+01:00`, `-0500`. */
const pattern = /^(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d)(?::(\d\d)(?:\.0+)?)?\s*(Z|UTC|[+-]\d\d:?\d\d)?$/

const timeOf = (text: string, isUtc: boolean): number | undefined => {
  const match = pattern.exec(text)
  if (match === null || (match[7] === undefined && !isUtc) || (match[6] ?? '00') !== '00') return undefined
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = match.slice(1, 6).map(Number)
  const ms = Rows.utc(year, month, day, hour, minute)
  const zone = /^([+-])(\d\d):?(\d\d)$/.exec(match[7] ?? '')
  const minutes = zone === null ? 0 : (zone[1] === '-' ? -1 : 1) * (Number(zone[2]) * 60 + Number(zone[3]))
  return ms === undefined ? undefined : ms - minutes * 60_000
}

/** The point in the first comment line: `# Renewables.ninja PV (Point API) - 45.0, 8.0 - …`. */
const ninjaPlace = (records: readonly Input.CsvRecord[]): Rows.Place => {
  const text = records.map(({ cells }) => cells.join(', ')).find((line) => /^"?#.*ninja/i.test(line)) ?? ''
  const match = /(-?\d{1,2}(?:\.\d+)?),\s*(-?\d{1,3}(?:\.\d+)?)/.exec(text)
  return match === null ? {} : { latitude: Number(match[1]), longitude: Number(match[2]) }
}

/** Means of the hour after the time, on the horizontal, in kW/m²; only where the raw data was asked for. */
export const parseNinja = (records: readonly Input.CsvRecord[], at: number, name: string): Series => {
  const format = 'renewables.ninja'
  const columns = (records[at] as Input.CsvRecord).cells
  for (const column of ['irradiance_direct', 'irradiance_diffuse'])
    if (!columns.includes(column))
      throw new Input.InputFormatError(
        name,
        records[at]?.line ?? 1,
        `${format} with raw data: the column ${column}`,
        columns.join(','),
      )
  const table = Rows.complete({ name, format, columns, rows: records.slice(at + 1) })
  const times = table.rows.map((row) => {
    const ms = timeOf(Rows.cell(table, row, 'time'), true)
    if (ms === undefined) throw Rows.wrong(table, row, 'time', 'YYYY-MM-DD HH:MM in UTC')
    const diffuse = Rows.irradiance(table, row, 'irradiance_diffuse', 1000)
    const global = Rows.irradiance(table, row, 'irradiance_direct', 1000) + diffuse
    const warm = columns.includes('temperature') ? { temperature: Rows.temperature(table, row, 'temperature') } : {}
    return { ms, line: row.line, sample: { global, diffuse, ...warm } }
  })
  return Rows.series(table, times, ninjaPlace(records), 30)
}

/** Names under which tables have what is needed, in lower case. */
const known = {
  time: ['time', 'timestamp', 'datetime', 'date_time', 'time (utc)', 'timestamp (utc)', 'time_utc', 'period_start'],
  global: [
    'ghi',
    'g(h)',
    'ghi (w/m2)',
    'global horizontal irradiance',
    'shortwave_radiation',
    'shortwave_radiation (w/m²)',
  ],
  direct: ['dni', 'gb(n)', 'direct_normal_irradiance', 'direct_normal_irradiance (w/m²)'],
  diffuse: ['dhi', 'gd(h)', 'diffuse_radiation', 'diffuse_radiation (w/m²)'],
  temperature: ['temperature', 'air_temp', 't2m', 'temperature_2m', 'temperature_2m (°c)'],
} as const

type Kind = keyof typeof known

/** The column of a kind, as the table calls it. */
export const columnOf = (columns: readonly string[], kind: Kind): string | undefined =>
  columns.find((column) => (known[kind] as readonly string[]).includes(column.toLowerCase()))

/** Any table with a column of times and one of global irradiance. */
export const parseTable = (records: readonly Input.CsvRecord[], at: number, name: string): Series => {
  const columns = (records[at] as Input.CsvRecord).cells
  const table = Rows.complete({ name, format: 'table of times', columns, rows: records.slice(at + 1) })
  const column = (kind: Kind) => columnOf(columns, kind)
  const [time, global] = [column('time') as string, column('global') as string]
  const isUtc = /utc/i.test(time)
  const times = table.rows.map((row) => {
    const ms = timeOf(Rows.cell(table, row, time), isUtc)
    if (ms === undefined)
      throw Rows.wrong(
        table,
        row,
        time,
        `YYYY-MM-DD HH:MM${isUtc ? '' : ' with an offset from UTC, such as +01:00 or Z'}`,
      )
    const [direct, diffuse, warm] = (['direct', 'diffuse', 'temperature'] as const).map(column)
    return {
      ms,
      line: row.line,
      sample: {
        global: Rows.irradiance(table, row, global),
        ...(direct === undefined || diffuse === undefined
          ? {}
          : { direct: Rows.irradiance(table, row, direct), diffuse: Rows.irradiance(table, row, diffuse) }),
        ...(warm === undefined ? {} : { temperature: Rows.temperature(table, row, warm) }),
      },
    }
  })
  return Rows.series(table, times, {}, 0)
}
