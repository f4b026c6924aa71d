/** Figures of scenarios that are arithmetic: recomputed here by other ways. */
import { describe, expect, test } from 'vitest'
import * as Abundance from '../../../src/cli/scenarios/abundance.ts'
import * as Billionth from '../../../src/cli/scenarios/billionth.ts'
import * as Gigawatt from '../../../src/cli/scenarios/gigawatt.ts'
import { all } from '../../../src/cli/scenarios/index.ts'
import * as Format from '../../../src/report/Format.ts'
import * as Scenario from '../../../src/sim/Scenario.ts'

describe('abundance', () => {
  test('behavior: 25.2 doublings at 24 %, 17 at 34 %; 25.2 are some 480 times all sunlight that reaches Earth', () => {
    expect(Abundance.doublings(0.24)).toBeCloseTo(25.2, 1)
    expect(Abundance.doublings(0.34)).toBeCloseTo(16.6, 1)
    expect(Math.round(Abundance.doublings(0.34))).toBe(17)
    expect(Abundance.sunlightTimes(0.24)).toBeGreaterThan(470)
    expect(Abundance.sunlightTimes(0.24)).toBeLessThan(490)
  })
})

describe('billionth', () => {
  test('behavior: 174 MW of light are some 30 MW of electricity and 100 000 robots', () => {
    const { watts, robots } = Billionth.reach(1.74e8)
    expect(watts / 1e6).toBeCloseTo(30.1, 1)
    expect(Math.round(robots / 1000)).toBe(100)
  })
})

describe('gigawatt', () => {
  test('behavior: who takes half of the target doubles the price, and who takes all of it does not fit', () => {
    expect(Gigawatt.priceTimes(0.5)).toBe(2)
    expect(Gigawatt.priceTimes(0)).toBe(1)
    expect(Gigawatt.priceTimes(1)).toBeUndefined()
  })
})

describe('what scenarios say beforehand', () => {
  test('behavior: follows what they are run with', () => {
    const crowd = all.find(({ name }) => name === 'flash-crowd')
    expect(crowd?.parameters(Scenario.from({ robots: 300 }))[0]?.value).toContain('300 within')
    expect(all.map(({ question }) => question).join(' ')).not.toMatch(/10 000 robots/)
  })
})

describe('figures for people', () => {
  test('behavior: have no exponent in computer notation, whatever their size', () => {
    expect([0.0000012345, 0.5, 12.6, 1260, 123456.7, 3.83e17].map((value) => Format.number(value))).toEqual([
      ...['0.00000123', '0.500', '12.6', '1 260', '123 457', '3.83 × 10¹⁷'],
    ])
    expect([1.26e3, 0.187, 0.00226, null].map((share) => Format.percent(share))).toEqual([
      ...['1 260 times', '18.7 %', '0.226 %', '–'],
    ])
    for (let size = -12; size < 25; size++) expect(Format.number(1.5 * 10 ** size)).not.toMatch(/e/)
  })

  test('behavior: times of the simulated clock', () => {
    expect([30, 900, 3600, 5400].map(Format.span)).toEqual(['30 s', '15 min', '1 h', '1 h 30 min'])
    expect([0, 43_320, 86_399].map(Format.clock)).toEqual(['00:00', '12:02', '00:00'])
  })
})
