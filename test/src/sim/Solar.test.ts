/** Weather in the formats in which people have it: one day's light, written in each, is read as the same day. */
import { describe, expect, test } from 'vitest'
import * as TextTable from '../../../src/core/TextTable.ts'
import * as Scenario from '../../../src/sim/Scenario.ts'
import * as Solar from '../../../src/sim/solar/Solar.ts'
import * as Weather from '../../../src/sim/Weather.ts'
import * as Fixtures from './Fixtures.ts'

const pad = (value: number, digits = 2) => String(value).padStart(digits, '0')
const hours = Array.from({ length: 24 }, (_, hour) => hour)
/** Light on the horizontal by the hour UTC, and its parts. */
const light = (hour: number) => Math.max(0, Math.round(900 * Math.sin((Math.PI * (hour - 5)) / 13)))
const diffuse = (hour: number) => Math.round(light(hour) / 4)
const days = ['06-20', '06-21', '06-22']
const rows = (of: (date: string, hour: number) => string) => days.flatMap((date) => hours.map((hour) => of(date, hour)))
const compact = (date: string, hour: number, minute = 0) => `2019${date.replace('-', '')}:${pad(hour)}${pad(minute)}`

const hourly = [
  'Latitude (decimal degrees):\t45.000',
  'Longitude (decimal degrees):\t8.000',
  'Elevation (m):\t250',
  'Slope: 30 deg. ',
  'Azimuth: -10 deg. ',
  'time,G(i),H_sun,T2m,WS10m,Int',
  ...rows((date, hour) => `${compact(date, hour, 10)},${light(hour)}.0,20.1,${10 + hour}.0,1.2,0.0`),
  '',
  'G(i): Global irradiance on the inclined plane (plane of the array) (W/m2)',
].join('\r\n')

const json = JSON.stringify({
  inputs: {
    location: { latitude: 45, longitude: 8, elevation: 250 },
    mounting_system: { fixed: { slope: { value: 0 }, azimuth: { value: 0 } } },
  },
  outputs: {
    hourly: days.flatMap((date) =>
      hours.map((hour) => ({ time: compact(date, hour, 10), 'G(i)': light(hour), H_sun: 20, T2m: 10 + hour })),
    ),
  },
})

const tmyJson = JSON.stringify({
  inputs: { location: { latitude: 45, longitude: 8, irradiance_time_offset: 0.1761 } },
  outputs: {
    tmy_hourly: days.flatMap((date) =>
      hours.map((hour) => ({
        ...{ 'time(UTC)': compact(date, hour), T2m: 10 + hour, RH: 50, 'G(h)': light(hour) },
        ...{ 'Gb(n)': light(hour), 'Gd(h)': diffuse(hour) },
      })),
    ),
  },
})

/** Local standard time, UTC+1: the hour that ends at 1:00 is the one that began at 23:00 UTC the day before. */
const epw = [
  'LOCATION,Turin,-,ITA,IWEC,160590,45.00,8.00,1.0,250.0',
  ...[
    'DESIGN CONDITIONS,0',
    'TYPICAL/EXTREME PERIODS,0',
    'GROUND TEMPERATURES,0',
    'HOLIDAYS/DAYLIGHT SAVINGS,No,0,0,0',
  ],
  ...['COMMENTS 1,none', 'COMMENTS 2,none', 'DATA PERIODS,1,1,Data,Sunday,6/20,6/22'],
  ...days.flatMap((date) =>
    hours.map((hour) => {
      const [month, day] = date.split('-').map(Number)
      const at = (hour + 23) % 24
      const radiation = `${light(at)},${light(at)},${diffuse(at)}`
      return `1995,${month},${day},${hour + 1},60,?9?9?9,${10 + at},5.0,50,99000,0,1367,300,${radiation},0,0,0,0,0,0`
    }),
  ),
].join('\n')

const psm = [
  'Source,Location ID,City,State,Country,Latitude,Longitude,Time Zone,Elevation,Local Time Zone',
  'NSRDB,123,-,-,-,45.0,8.0,1,250,1',
  'Year,Month,Day,Hour,Minute,DHI,DNI,GHI,Temperature',
  ...days.flatMap((date) =>
    hours.map((hour) => {
      const at = (hour + 23) % 24
      return `2019,${Number(date.slice(0, 2))},${Number(date.slice(3))},${hour},30,${diffuse(at)},${light(at)},${light(at)},${10 + at}`
    }),
  ),
].join('\n')

const ninja = [
  '# Renewables.ninja PV (Point API) - 45.0, 8.0 - Version: 1.1 (using GSEE v0.3.1) - License: CC-BY-NC',
  '# Units: time in UTC, electricity in kW',
  '# {"lat": "45.0", "lon": "8.0"}',
  'time,local_time,electricity,irradiance_direct,irradiance_diffuse,temperature',
  ...rows((date, hour) => {
    const direct = (light(hour) - diffuse(hour)) / 1000
    return `2019-${date} ${pad(hour)}:00,2019-${date} ${pad(hour)}:00,0.1,${direct.toFixed(3)},${(diffuse(hour) / 1000).toFixed(3)},${10 + hour}`
  }),
].join('\n')

/** Every half hour, in Indian time. */
const table = [
  'timestamp,GHI,temperature',
  ...days.flatMap((date) =>
    Array.from({ length: 48 }, (_, i) => {
      const at = new Date(Date.parse(`2019-${date}T00:00:00Z`) + i * 1_800_000 + 19_800_000).toISOString()
      return `${at.slice(0, 10)} ${at.slice(11, 16)}+05:30,${light(Math.floor(i / 2))},${10 + Math.floor(i / 2)}`
    }),
  ),
].join('\n')

const refusal = (text: string): string => {
  try {
    Solar.parse(text, 'file')
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('accepted')
}

describe('formats', () => {
  test.each([
    ['PVGIS hourly', hourly, 10],
    ['PVGIS hourly, JSON', json, 10],
    ['PVGIS TMY, JSON', tmyJson, 10.566],
    ['EPW', epw, 30],
    ['NSRDB PSM', psm, 30],
    ['renewables.ninja', ninja, 30],
    ['table of times', table, 0],
  ])('behavior: %s is read as the day that it was made from', (format, text, offset) => {
    const series = Solar.parse(text, 'file')
    expect(series.format).toContain(format.replace(', JSON', ''))
    expect(series.offsetMinutes).toBeCloseTo(offset, 6)
    const day = Weather.day(series, '06-21')
    const perHour = 60 / series.stepMinutes
    for (const hour of hours) {
      expect([hour, day.samples[hour * perHour]?.global]).toEqual([hour, light(hour)])
      expect(day.samples[hour * perHour]?.temperature).toBe(10 + hour)
    }
  })

  test('behavior: files that say so bring their place', () => {
    for (const text of [hourly, json, tmyJson, epw, psm, ninja])
      expect(Solar.parse(text, 'file')).toMatchObject({ latitude: 45, longitude: 8 })
    expect(Solar.parse(table, 'file').latitude).toBeUndefined()
  })

  test('behavior: light in the plane of modules brings how they stand, and is not tilted again', () => {
    const day = Weather.day(Solar.parse(hourly, 'file'), '06-21', 1)
    expect(day.mounting).toEqual({ tilt: 30, azimuth: 170 })
    const scenario = Scenario.from({ solar: day, tilt: 80 })
    expect([scenario.tilt, scenario.azimuth]).toEqual([30, 170])
    const flat = Weather.day(Solar.parse(json, 'file'), '06-21', 1)
    expect(flat.mounting).toBeUndefined()
    expect(Scenario.from({ solar: flat }).tilt).toBe(45)
  })

  test('behavior: of several years the newest counts, each day by itself', () => {
    const later = table
      .replaceAll('2019-', '2020-')
      .split('\n')
      .slice(1, 60)
      .map((row) => row.replace(/,\d+,/, ',7,'))
    const day = Weather.day(Solar.parse([table, ...later].join('\n'), 'file'), '06-20')
    expect(new Set(day.samples.map(({ global }) => global))).toEqual(new Set([7]))
    expect(Weather.day(Solar.parse([table, ...later].join('\n'), 'file'), '06-22').samples[24]?.global).toBe(light(12))
  })
})

describe('forms of text', () => {
  test.each([
    ['CRLF', (text: string) => text.replaceAll(/\r?\n/g, '\r\n')],
    ['a byte order mark', (text: string) => `\ufeff${text}`],
    ['semicolons and decimal commas', (text: string) => text.replaceAll(',', ';').replaceAll(/(\d)\.(\d)/g, '$1,$2')],
    ['tabs', (text: string) => text.replaceAll(',', '\t')],
    [
      'quoted cells',
      (text: string) =>
        text
          .split(/\r?\n/)
          .map((row) =>
            row
              .split(',')
              .map((cell) => `"${cell}"`)
              .join(','),
          )
          .join('\n'),
    ],
  ])('behavior: %s means the same', (_, change) => {
    expect(Solar.parse(change(psm), 'file')).toEqual(Solar.parse(psm, 'file'))
    expect(Solar.parse(change(table), 'file').days).toEqual(Solar.parse(table, 'file').days)
  })

  test('behavior: UTF-16 of either order, with and without its mark, and the Windows code page', () => {
    const [little, marked] = [Buffer.from(psm, 'utf16le'), Buffer.from(`\ufeff${psm}`, 'utf16le')]
    for (const bytes of [
      little,
      marked,
      Buffer.from(little).swap16(),
      Buffer.from(marked).swap16(),
      Buffer.from(psm, 'latin1'),
    ])
      expect(TextTable.decode(bytes).replace(/^\ufeff/, '')).toBe(psm)
    expect(TextTable.decode(Buffer.from([0x53, 0xc3, 0x4f]))).toBe('SÃO')
  })
})

describe('what is not plain', () => {
  test('error: is refused by line, column and format', () => {
    const line = (text: string, number: number, row: string) =>
      text
        .split(/\r?\n/)
        .with(number - 1, row)
        .join('\n')
    const refusals = [
      line(psm, 10, '2019,6,20,6,30,0,0,dark,16'),
      line(psm, 10, '2019,6,31,6,30,0,0,0,16'),
      line(psm, 10, '2019,6,20,5,30,0,0,0,16'),
      line(epw, 12, '1995,6,20,4,60,?9,13,5,50,99000,0,1367,300,9999,0,0'),
      line(table, 5, '2019-06-20 07:00,5,11'),
      line(table, 5, '2019-06-20 07:05+05:30,5,11'),
      line(hourly, 20, '20190620:1310,2001.0,20,23.0,1.2,0'),
      line(ninja, 4, 'time,local_time,electricity'),
      line(psm, 2, 'NSRDB,123,-,-,-,north,8.0,1,250,1'),
      '{"outputs": {}}',
      '{"outputs": ',
      'a,b\n1,2',
    ].map(refusal)
    expect(refusals.map((message) => message.split('\n')[0])).toMatchInlineSnapshot(`
      [
        "SL704: file, line 10, column 8 (GHI): a bad row.",
        "SL704: file, line 10, column 1 (Year): a bad row.",
        "SL704: file, line 10: a bad row.",
        "SL704: file, line 12, column 14 (Global Horizontal Radiation): a bad row.",
        "SL704: file, line 5, column 1 (timestamp): a bad row.",
        "SL703: file, line 2: not the format that was asked for.",
        "SL704: file, line 20, column 2 (G(i)): a bad row.",
        "SL703: file, line 4: not the format that was asked for.",
        "SL703: file, line 1: not the format that was asked for.",
        "SL703: file, line 1: not the format that was asked for.",
        "SL703: file, line 1: not the format that was asked for.",
        "SL703: file, line 1: not the format that was asked for.",
      ]
    `)
  })
})

describe.skipIf(Fixtures.absent)('the real file (skipped where ../shared/data is absent)', () => {
  test('behavior: has every day of a year from midnight to midnight in every zone, over new year and the end of February too', () => {
    const series = Solar.read(Fixtures.pvgis)
    for (let zone = -12; zone <= 12; zone++)
      for (const date of series.days.keys())
        if (Weather.day(series, date, zone).samples.length !== 24) throw new Error(`${date} in zone ${zone}`)
    const [west, here] = [Weather.day(series, '03-01', -1), Weather.day(series, '03-01')]
    expect(west.samples[0]).toEqual(here.samples[1])
    expect(Weather.day(series, '03-01', 1).samples[0]).toEqual(series.days.get('02-28')?.[23])
    expect(Weather.day(series, '01-01', 1).samples[0]).toEqual(series.days.get('12-31')?.[23])
    expect(() => Weather.day(series, '02-29', 10)).toThrow('SL707')
  })

  test('behavior: a year’s yield on the horizontal and at 35° is what an independent computation gives (MEASURES 6)', () => {
    const series = Solar.read(Fixtures.pvgis)
    const kwh = (tilt: number) => {
      let joules = 0
      for (const date of series.days.keys()) {
        const solar = Weather.day(series, date, 1)
        const scenario = Scenario.from({
          solar,
          tilt,
          azimuth: 180,
          robots: 1,
          producers: 1,
          sites: 1,
          slots: 1,
          seed: 1,
        })
        joules += Scenario.prepare(scenario).yields[0]?.at(-1) ?? 0
      }
      return joules / 3600
    }
    // check/economy/solar_year.py: 1 143.6 and 1 315 kWh/kWp.
    expect(kwh(0) / 1143.6).toBeCloseTo(1, 2)
    expect(kwh(35) / 1315).toBeCloseTo(1, 2)
  }, 60_000)
})
