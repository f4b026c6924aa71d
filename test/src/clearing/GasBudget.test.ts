/** I22: what strangers can make the operator spend, counted by address, account and hour. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as GasBudget from '../../../src/clearing/GasBudget.ts'
import * as Quota from '../../../src/core/Quota.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

/** A budget whose time the test moves; a unit of gas costs one wei. */
const budget = (limits: Partial<GasBudget.Limits> = {}, coinWei = 10n ** 18n) => {
  const at = { nowMs: 5 * hour }
  const made = GasBudget.create({ ...GasBudget.defaults, ...limits }, () => at.nowMs)
  const admit = (account: string, from?: string, purpose: GasBudget.Asked = 'deposit'): GasBudget.Ticket =>
    made.admit(purpose, { account, from }, 1n, coinWei)
  const codeOf = (act: () => unknown): string => {
    try {
      act()
      return 'admitted'
    } catch (error) {
      return (error as { code: string }).code
    }
  }
  return { at, made, admit, codeOf, tried: (...args: Parameters<typeof admit>) => codeOf(() => admit(...args)) }
}

describe('I22 an address', () => {
  test('error: SL622 beyond twenty in an hour, whatever the accounts; with the time until there is one again', () => {
    const { at, admit, tried } = budget()
    for (let i = 0; i < 20; i++) {
      admit(`account ${i}`, '192.0.2.1')
      at.nowMs += minute
    }
    expect(tried('another', '192.0.2.1')).toBe('SL622')
    expect(() => admit('another', '192.0.2.1')).toThrow(
      expect.objectContaining({ status: 429, retryAfterSeconds: (hour - 20 * minute) / 1000 }),
    )
    expect(tried('another', '192.0.2.2')).toBe('admitted')
    at.nowMs += 40 * minute
    expect([tried('one', '192.0.2.1'), tried('two', '192.0.2.1')]).toEqual(['admitted', 'SL622'])
  })
})

describe('I22 an account', () => {
  test('error: SL622 beyond ten in a day, wherever they come from', () => {
    const { at, admit, tried } = budget()
    for (let i = 0; i < 10; i++) admit('robot', `192.0.2.${i}`)
    expect(tried('robot', '192.0.2.99')).toBe('SL622')
    expect(tried('robot')).toBe('SL622')
    expect(tried('other', '192.0.2.99')).toBe('admitted')
    at.nowMs += day
    expect(tried('robot')).toBe('admitted')
  })

  test('behavior: an exit takes the places of what follows from it', () => {
    const { admit, tried } = budget()
    for (let i = 0; i < 8; i++) admit('robot')
    expect(tried('robot', undefined, 'exit')).toBe('SL622')
    expect([tried('robot'), tried('robot'), tried('robot')]).toEqual(['admitted', 'admitted', 'SL622'])
  })

  test('behavior: what is refused takes no place, and what the node did not take gives it back', () => {
    const { made, admit, tried } = budget({ perAddressAndHour: 1 })
    const ticket = admit('robot', 'a')
    for (let i = 0; i < 100; i++) expect(tried('robot', 'a')).toBe('SL622')
    made.unused(ticket)
    expect(made.spentWei).toBe(0n)
    for (let i = 0; i < 10; i++) expect(tried('robot', `b${i}`)).toBe('admitted')
    expect(tried('robot', 'a')).toBe('SL622')
  })
})

describe('I22 all strangers together', () => {
  const { gas } = GasBudget.purposes.deposit

  test('error: SL623 beyond a share of the coin in an hour, from however many addresses and accounts', () => {
    const { at, admit, tried, made } = budget({ shareBpsPerHour: 100 }, 100n * 5n * gas)
    for (let i = 0; i < 5; i++) admit(`account ${i}`, `address ${i}`)
    expect(tried('another', 'another')).toBe('SL623')
    expect(() => admit('another', 'another')).toThrow(expect.objectContaining({ status: 429 }))
    expect(made.spentWei).toBe(5n * gas)
    at.nowMs += hour + minute
    expect(tried('another', 'another')).toBe('admitted')
  })

  test('behavior: counted is what was really used', () => {
    const { made, admit, tried } = budget({ shareBpsPerHour: 100 }, 100n * gas)
    const ticket = admit('robot')
    expect(tried('other')).toBe('SL623')
    made.used(ticket, 10n)
    expect(made.spentWei).toBe(10n)
    made.used(ticket, 0n)
    expect(tried('other')).toBe('admitted')
  })

  test('behavior: a key whose share pays for none sends one an hour all the same', () => {
    const { at, tried } = budget({}, 1n)
    expect([tried('one'), tried('two')]).toEqual(['admitted', 'SL623'])
    at.nowMs += hour + minute
    expect(tried('three')).toBe('admitted')
  })

  test('behavior: what follows from what they asked counts, and waits; the operator’s own does neither', () => {
    const { made, admit, codeOf } = budget({ shareBpsPerHour: 100 }, 100n * gas)
    admit('robot')
    expect(codeOf(() => made.own('finalizeExit', 1n, 100n * gas))).toBe('SL623')
    expect(codeOf(() => made.own('settlement', 1n, 0n))).toBe('admitted')
  })

  test('behavior: of any requests at any time: never more than the limits in any hour and day', () => {
    const request = fc.record({
      waitMs: fc.integer({ min: 0, max: 20 * minute }),
      account: fc.integer({ min: 0, max: 3 }),
      address: fc.integer({ min: 0, max: 3 }),
    })
    fc.assert(
      fc.property(fc.array(request, { maxLength: 200 }), (requests) => {
        const { at, admit, codeOf } = budget(
          { perAddressAndHour: 4, perAccountAndDay: 7, shareBpsPerHour: 100 },
          900n * gas,
        )
        const made: { at: number; account: string; address: string }[] = []
        for (const each of requests) {
          at.nowMs += each.waitMs
          const [account, address] = [`account ${each.account}`, `address ${each.address}`]
          if (codeOf(() => admit(account, address)) === 'admitted') made.push({ at: at.nowMs, account, address })
        }
        for (const { at: from, account, address } of made) {
          const within = (ms: number) => made.filter((each) => each.at >= from && each.at < from + ms)
          expect(within(hour).filter((each) => each.address === address).length).toBeLessThanOrEqual(4)
          expect(within(day).filter((each) => each.account === account).length).toBeLessThanOrEqual(7)
          // The hour of the share is counted in minutes: 59 of them are sure.
          expect(within(hour - minute).length).toBeLessThanOrEqual(9)
        }
      }),
      { numRuns: 50 },
    )
  })
})

test('behavior: what is remembered of names that ask no more is forgotten', () => {
  const quota = Quota.create(2, hour)
  for (let i = 0; i < 1000; i++) quota.take(`name ${i}`, 1, i)
  expect(quota.size).toBe(1000)
  quota.take('late', 1, 3 * hour)
  expect(quota.size).toBe(1)
})
