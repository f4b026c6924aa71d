import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import * as Pvgis from '../../../src/sim/Pvgis.ts'
import * as Weather from '../../../src/sim/Weather.ts'
import * as Fixtures from './Fixtures.ts'

const folder = mkdtempSync(join(tmpdir(), 'sunledger-pvgis-'))
afterAll(() => rmSync(folder, { recursive: true }))
const text = Fixtures.pvgisText(['06-20', '06-21'])
const lines = text.split('\n')
const parse = (changed: string) => Pvgis.parse(changed, 'tmy.csv')
/** The message of the error that reading a changed file throws. */
const refusal = (run: () => unknown): string => {
  try {
    run()
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('accepted')
}

/** The file with one line changed, counted from 1. */
const changed = (line: number, row: string) => lines.with(line - 1, row).join('\n')

describe('parse', () => {
  test('behavior: reads a file as downloaded', () => {
    const file = parse(text)
    expect({ ...file, days: [...file.days.keys()] }).toMatchInlineSnapshot(`
      {
        "days": [
          "06-20",
          "06-21",
        ],
        "format": "PVGIS TMY",
        "latitude": 45,
        "longitude": 8,
        "name": "tmy.csv",
        "offsetMinutes": 10.566,
        "stepMinutes": 60,
      }
    `)
    expect(file.days.get('06-21')?.[12]).toEqual({ global: 1000, temperature: 12 })
  })

  test('behavior: reads older files without header lines, and any order of columns', () => {
    const bare = parse(Fixtures.pvgisText(['06-21'], false))
    expect(bare.offsetMinutes).toBe(0)
    expect(bare.latitude).toBeUndefined()
    const swapped = parse('G(h),Gb(n),time(UTC)\n7.5,-0.0,20050621:0500\n')
    expect(swapped.days.get('06-21')?.[5]).toEqual({ global: 7.5 })
  })

  test('behavior: any line ends, a byte order mark, no final line end and no legend are all the same', () => {
    const expected = parse(text)
    const withoutLegend = lines.slice(0, lines.indexOf('', 9)).join('\n')
    for (const same of [text.replaceAll('\n', '\r\n'), `\ufeff${text}`, withoutLegend])
      expect(parse(same)).toEqual(expected)
  })

  test('behavior: a row before its neighbour counts the same', () => {
    const moved = [...lines]
    ;[moved[20], moved[21]] = [moved[21] as string, moved[20] as string]
    expect(parse(moved.join('\n'))).toEqual(parse(text))
  })

  test('error: names file, line, what was expected and what came', () => {
    const refusals = [
      changed(20, '20180620:1000,10.0,50.0'),
      changed(20, '20180620:1000,10.0,50.0,many'),
      changed(20, '20180620:1000,warm,50.0,100.0'),
      changed(20, '20180620:2500,10.0,50.0,100.0'),
      changed(20, '20180230:1000,10.0,50.0,100.0'),
      changed(20, '20180620:0900,10.0,50.0,100.0'),
      changed(20, '20180620:1000,10.0,50.0,-1.0'),
      changed(20, '20180620:1000,10.0,50.0,2001.0'),
      changed(20, '20180620:1000,99.0,50.0,100.0'),
      changed(20, ''),
      changed(1, 'Latitude (decimal degrees): north'),
      changed(8, 'time(UTC),T2m,RH,G(i)'),
      'TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03.97,1,2\n',
      '{"inputs": {}}',
      'time(UTC),G(h)\n',
      'time(UTC),G(h)\n"20180101:0000,1\n',
    ].map((changedText) => refusal(() => parse(changedText)))
    expect(refusals.join('\n')).toMatchInlineSnapshot(`
      "SL704: tmy.csv, line 20: a bad row.
        Expected: 4 cells: time(UTC),T2m,RH,G(h)
        Actual: "20180620:1000,10.0,50.0"
      SL704: tmy.csv, line 20: a bad row.
        Expected: YYYYMMDD:HH00 and a number in each column that is used
        Actual: "20180620:1000,10.0,50.0,many"
      SL704: tmy.csv, line 20: a bad row.
        Expected: YYYYMMDD:HH00 and a number in each column that is used
        Actual: "20180620:1000,warm,50.0,100.0"
      SL704: tmy.csv, line 20: a bad row.
        Expected: YYYYMMDD:HH00 and a number in each column that is used
        Actual: "20180620:2500,10.0,50.0,100.0"
      SL704: tmy.csv, line 20: a bad row.
        Expected: YYYYMMDD:HH00 and a number in each column that is used
        Actual: "20180230:1000,10.0,50.0,100.0"
      SL704: tmy.csv, line 20: a bad row.
        Expected: each hour of the year once
        Actual: "20180620:0900,10.0,50.0,100.0"
      SL704: tmy.csv, line 20: a bad row.
        Expected: G(h) between 0 and 2000 W/m²
        Actual: "20180620:1000,10.0,50.0,-1.0"
      SL704: tmy.csv, line 20: a bad row.
        Expected: G(h) between 0 and 2000 W/m²
        Actual: "20180620:1000,10.0,50.0,2001.0"
      SL704: tmy.csv, line 20: a bad row.
        Expected: T2m between −100 and 70 °C
        Actual: "20180620:1000,99.0,50.0,100.0"
      SL704: tmy.csv, line 21: a bad row.
        Expected: no rows after an empty line
        Actual: "20180620:1200,12.0,50.0,1000.0"
      SL704: tmy.csv, line 1: a bad row.
        Expected: Latitude: a number between −90 and 90
        Actual: "Latitude (decimal degrees): north"
      SL703: tmy.csv, line 8: not the format that was asked for.
        Expected: a PVGIS TMY file in CSV with the columns time(UTC) and G(h)
        Actual: "time(UTC),T2m,RH,G(i)"
      SL703: tmy.csv, line 1: not the format that was asked for.
        Expected: a PVGIS TMY file in CSV with the columns time(UTC) and G(h)
        Actual: "TIMESTAMP,ContextTokens,GeneratedTokens"
      SL703: tmy.csv, line 1: not the format that was asked for.
        Expected: a PVGIS TMY file in CSV with the columns time(UTC) and G(h)
        Actual: "{\\"inputs\\": {}}"
      SL702: tmy.csv: nothing in it.
        Expected: at least one row of data
        Actual: columns without rows
      SL704: tmy.csv, line 2: a bad row.
        Expected: YYYYMMDD:HH00 and a number in each column that is used
        Actual: "\\"20180101:0000,1""
    `)
  })
})

describe('read', () => {
  test('error: a file that is missing, empty, a folder or huge', () => {
    const empty = join(folder, 'empty.csv')
    writeFileSync(empty, '\n \n')
    const huge = join(folder, 'huge.csv')
    writeFileSync(huge, Buffer.alloc(Pvgis.limitBytes + 1))
    const plain = (message: string) => message.replaceAll(folder, '.')
    expect(plain(refusal(() => Pvgis.read(join(folder, 'none.csv'))))).toMatchInlineSnapshot(`
      "SL701: ./none.csv: cannot be read.
        Expected: a file
        Actual: ENOENT: no such file or directory, stat './none.csv'
        Check the path; it is taken relative to the folder in which the command runs."
    `)
    expect(plain(refusal(() => Pvgis.read(empty)))).toMatchInlineSnapshot(`
      "SL702: ./empty.csv: nothing in it.
        Expected: at least one row of data
        Actual: the file is empty"
    `)
    expect(plain(refusal(() => Pvgis.read(folder)))).toMatchInlineSnapshot(`
      "SL701: .: cannot be read.
        Expected: a file
        Actual: EISDIR: illegal operation on a directory, read
        Check the path; it is taken relative to the folder in which the command runs."
    `)
    expect(plain(refusal(() => Pvgis.read(huge)))).toMatchInlineSnapshot(`
      "SL705: ./huge.csv: too large.
        Expected: at most 16777216 bytes
        Actual: 16777217 bytes
        Cut it to the part that you need."
    `)
  })
})

describe('day', () => {
  test('behavior: one day as plain data', () => {
    const day = Weather.day(parse(text), '06-21')
    expect(structuredClone(day)).toEqual(day)
    expect(day.samples).toHaveLength(24)
    expect(day.offsetMinutes).toBeCloseTo(10.566)
  })

  test('error: a day that is none, that the file lacks, or that is incomplete', () => {
    const file = parse(lines.toSpliced(19, 1).join('\n'))
    expect(refusal(() => Weather.day(file, '6-21'))).toMatchInlineSnapshot(`
      "SL706: Not a day of the year.
        Expected: month and day as MM-DD, such as 06-21
        Actual: "6-21""
    `)
    expect(refusal(() => Weather.day(file, '02-30'))).toContain('SL706')
    expect(refusal(() => Weather.day(file, '02-29'))).toMatchInlineSnapshot(`
      "SL707: tmy.csv: no complete day 02-29.
        Expected: 24 rows of 02-29, from midnight to midnight at the place
        Actual: 0 rows
        Choose another day. A typical year has no 29 February."
    `)
    expect(refusal(() => Weather.day(file, '06-20'))).toMatchInlineSnapshot(`
      "SL707: tmy.csv: no complete day 06-20.
        Expected: 24 rows of 06-20, from midnight to midnight at the place
        Actual: 23 rows
        Choose another day. A typical year has no 29 February."
    `)
  })
})

describe('at', () => {
  const hours = fc.array(fc.float({ min: 0, max: 1300, noNaN: true }), { minLength: 24, maxLength: 24 })
  const offsets = fc.float({ min: -60, max: 60, noNaN: true })

  test('behavior: gives each hourly value at its time, and between two neighbours what lies between them', () => {
    fc.assert(
      fc.property(
        hours,
        offsets,
        fc.nat(23),
        fc.float({ min: 0, max: 60, noNaN: true }),
        (irradiance, offset, hour, minutes) => {
          const samples = irradiance.map((global) => ({ global, temperature: global }))
          const day: Weather.Day = { date: '06-21', stepMinutes: 60, offsetMinutes: offset, samples }
          const value = (index: number) => irradiance[index % 24] as number
          expect(Weather.at(day, hour * 60 + offset).global).toBeCloseTo(value(hour), 3)
          expect(Weather.at(day, hour * 60).temperature).toBe(value(hour))
          const between = Weather.at(day, hour * 60 + offset + minutes).global
          expect(between).toBeGreaterThanOrEqual(Math.min(value(hour), value(hour + 1)) - 0.01)
          expect(between).toBeLessThanOrEqual(Math.max(value(hour), value(hour + 1)) + 0.01)
        },
      ),
    )
  })

  test('behavior: the day is a ring, so its mean is the mean of the hours, whatever the offset', () => {
    fc.assert(
      fc.property(hours, offsets, (irradiance, offset) => {
        const hourly = irradiance.map((global) => ({ global }))
        const day: Weather.Day = { date: '06-21', stepMinutes: 60, offsetMinutes: offset, samples: hourly }
        expect(Weather.at(day, -30).global).toBeCloseTo(Weather.at(day, 1410).global, 6)
        // Samples on the same minute of each hour, where the value is linear in the hourly ones.
        const samples = Array.from({ length: 1440 }, (_, minute) => Weather.at(day, minute + offset + 0.5).global)
        const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
        expect(mean(samples)).toBeCloseTo(mean(irradiance), 6)
      }),
    )
  })
})

describe.skipIf(Fixtures.absent)('the real file (skipped where ../shared/data is absent)', () => {
  test('behavior: 365 days, and 21 June as it stands there', () => {
    const file = Pvgis.read(Fixtures.pvgis)
    expect(file.days.size).toBe(365)
    expect([file.latitude, file.longitude, file.offsetMinutes]).toEqual([45, 8, 0.1761 * 60])
    for (const date of file.days.keys()) expect(Weather.day(file, date).samples).toHaveLength(24)
    const day = Weather.day(file, '06-21')
    expect(day.samples.map(({ global }) => global)).toEqual([
      0, 0, 0, 0, 16, 75, 96, 449, 619, 701, 875, 926, 922, 837, 473, 597, 423, 254, 99, 0, 0, 0, 0, 0,
    ])
    expect(day.samples[12]?.temperature).toBe(32.23)
    expect(Weather.at(day, 12 * 60 + 0.1761 * 60).global).toBeCloseTo(922, 6)
    expect(Weather.at(day, 12 * 60 + 0.1761 * 60 + 30).global).toBeCloseTo((922 + 837) / 2, 6)
  })

  test('error: a file that was cut off says where', () => {
    const file = Pvgis.read(Fixtures.pvgis)
    expect(file.name).toBe(Fixtures.pvgis)
    expect(refusal(() => Pvgis.read(Fixtures.trace))).toContain('SL703')
  })
})
