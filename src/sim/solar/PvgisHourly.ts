/**
 * Hourly radiation of PVGIS (`seriescalc`) as CSV and JSON, and its typical year as JSON. Hourly files hold the light in the plane of the modules that was
 * asked for, `G(i)` or its parts; so they say how the modules stand. PVGIS counts azimuths from south over west, here they count from north over east.
 */
import * as Input from '../Input.ts'
import type { Mounting } from '../Sun.ts'
import type { Sample, Series } from '../Weather.ts'
import * as Rows from './Rows.ts'

const parts = ['Gb(i)', 'Gd(i)', 'Gr(i)'] as const

/** The row's time as `YYYYMMDD:HHMM`. */
const timeOf = (text: string): number | undefined => {
  const match = /^(\d{4})(\d\d)(\d\d):(\d\d)(\d\d)$/.exec(text)
  if (match === null) return undefined
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = match.slice(1).map(Number)
  return Rows.utc(year, month, day, hour, minute)
}

const mountingOf = (slope: number | undefined, azimuth: number | undefined): Mounting | undefined =>
  slope === undefined || azimuth === undefined ? undefined : { tilt: slope, azimuth: (azimuth + 180) % 360 }

const sampleOf = (table: Rows.Table, row: Input.CsvRecord, isFlat: boolean): Sample => {
  const has = (column: string) => table.columns.includes(column)
  const plane = has('G(i)')
    ? Rows.irradiance(table, row, 'G(i)')
    : parts.reduce((sum, part) => sum + (has(part) ? Rows.irradiance(table, row, part) : 0), 0)
  return {
    global: plane,
    ...(isFlat ? {} : { plane }),
    ...(has('T2m') ? { temperature: Rows.temperature(table, row, 'T2m') } : {}),
  }
}

const seriesOf = (table: Rows.Table, place: Rows.Place, mounting: Mounting | undefined): Series => {
  const isFlat = mounting?.tilt === 0
  const times = table.rows.map((row) => {
    const ms = timeOf(Rows.cell(table, row, 'time'))
    if (ms === undefined) throw Rows.wrong(table, row, 'time', 'YYYYMMDD:HHMM')
    return { ms, line: row.line, sample: sampleOf(table, row, isFlat) }
  })
  return Rows.series(table, times, place, 0, isFlat ? undefined : mounting)
}

/** A number in a header line such as `Slope: 35 deg.`. */
const headerNumber = (headers: readonly Input.CsvRecord[], key: string): number | undefined => {
  const line = headers.map(({ cells }) => cells.join(' ')).find((text) => text.startsWith(key))
  const match = line === undefined ? null : /:\s*([+-]?\d+(?:\.\d+)?)/.exec(line)
  return match === null ? undefined : Number(match[1])
}

/** @param at the record that names the columns */
export const parse = (records: readonly Input.CsvRecord[], at: number, name: string): Series => {
  const headers = records.slice(0, at)
  const rows = records.slice(at + 1)
  const end = rows.findIndex(({ cells }) => cells.join('') === '')
  const columns = (records[at] as Input.CsvRecord).cells
  const table = Rows.complete({ name, format: 'PVGIS hourly', columns, rows: end < 0 ? rows : rows.slice(0, end) })
  const value = (key: string) => headerNumber(headers, key)
  const place = { latitude: value('Latitude'), longitude: value('Longitude') }
  const mounting = mountingOf(value('Slope'), value('Azimuth'))
  if (mounting === undefined)
    throw new Input.InputFormatError(name, 1, 'PVGIS hourly: header lines Slope and Azimuth', Input.quote(records[0]))
  return seriesOf(table, place, mounting)
}

interface Json {
  readonly inputs?: {
    readonly location?: {
      readonly latitude?: number
      readonly longitude?: number
      readonly irradiance_time_offset?: number
    }
    readonly mounting_system?: { readonly fixed?: Fixed }
  }
  readonly outputs?: { readonly hourly?: Objects; readonly tmy_hourly?: Objects }
}

interface Fixed {
  readonly slope?: { readonly value?: number }
  readonly azimuth?: { readonly value?: number }
}

type Objects = readonly { readonly [column: string]: unknown }[]

/** Rows of objects as a table; a row counts as its number in the list. */
const tableOf = (objects: Objects, name: string, format: string): Rows.Table => {
  const columns = Object.keys(objects[0] ?? {})
  const rows = objects.map((row, index) => ({
    line: index + 1,
    cells: columns.map((column) => String(row[column] ?? '')),
  }))
  return Rows.complete({ name: `${name}, outputs`, format, columns, rows })
}

/** @throws {Input.InputFormatError} no JSON, or not PVGIS's */
export const parseJson = (text: string, name: string): Series => {
  let json: Json
  try {
    json = JSON.parse(text) as Json
  } catch (error) {
    throw new Input.InputFormatError(name, 1, 'PVGIS JSON', error instanceof Error ? error.message : String(error))
  }
  const { location, mounting_system: system } = json.inputs ?? {}
  const place = { latitude: bounded(location?.latitude, 90), longitude: bounded(location?.longitude, 180) }
  const { hourly, tmy_hourly: typical } = json.outputs ?? {}
  if (Array.isArray(hourly))
    return seriesOf(
      tableOf(hourly, name, 'PVGIS hourly, JSON'),
      place,
      mountingOf(system?.fixed?.slope?.value, system?.fixed?.azimuth?.value),
    )
  if (!Array.isArray(typical))
    throw new Input.InputFormatError(name, 1, 'PVGIS JSON with outputs.hourly or outputs.tmy_hourly', 'neither')
  const table = tableOf(typical, name, 'PVGIS TMY, JSON')
  const times = table.rows.map((row) => {
    const ms = timeOf(Rows.cell(table, row, 'time(UTC)'))
    if (ms === undefined) throw Rows.wrong(table, row, 'time(UTC)', 'YYYYMMDD:HHMM')
    const [global, direct, diffuse] = ['G(h)', 'Gb(n)', 'Gd(h)'].map((column) => Rows.irradiance(table, row, column))
    const sample = { global: global ?? 0, direct: direct ?? 0, diffuse: diffuse ?? 0 }
    return { ms, line: row.line, sample: { ...sample, temperature: Rows.temperature(table, row, 'T2m') } }
  })
  return Rows.series(table, times, place, (bounded(location?.irradiance_time_offset, 1) ?? 0) * 60)
}

const bounded = (value: unknown, most: number): number | undefined =>
  typeof value === 'number' && Math.abs(value) <= most ? value : undefined
