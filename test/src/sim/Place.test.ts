import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as Place from '../../../src/sim/Place.ts'
import * as Scenario from '../../../src/sim/Scenario.ts'
import * as Sun from '../../../src/sim/Sun.ts'

const timesAt = (latitude: number, longitude: number, date: string) =>
  Place.sunTimes({ latitude, longitude }, Scenario.midnightMs({ date, longitude }))

const minutes = (clock: string) => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3))

describe('parse', () => {
  test('behavior: latitude, longitude and a name, which may hold commas; without one the coordinates', () => {
    expect(Place.parse('-33.87,151.21,Sydney, New South Wales')).toEqual({
      latitude: -33.87,
      longitude: 151.21,
      name: 'Sydney, New South Wales',
    })
    expect(Place.parse(' 45 , -8.5 ')).toEqual({ latitude: 45, longitude: -8.5, name: '45.00° N, 8.50° W' })
  })

  test.each(['', '45', '45;8', '91,0', '0,181', 'north,8', '45,8e1', '1e1,2', '45,8,\u0007', `45,8,${'x'.repeat(61)}`])(
    'error: %j is no place',
    (text) => {
      expect(() => Place.parse(text)).toThrow('SL734')
    },
  )
})

describe('sun', () => {
  // Sunrise and sunset from timeanddate.com for these places and days, at their zone's standard time.
  test.each([
    ['Turin', 45.07, 7.69, '06-21', 1, '04:42', '20:21'],
    ['Sydney', -33.87, 151.21, '12-21', 10, '04:41', '19:05'],
    ['Sydney in winter', -33.87, 151.21, '06-21', 10, '07:00', '16:54'],
    ['Quito', -0.18, -78.47, '03-20', -5, '06:18', '18:24'],
    ['Los Angeles', 34.05, -118.24, '02-29', -8, '06:20', '17:47'],
    ['Tokyo', 35.68, 139.69, '12-21', 9, '06:47', '16:31'],
  ])('behavior: rises and sets when it does in %s', (_, latitude, longitude, date, zone, rise, set) => {
    expect(Place.zoneHours(longitude)).toBe(zone)
    const { sunriseSeconds = 0, sunsetSeconds = 0, polar } = timesAt(latitude, longitude, date)
    expect(Math.abs(sunriseSeconds / 60 - minutes(rise))).toBeLessThan(4)
    expect(Math.abs(sunsetSeconds / 60 - minutes(set))).toBeLessThan(4)
    expect(polar).toBeUndefined()
  })

  test('behavior: neither rises nor sets in polar day and night, and says which', () => {
    expect(timesAt(78.2, 15.6, '06-21')).toMatchObject({ sunriseSeconds: undefined, polar: 'day' })
    expect(timesAt(78.2, 15.6, '12-21')).toMatchObject({ sunsetSeconds: undefined, polar: 'night' })
    expect(timesAt(-78.2, 15.6, '12-21').polar).toBe('day')
    const [day, night] = [timesAt(90, 0, '06-21'), timesAt(-90, 0, '06-21')]
    expect([day.polar, night.polar]).toEqual(['day', 'night'])
    expect(Place.middleOf(day, 'night')).toBeUndefined()
    expect(Place.middleOf(night, 'noon')).toBeUndefined()
    expect(Place.middleOf(night, 'dawn')).toBeUndefined()
  })

  test('behavior: at every longitude and in both hemispheres noon is about noon, and the sun is highest then', () => {
    const dates = fc.constantFrom('01-01', '02-29', '03-20', '06-21', '09-22', '12-31')
    const places = fc.tuple(
      fc.double({ min: -65, max: 65, noNaN: true }),
      fc.double({ min: -180, max: 180, noNaN: true }),
    )
    fc.assert(
      fc.property(places, dates, ([latitude, longitude], date) => {
        const { sunriseSeconds = -1, noonSeconds, sunsetSeconds = -1 } = timesAt(latitude, longitude, date)
        // The zone's meridian is within half an hour, the equation of time within 17 minutes.
        expect(Math.abs(noonSeconds - 43_200)).toBeLessThan(48 * 60)
        const midnight = Scenario.midnightMs({ date, longitude })
        const altitude = (seconds: number) => Sun.position({ latitude, longitude }, midnight + seconds * 1000).altitude
        for (let hour = 0; hour < 24; hour++) expect(altitude(hour * 3600)).toBeLessThan(altitude(noonSeconds) + 0.01)
        expect(altitude(sunriseSeconds)).toBeLessThan(1)
        expect(altitude(sunsetSeconds)).toBeLessThan(1)
        for (const period of ['dawn', 'noon', 'night'] as const) {
          const slots = Array.from({ length: 96 }, (_, slot) => slot).filter((slot) =>
            Place.isIn(
              { sunriseSeconds, noonSeconds, sunsetSeconds, polar: undefined },
              period,
              slot * 900,
              slot * 900 + 900,
            ),
          )
          expect([7, 8, 9]).toContain(slots.length)
        }
      }),
      { numRuns: 40 },
    )
  })

  test('behavior: zones have names, west and east', () => {
    expect([-179, -78, 0, 8, 151, 180].map((longitude) => Place.zoneName(Place.zoneHours(longitude)))).toEqual([
      'UTC-12:00',
      'UTC-05:00',
      'UTC+00:00',
      'UTC+01:00',
      'UTC+10:00',
      'UTC+12:00',
    ])
  })
})

describe('a producer', () => {
  test.each([-180, -120, -60, 0, 60, 151.21, 180])(
    'behavior: at %d° east half of its day’s yield is made by noon',
    (longitude) => {
      const world = Scenario.prepare(Scenario.from({ longitude, latitude: -20, date: '12-21' }))
      const all = world.clear.at(-1) ?? 0
      const byNoon = (world.clear[48] ?? 0) / all
      expect(byNoon).toBeGreaterThan(0.4)
      expect(byNoon).toBeLessThan(0.6)
      expect(world.clear[12]).toBe(0)
    },
  )
})
