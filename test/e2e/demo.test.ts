/**
 * The main job as a user runs it: `sunledger demo` as a process of its own, with real processes for chain and service. Small days, since
 * what is held here does not depend on size: every check holds, one seed gives one result, and neither kill -9 nor Ctrl-C loses anything.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import type { Address } from '../../src/core/Payment.ts'
import { Book } from '../../src/market/Book.ts'
import * as Spec from '../../src/market/Spec.ts'
import type { Document } from '../../src/report/Document.ts'
import * as TypedData from '../../src/sdk/TypedData.ts'
import { brief, clear, few, folder, processesOf, small, start } from './Demo.ts'

const shared = join(import.meta.dirname, '../../../shared/data')

afterEach(clear)

const document = (stdout: string): Document => JSON.parse(stdout) as Document

/** Waits until a service has accepted more payments; it may be down meanwhile. How many it has. */
const acceptedMoreThan = async (url: string, before: number): Promise<number> => {
  for (;;) {
    const answer = await fetch(`${url}/v1/status`).catch(() => undefined)
    const status = answer === undefined ? {} : await answer.json().catch(() => ({}))
    const { payments = 0 } = status as { payments?: number }
    if (payments > before + 100) return payments
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

describe('a day', () => {
  test('behavior: everything accepted is settled, and every check holds (I1, I2, I9, I11, I12, I13)', async () => {
    const { ended, out } = start([...small, '--exit', '--json'])
    const { code, stdout, stderr } = await ended
    expect(stderr).toContain('slot 6/6 24:00')
    expect(code).toBe(0)
    const report = document(stdout)
    expect(report.checks.map(({ id, ok }) => [id, ok])).toEqual(
      ['I1', 'I2', 'I9', 'I11', 'I12', 'I13'].map((id) => [id, true]),
    )
    expect(report.payments.accepted).toBeGreaterThan(300)
    expect(report.payments.settled).toBe(report.payments.accepted)
    expect(report.payments.rejected).toEqual({})
    expect(report.payments.acceptMs.samples).toBe(report.payments.accepted)
    const { jobs, tasks } = report
    expect(jobs.requested).toBe(jobs.bought + jobs.unaffordable + jobs.unpowered)
    expect(tasks.wanted).toBe(tasks.done + tasks.unaffordable + tasks.unpowered)
    expect(report.answer.findings.map(({ name }) => name)).toContain('price at dawn / noon / night')
    expect(report.fees.map(({ network, strategy, scope }) => `${network} ${strategy} ${scope}`)).toEqual([
      ...['ethereum clearing settlement', 'ethereum clearing life', 'ethereum transfer life'],
      ...['base clearing settlement', 'base clearing life', 'base transfer life'],
    ])
    // Deposits, meters, readings and withdrawals come on top of settlements.
    const [alone, whole] = report.fees.map(({ usdPerPayment }) => Number(usdPerPayment))
    expect(whole).toBeGreaterThan((alone ?? 0) * 1.05)
    expect(JSON.parse(readFileSync(join(out, 'report.json'), 'utf8'))).toEqual(report)
    expect(readFileSync(join(out, 'report.md'), 'utf8')).toContain('# A run of Sunledger')
  })

  test('behavior: the run is the same day as the engine’s, and the report says where, when and on what assumptions', async () => {
    const flags = [...few, '--place', '-33.87,151.21,Sydney', '--date', '12-21', '--seeds', '2', '--days', '1']
    const { ended, out } = start([...flags, '--exit', '--json'])
    const { economy, payments } = document((await ended).stdout)
    expect(economy?.place).toEqual({ name: 'Sydney', latitude: -33.87, longitude: 151.21, timeZone: 'UTC+10:00' })
    expect([economy?.days, economy?.seeds, economy?.date, economy?.sun.noon]).toEqual([1, 2, '12-21', '11:53'])
    expect(economy?.agreement).toEqual({ slots: 6, differingSlots: 0, accounts: 52, differingAccounts: 0 })
    const steady = new Map(economy?.steady.map((each) => [each.name, each]))
    for (const name of ['priceDawn', 'priceNoon', 'priceNight', 'unmetShare', 'curtailedShare', 'velocity']) {
      const { mean, low, high, thisRun, samples } = steady.get(name) ?? {}
      expect([name, samples]).toEqual([name, 2])
      expect(low).toBeLessThanOrEqual(mean as number)
      expect(high).toBeGreaterThanOrEqual(mean as number)
      expect(thisRun).not.toBeNull()
    }
    expect(economy?.wealth.map(({ role }) => role)).toEqual([
      ...['customer', 'robot', 'producer', 'site', 'station', 'storage', 'all'],
    ])
    expect(economy?.wealth.slice(0, 6).reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 4)
    expect(economy?.assumptions.find(({ name }) => name === 'importPriceAtomicPerKwh')).toMatchObject({
      value: '250000',
      unit: 'atomic dollars per kWh',
      basis: 'assumed',
    })
    // A payment waits for its settlement for hours of the simulated day, whatever the wall clock says.
    expect(payments.settledAfterSeconds).toMatchObject({ clock: 'simulated', samples: payments.accepted })
    expect(payments.settledAfterSeconds.p50).toBeGreaterThanOrEqual(4 * 3600)
    const text = readFileSync(join(out, 'report.md'), 'utf8')
    for (const told of ['Sydney (-33.87, 151.21), 12-21, UTC+10:00', 'importPriceAtomicPerKwh', 'simulated clock'])
      expect(text).toContain(told)
    expect(text).not.toMatch(/\d e[+-]?\d|\de[+-]\d/)
  })

  test('behavior: anybody can recompute each price from the signed orders, and the sales are theirs', async () => {
    const { ended, out } = start([...small, '--exit', '--json'])
    const { network } = document((await ended).stdout)
    const rows = (name: string) => {
      const [head = '', ...lines] = readFileSync(join(out, name), 'utf8').trimEnd().split('\n')
      const columns = head.split(',')
      return lines.map((line) => Object.fromEntries(line.split(',').map((cell, i) => [columns[i] ?? '', cell])))
    }
    const [orders, slots, trades] = ['orders.csv', 'slots.csv', 'trades.csv'].map(rows) as [
      ReturnType<typeof rows>,
      ReturnType<typeof rows>,
      ReturnType<typeof rows>,
    ]
    const domain = TypedData.domain(network.chainId, network.clearingHouse as Address)
    for (const slot of slots) {
      const own = orders.filter((order) => order.slot === slot.slot)
      const book = new Book({ spec: Spec.standard, slot: BigInt(slot.slot ?? 0), domain: domain.separator })
      for (const each of own)
        book.place({
          account: each.account as Address,
          side: Number(each.side) as 1 | 2,
          slot: BigInt(each.slot ?? 0),
          energyMilliWh: BigInt(each.energyMilliWh ?? 0) as never,
          limitAtomicPerKwh: BigInt(each.limitAtomicPerKwh ?? 0),
          nonce: BigInt(each.nonce ?? 0),
          via: each.via as Address,
          signature: each.signature as `0x${string}`,
        })
      const { priceAtomicPerKwh, fills } = book.clear()
      expect(String(priceAtomicPerKwh ?? '')).toBe(slot.clearingPriceAtomicPerKwh)
      const filled = own.reduce((sum, each) => sum + BigInt(each.filledMilliWh ?? 0), 0n)
      expect(fills.reduce((sum, { energyMilliWh }) => sum + energyMilliWh, 0n)).toBe(filled)
      // Each sale is at the slot's price, and together they are what was delivered.
      const sales = trades.filter((trade) => trade.slot === slot.slot)
      for (const { energyMilliWh = '', priceAtomic = '' } of sales)
        expect(BigInt(priceAtomic) * 1_000_000n).toBe(BigInt(energyMilliWh) * (priceAtomicPerKwh ?? 0n))
      expect(sales.reduce((sum, { energyMilliWh = '' }) => sum + BigInt(energyMilliWh), 0n)).toBe(
        BigInt(slot.soldMilliWh ?? 0),
      )
    }
    expect(trades.every(({ slot }) => slot !== '')).toBe(true)
    expect(rows('settlements.csv').every(({ slot }) => slot !== '')).toBe(true)
  })

  test('behavior: the same seed gives the same payments, balances, orders and calldata; another seed does not', async () => {
    const run = async (seed: string) => {
      const { ended, out } = start([...small, '--seed', seed, '--exit', '--json'])
      const { settlement, payments, energy, jobs, flows, economy, orders } = document((await ended).stdout)
      const table = (name: string) => readFileSync(join(out, name), 'utf8')
      const tables = ['bills.csv', 'slots.csv', 'trades.csv', 'orders.csv', 'wealth.csv'].map(table)
      const { accepted, valueAtomic: value } = payments
      return { settlement, accepted, value, energy, jobs, flows, economy, orders, tables }
    }
    const first = await run('7')
    expect(await run('7')).toEqual(first)
    expect((await run('8')).value).not.toBe(first.value)
  })

  test('behavior: real weather and real demand, every request of the trace becoming a job', async (context) => {
    const solar = join(shared, 'pvgis-tmy-45.000N-8.000E-2005-2023.csv')
    const jobs = join(shared, 'azure-llm-inference-2023-code.csv')
    if (!existsSync(solar) || !existsSync(jobs)) return context.skip('the real data is not on this machine')
    const { ended } = start([...small, '--exit', '--json', '--solar', solar, '--jobs', jobs])
    const { code, stdout } = await ended
    expect(code).toBe(0)
    expect(document(stdout).jobs.requested).toBe(8819)
    expect(document(stdout).checks.every(({ ok }) => ok)).toBe(true)
  })
})

describe('I11 and I13: the service is killed', () => {
  test('behavior: kill -9 in the middle, three times: it starts again, and the day ends as if nothing had happened', async () => {
    const flags = ['--robots', '80', '--producers', '8', '--sites', '3', '--stations', '3', '--slots', '12', ...brief]
    const undisturbed = document((await start([...flags, '--exit', '--json']).ended).stdout)
    const run = start([...flags, '--exit', '--json', '--speed', '14400'])
    const [, url = ''] = await run.said(/clearing service on (\S+)/)
    for (let kills = 0, seen = 0; kills < 3; kills++) {
      // As soon as it has accepted more than before, it is killed.
      seen = await acceptedMoreThan(url, seen)
      const [service] = processesOf(run.out, 'service')
      process.kill(service as number, 'SIGKILL')
    }
    const { code, stdout, stderr } = await run.ended
    expect(stderr.match(/starting it again/g)).toHaveLength(3)
    expect(code).toBe(0)
    const report = document(stdout)
    expect(report.checks.filter(({ ok }) => !ok)).toEqual([])
    expect(report.payments.accepted).toBe(undisturbed.payments.accepted)
    expect(report.payments.valueAtomic).toBe(undisturbed.payments.valueAtomic)
  })
})

describe('Ctrl-C', () => {
  test('behavior: in the middle of a day it ends within two seconds, reports what was, and leaves no process', async () => {
    const run = start(['--robots', '200', ...brief, '--exit'])
    await run.said(/slot +\d+\/96/)
    const began = performance.now()
    run.child.kill('SIGINT')
    const { code, stdout, stderr } = await run.ended
    expect(performance.now() - began).toBeLessThan(2000)
    expect(code).toBe(130)
    expect(stdout).toContain('The run was interrupted')
    expect(stderr).toContain(join(run.out, 'report.md'))
    expect(processesOf(run.out, 'service')).toEqual([])
  })

  test('behavior: before the first payment it ends too, and says that there is nothing to report', async () => {
    const run = start([...small, '--exit'])
    await run.said('local chain on')
    run.child.kill('SIGINT')
    const { code, stderr } = await run.ended
    expect(code).toBe(130)
    expect(stderr).toContain('nothing to report')
  })
})

describe('strategies of one’s own', () => {
  test('behavior: robots follow the example file; a strategy that fails leaves them out and is counted', async () => {
    const example = join(import.meta.dirname, '../../scripts/examples/strategy.ts')
    const kept = document((await start([...small, '--exit', '--json', '--strategy', example]).ended).stdout)
    expect(kept.scenario).toMatchObject({ strategies: 'waits for cheap energy' })
    expect([kept.orders.faults, kept.checks.every(({ ok }) => ok)]).toEqual([0, true])
    const file = join(folder(), 'broken.mjs')
    writeFileSync(file, "export default { name: 'broken', role: 'robot', wishes: () => 42 }")
    const { code, stdout } = await start([...small, '--exit', '--json', '--strategy', file]).ended
    expect(code).toBe(0)
    expect(document(stdout).orders.faults).toBeGreaterThan(0)
    expect(document(stdout).orders.lastFault).toContain('SL718')
  })
})

describe('scenarios', () => {
  test('behavior: --list tells what each is about and starts nothing', async () => {
    const { code, stdout } = await start(['--list', '--json']).ended
    expect(code).toBe(0)
    const { scenarios } = JSON.parse(stdout) as { scenarios: { name: string; question: string }[] }
    expect(scenarios.map(({ name }) => name)).toContain('abundance')
    expect(scenarios.every(({ question }) => question.endsWith('?'))).toBe(true)
  })
})

describe('bad input', () => {
  const refused: [string, string[], number, RegExp][] = [
    ['a file that is missing', ['--solar', 'missing.csv'], 1, /SL701[\s\S]*missing\.csv/],
    ['a date that no year has', ['--date', '02-30'], 2, /02-30/],
    ['a place that is none', ['--place', '95,8'], 1, /SL734[\s\S]*95,8/],
    ['a count that is no number', ['--robots', 'many'], 2, /whole number/],
    ['a scenario that does not exist', ['--scenario', 'utopia'], 1, /SL770[\s\S]*abundance/],
    ['a strategy that does not load', ['--strategy', 'missing.ts'], 1, /SL719[\s\S]*missing\.ts/],
    ['a flag that does not exist', ['--robot', '3'], 2, /unknown option/],
  ]
  for (const [what, flags, expected, message] of refused)
    test(`error: ${what} is refused before anything is started`, async () => {
      const { code, stdout, stderr } = await start(flags).ended
      expect([code, stdout]).toEqual([expected, ''])
      expect(stderr).toMatch(message)
      expect(stderr).not.toContain('local chain')
    })

  test('error: a weather file without a place, and one of another place than --place, are refused before anything is started', async () => {
    const file = join(folder(), 'tmy.csv')
    const rows = Array.from({ length: 24 }, (_, hour) => `20180621:${String(hour).padStart(2, '0')}00,100.0`)
    writeFileSync(file, ['time(UTC),G(h)', ...rows, ''].join('\n'))
    const bare = await start(['--solar', file]).ended
    expect([bare.code, bare.stderr]).toEqual([1, expect.stringMatching(/SL735[\s\S]*--place/)])
    writeFileSync(file, ['Latitude: 45.0', 'Longitude: 8.0', 'time(UTC),G(h)', ...rows, ''].join('\n'))
    const other = await start(['--solar', file, '--place', '8,45']).ended
    expect([other.code, other.stderr]).toEqual([1, expect.stringContaining('SL736')])
    expect(bare.stderr + other.stderr).not.toContain('local chain')
  })

  test('error: a bad row is named by file and line', async () => {
    const jobs = join(folder(), 'trace.csv')
    writeFileSync(jobs, 'TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03.9799600,4808,ten\n')
    const { code, stderr } = await start(['--jobs', jobs]).ended
    expect(code).toBe(1)
    expect(stderr).toMatch(/SL704[\s\S]*trace\.csv[\s\S]*2/)
  })

  test('error: two runs with one data folder: the second is refused and the first goes on', async () => {
    const first = start([...small, '--exit', '--json', '--speed', '43200'])
    await first.said('clearing service')
    const second = await start([...small, '--data', join(first.out, 'data')]).ended
    expect(second.code).toBe(1)
    expect(second.stderr).toContain('SL401')
    expect((await first.ended).code).toBe(0)
  })
})
