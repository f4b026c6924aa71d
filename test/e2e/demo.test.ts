/**
 * The main job as a user runs it: `sunledger demo` as a process of its own, with real processes for chain and service. Small days, since
 * what is held here does not depend on size: every check holds, one seed gives one result, and neither kill -9 nor Ctrl-C loses anything.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import type { Document } from '../../src/report/Document.ts'
import { clear, folder, processesOf, small, start } from './Demo.ts'

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
    expect(report.jobs.requested).toBe(report.jobs.bought + report.jobs.unaffordable)
    expect(report.answer.findings.map(({ name }) => name)).toContain('price at dawn / noon / night')
    expect(report.fees.map(({ network, strategy }) => `${network} ${strategy}`)).toEqual([
      'ethereum clearing',
      'ethereum transfer',
      'base clearing',
      'base transfer',
    ])
    expect(JSON.parse(readFileSync(join(out, 'report.json'), 'utf8'))).toEqual(report)
    expect(readFileSync(join(out, 'report.md'), 'utf8')).toContain('# A run of Sunledger')
  })

  test('behavior: the same seed gives the same payments, balances and gas; another seed does not', async () => {
    const run = async (seed: string) => {
      const { ended, out } = start([...small, '--seed', seed, '--exit', '--json'])
      const { settlement, payments, energy, jobs, flows, economy, orders } = document((await ended).stdout)
      const table = (name: string) => readFileSync(join(out, name), 'utf8')
      // Sales are made side by side: where each came to stand in the journal is the one thing that a seed does not say.
      const trades = table('trades.csv')
        .split('\n')
        .map((line) => line.replace(/^\d+,/, ''))
        .sort()
      const tables = [table('bills.csv'), table('slots.csv'), trades]
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
    const flags = ['--robots', '120', '--producers', '8', '--sites', '3', '--stations', '3', '--slots', '24']
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
    const run = start(['--robots', '200', '--exit'])
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
