import { execFile } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, describe, expect, test } from 'vitest'
import * as Deployment from '../../src/chain/Deployment.ts'
import * as Record from '../../src/core/Record.ts'
import type * as Rows from '../../src/cost/Rows.ts'
import * as Embedded from '../../src/store/Embedded.ts'
import { folder } from '../src/support/Folder.ts'
import * as Demo from './Demo.ts'

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** The command as a process of its own. */
const cost = (...args: string[]): Promise<Ended> =>
  new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      ['src/cli/main.ts', 'cost', ...args],
      { maxBuffer: 64 * 1024 * 1024, timeout: 100_000 },
      (_, stdout, stderr) => resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    )
  })

const list = [
  'payer,payee,amount,time',
  'robot 1,charger,0.000125,2026-11-24T10:00:00Z',
  'robot 2,charger,0.000250,2026-11-24T10:00:10Z',
  'robot 1,<b>site</b>,0.5,2026-11-24T10:00:20Z',
].join('\n')

afterEach(Demo.clear)

describe('sunledger cost', () => {
  test('behavior: prices a list of payments: one JSON document, a page that needs nothing, tables', async () => {
    const out = folder()
    const path = join(out, 'payments.csv')
    writeFileSync(path, list)
    const networks = 'base,arbitrum,card'
    const set = 'base.gasPriceGwei=0.01'
    const { code, stdout, stderr } = await cost(
      '--replay',
      path,
      '--networks',
      networks,
      '--set',
      set,
      '--out',
      out,
      '--json',
    )
    expect(stderr).toContain('cost.html')
    expect(code).toBe(0)
    const study = JSON.parse(stdout)
    expect(study).toMatchObject({ version: 1, machine: { cores: expect.any(Number) } })
    const row = { workload: 'replay', payments: 3, scope: 'life', network: 'base', basis: 'measured' }
    const transfer = study.rows.find((one: { strategy: string }) => one.strategy === 'transfer')
    expect(transfer).toMatchObject({ ...row, payments: 1 })
    expect(study.rows).toContainEqual(expect.objectContaining({ ...row, strategy: 'clearing' }))
    expect(study.smallest).toContainEqual(expect.objectContaining({ network: 'card', usd: null, share: 0.01 }))
    expect(study.assumptions).toContainEqual(expect.objectContaining({ name: 'base.baseFeeGwei', value: '0.01' }))
    const page = readFileSync(join(out, 'cost.html'), 'utf8')
    expect(page.match(/<section /g)).toHaveLength(9)
    // Nothing is fetched, and nothing that a file brings becomes markup.
    expect(page).not.toMatch(/<script|<link|<img|src=|@import|url\(/)
    expect(page).not.toContain('NaN')
    expect(page).not.toContain('undefined')
    for (const table of [
      'turnover',
      'transactions',
      'gas',
      'fees',
      'smallest',
      'energy',
      'intervals',
      'latency',
      'bills',
      'assumptions',
    ]) {
      expect(existsSync(join(out, 'tables', `${table}.csv`))).toBe(true)
      expect(JSON.parse(readFileSync(join(out, 'tables', `${table}.json`), 'utf8')).length).toBeGreaterThan(0)
    }
  }, 120_000)

  test('behavior: prices a recorded run: the dollar payments of its journal, as many as there are, each pair as it was', async () => {
    const run = Demo.start([
      '--robots',
      '6',
      '--producers',
      '2',
      '--sites',
      '1',
      '--stations',
      '1',
      '--slots',
      '2',
      ...Demo.brief,
      '--exit',
    ])
    expect((await run.ended).code).toBe(0)
    const data = join(run.out, 'data')
    const { dollar } = Deployment.read(join(data, 'deployment.json'))
    const journal = Embedded.read(data)
    const paid = [...journal.read()]
      .flatMap(({ record }) => Record.payments(record))
      .filter(({ asset }) => asset === dollar.asset)
    journal.close()
    expect(paid.length).toBeGreaterThan(10)
    const { code, stdout, stderr } = await cost(
      ...['--replay', data, '--strategies', 'transfer,channel,clearing', '--networks', 'base', '--json'],
    )
    expect(code, stderr).toBe(0)
    const { rows } = JSON.parse(stdout) as { rows: Rows.Row[] }
    const whole = rows.filter(({ payments }) => payments === paid.length)
    expect([...new Set(whole.map(({ strategy }) => strategy))].sort()).toEqual(['channel', 'clearing', 'transfer'])
    const dollars = paid.reduce((sum, { amount }) => sum + Number(amount), 0) / 1e6
    for (const { workload, basis, usdPerPayment, shareOfValue } of whole) {
      expect([workload, basis]).toEqual(['replay', 'measured'])
      expect((usdPerPayment ?? 0) / (shareOfValue ?? 1)).toBeCloseTo(dollars / paid.length, 6)
    }
  }, 120_000)

  test('behavior: the example asks it for the smallest payments', async () => {
    const child = promisify(execFile)(process.execPath, ['scripts/examples/main.ts', 'cost', '--payments', '10'])
    const { stdout } = await child
    expect(stdout).toMatch(/base +clearing +\$0\.\d/)
    expect(stdout).toContain('card      own         never')
  }, 120_000)

  test('error: bad rows, unknown names and dead chains are told before anything runs', async () => {
    const path = join(folder(), 'payments.csv')
    writeFileSync(path, `${list}\nrobot 1,charger,0.0000001,2026-11-24T10:00:30Z\n`)
    const ended = [
      await cost('--replay', path),
      await cost('--networks', 'narnia'),
      await cost('--live', 'http://127.0.0.1:9/'),
      await cost('--payments', '0'),
    ]
    expect(ended.map(({ code }) => code)).toEqual([1, 1, 1, 2])
    expect(ended.map(({ stderr }) => /SL\d+/.exec(stderr)?.[0])).toEqual(['SL727', 'SL729', 'SL503', 'SL532'])
    expect(ended[0]?.stderr).toContain('line 5')
    expect(ended.map(({ stdout }) => stdout).join('')).toBe('')
  }, 60_000)
})
