import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import * as Assumptions from '../../../src/sim/Assumptions.ts'
import { eachActivity } from '../../../src/sim/plan/Demand.ts'
import * as Scenario from '../../../src/sim/Scenario.ts'

const { table, values, derived, rows } = Assumptions
const src = path.join(import.meta.dirname, '../../../src')

describe('the table', () => {
  test('behavior: every figure has a unit, words, a source and a date; an assumed one says why', () => {
    for (const row of rows()) {
      expect([row.name, row.says.length > 5, row.source.length > 5]).toEqual([row.name, true, true])
      expect(row.date).toMatch(/^20\d\d-(0[1-9]|1[0-2])$/)
      expect(['assumed', 'published']).toContain(row.basis)
    }
  })

  test('behavior: a name says its unit, and money and energy are bigints', () => {
    for (const [name, { value, unit }] of Object.entries(table)) {
      if (/Atomic/.test(name)) expect([name, unit]).toEqual([name, expect.stringMatching(/^atomic dollars/)])
      if (/Atomic|MilliWh|MicroWh/.test(name) || /[mµ]Wh/.test(unit)) expect(typeof value).toBe('bigint')
      if (/Percent/.test(name)) expect(unit).toMatch(/^%/)
      if (/Seconds$/.test(name)) expect(unit).toBe('s')
      if (/Watts/.test(name)) expect(unit).toMatch(/^W/)
      if (/PerKwh/.test(name)) expect(unit).toBe('atomic dollars per kWh')
      if (/PerHour/.test(name)) expect(unit).toBe('atomic dollars per hour')
    }
  })

  test('behavior: every figure is used by the code', () => {
    const code = globSync('{sim,market,cli}/**/*.ts', { cwd: src })
      .filter((file) => !/sim.Assumption/.test(file))
      .map((file) => readFileSync(path.join(src, file), 'utf8'))
      .join('\n')
    const own = readFileSync(path.join(src, 'sim/Assumptions.ts'), 'utf8')
    const unused = Object.keys(table).filter((name) => !code.includes(name) && !own.includes(`a.${name}`))
    expect(unused).toEqual([])
  })
})

describe('what follows', () => {
  test('behavior: 300 W on average, and energy about a fortieth of a GPU-hour', () => {
    const found = derived(values)
    expect(found.robotMeanWatts).toBe(300)
    expect(found.gpuHourOtherAtomic).toBe(2_876_900n)
    expect(found.gpuEnergyShare).toBeCloseTo(0.025, 3)
    expect(found.computeShare).toBeGreaterThan(1 / 3)
    // 174 MW of light are some 30 MW of electricity, which is 100 000 robots and not 580 000.
    expect((1.74e17 / 1e9) * found.sunToGrid).toBeCloseTo(30.1e6, -6)
    expect(((1.74e17 / 1e9) * found.sunToGrid) / found.robotMeanWatts).toBeCloseTo(100_000, -4)
  })

  test('behavior: an hour on a task is paid what the table says an hour is paid, whatever the slots', () => {
    for (const slots of [24, 96, 480]) {
      const world = Scenario.prepare(Scenario.from({ robots: 200, slots }))
      let [tasks, wage] = [0, 0]
      for (let slot = 0; slot < slots; slot++)
        eachActivity(world, slot, (_, activity) => {
          tasks += activity.tasks
          wage += activity.wageAtomicPerHour
        })
      expect(wage / tasks / Number(derived(values).meanWageAtomicPerHour)).toBeCloseTo(1, 1)
    }
  })
})
