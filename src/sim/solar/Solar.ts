/**
 * Reads a weather file of any format that is known here, by what is in it and not by its name: PVGIS (typical year and hourly, CSV and JSON), EPW, NSRDB PSM,
 * renewables.ninja, and tables of times with global irradiance.
 */
import * as Input from '../Input.ts'
import * as Pvgis from '../Pvgis.ts'
import type { Series } from '../Weather.ts'
import * as Local from './Local.ts'
import * as PvgisHourly from './PvgisHourly.ts'
import * as Stamped from './Stamped.ts'

/** Twenty years by the hour are some 12 MB. */
export const limitBytes = 64 * 1024 * 1024

const formats =
  'PVGIS (TMY or hourly, CSV or JSON), EPW, NSRDB PSM, renewables.ninja with raw data, or a table with columns time and GHI'

/** Lines among which the columns are named. */
const headLines = 64

/**
 * Reads a file.
 * @throws {Input.InputMissingError} {@link Input.InputTooLargeError} {@link Input.InputEmptyError} and what `parse` throws
 */
export const read = (path: string): Series => parse(Input.read(path, limitBytes), path)

/**
 * @param name of the file, for errors
 * @throws {Input.InputFormatError} none of these formats, or something that its format needs is not there
 * @throws {Input.InputRowError} a row is wrong; line and column are named
 */
export const parse = (text: string, name: string): Series => {
  if (/^\ufeff?\s*\{/.test(text)) return PvgisHourly.parseJson(text.replace(/^\ufeff/, ''), name)
  const records = Input.records(text)
  const head = records.slice(0, headLines)
  const at = (has: (cells: readonly string[]) => boolean) => head.findIndex(({ cells }) => has(cells))
  if (head[0]?.cells[0] === 'LOCATION') return Local.parseEpw(records, name)
  if (at((cells) => cells.includes('time(UTC)')) >= 0) return Pvgis.parse(text, name)
  const hourly = at((cells) => cells.includes('time') && (cells.includes('G(i)') || cells.includes('Gb(i)')))
  if (hourly >= 0) return PvgisHourly.parse(records, hourly, name)
  const psm = at((cells) => ['Year', 'Month', 'Day', 'Hour', 'Minute'].every((column) => cells.includes(column)))
  if (psm >= 0) return Local.parsePsm(records, psm, name)
  const ninja = at((cells) => cells.includes('time') && cells.includes('electricity'))
  if (ninja >= 0) return Stamped.parseNinja(records, ninja, name)
  const table = at(
    (cells) => Stamped.columnOf(cells, 'time') !== undefined && Stamped.columnOf(cells, 'global') !== undefined,
  )
  if (table >= 0) return Stamped.parseTable(records, table, name)
  throw new Input.InputFormatError(name, 1, formats, Input.quote(records[0]))
}
