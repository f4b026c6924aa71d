import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type * as Bills from '../../../src/report/Bills.ts'
import * as Economy from '../../../src/report/Economy.ts'
import type { Inputs } from '../../../src/report/EconomyInputs.ts'
import * as Tables from '../../../src/report/Tables.ts'
import * as Wealth from '../../../src/report/Wealth.ts'

const bill = (name: string, role: string, rest: Partial<Bills.Bill> = {}): Bills.Bill => ({
  name,
  role,
  address: `0x${name.padEnd(40, '0')}`,
  strategy: '',
  deposited: 0n,
  paid: new Map(),
  earned: new Map(),
  payments: 0,
  boughtMilliWh: 0n,
  soldMilliWh: 0n,
  withdrawnMilliWh: 0n,
  ...rest,
})

const inputs: Inputs = {
  bills: [
    bill('a', 'customer', { deposited: 100n, paid: new Map([['robot', 80n]]), payments: 2 }),
    bill('b', 'robot', { earned: new Map([['customer', 80n]]), strategy: 'a "quoted", one' }),
    bill('c', 'robot', { strategy: '=SUM(A1)' }),
  ],
  trades: [
    { slot: 0, index: 0, reference: '0x01', seller: 'p', buyer: 'q', energyMilliWh: 2_000_000n, priceAtomic: 60_000n },
    { slot: 0, index: 1, reference: '0x02', seller: 'p', buyer: 'r', energyMilliWh: 1_000_000n, priceAtomic: 60_000n },
  ],
  slots: [],
  orders: [],
  settlements: [],
  wealth: [],
  study: {
    place: { name: 'Turin', latitude: 45, longitude: 8, timeZone: 'UTC+01:00' },
    date: '06-21',
    sun: { sunrise: '04:40', noon: '12:28', sunset: '20:17' },
    days: 3,
    seeds: 5,
    steady: [],
    agreement: null,
    sensitivity: [],
    assumptions: [],
  },
  held: (account) => (account.startsWith('0xb') ? 80n : 0n),
  valueAtomic: 250n,
}

describe('key figures', () => {
  test('behavior: mean price by energy, velocity as value over money, Gini of everybody', () => {
    const figures = Object.fromEntries(Economy.figures(inputs).map(({ name, value }) => [name, value]))
    expect(figures).toMatchObject({
      'mean price of energy': '40000',
      'energy sold, resold energy included': '3000000',
      'velocity of money (transactions velocity, Fisher)': 2.5,
      'Gini coefficient of all dollars': 0.666667,
    })
  })

  test('behavior: an economy without sales or money has no price and no velocity', () => {
    const figures = Economy.figures({ ...inputs, trades: [], bills: [] })
    expect(figures.filter(({ value }) => value === null).map(({ name }) => name)).toEqual([
      'mean price of energy',
      'velocity of money (transactions velocity, Fisher)',
    ])
  })

  test('behavior: Gini is 0 where all hold alike, and (n − 1) / n where one holds all', () => {
    expect(Wealth.gini([7n, 7n, 7n])).toBe(0)
    expect(Wealth.gini([])).toBe(0)
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), fc.bigInt({ min: 1n, max: 10n ** 15n }), (others, all) => {
        expect(Wealth.gini([...new Array<bigint>(others).fill(0n), all])).toBeCloseTo(others / (others + 1), 5)
      }),
    )
  })

  test('behavior: Gini is the mean difference over twice the mean', () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt({ min: 1n, max: 10_000n }), { minLength: 1, maxLength: 12 }), (held) => {
        const values = held.map(Number)
        const mean = values.reduce((a, b) => a + b, 0) / values.length
        const differences = values.flatMap((a) => values.map((b) => Math.abs(a - b))).reduce((a, b) => a + b, 0)
        expect(Wealth.gini(held)).toBeCloseTo(differences / (2 * values.length ** 2 * mean), 4)
      }),
    )
  })
})

describe('tables', () => {
  test('behavior: sums by role', () => {
    expect(Economy.byRole(inputs)[0]).toMatchObject({
      role: 'customer',
      participants: 1,
      depositedAtomic: '100',
      paidAtomic: '80',
    })
    expect(Economy.byRole(inputs)[1]).toMatchObject({
      role: 'robot',
      participants: 2,
      earnedAtomic: '80',
      heldAtomic: '80',
    })
  })

  test('behavior: CSV quotes what it must, and no cell is taken for a formula', () => {
    const lines = Tables.files(inputs)['bills.csv']?.split('\n') ?? []
    expect(lines).toHaveLength(5)
    expect(lines[2]).toContain('"a ""quoted"", one"')
    expect(lines[3]).toContain("'=SUM(A1)")
    expect(Tables.files(inputs)['trades.csv']).toBe(
      'slot,index,seller,buyer,energyMilliWh,priceAtomic,reference\n0,0,p,q,2000000,60000,0x01\n0,1,p,r,1000000,60000,0x02\n',
    )
  })
})
