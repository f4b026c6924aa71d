/** What commands say arrives whole, however slow its reader is; and a reader that goes ends them quietly. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { generatePrivateKey } from 'viem/accounts'
import { describe, expect, test } from 'vitest'
import { Signature } from '../../src/index.ts'
import * as Embedded from '../../src/store/Embedded.ts'
import { chain, identity, slot } from '../src/support/Book.ts'
import { folder } from '../src/support/Folder.ts'
import { network, useNetwork } from './Local.ts'
import * as SlowReader from './SlowReader.ts'

const root = join(import.meta.dirname, '../..')
const [cli, bench] = [join(root, 'src/cli/main.ts'), join(root, 'scripts/bench/main.ts')]
const [examples, deploy] = [join(root, 'scripts/examples/main.ts'), join(root, 'scripts/deploy.ts')]

useNetwork(60)

/** So long that a quick command has written, or has ended too early. */
const moment = () => delay(2500)

const report = (): string => {
  const out = folder()
  const machine = { cpu: 'x'.repeat(300_000), cores: 1, memoryGiB: 1, platform: 'linux', node: 'v24' }
  const document = { version: 1, machine, payments: {}, settlement: {}, answer: {}, fees: [], checks: [] }
  writeFileSync(join(out, 'report.json'), JSON.stringify(document))
  return out
}

/** A journal whose records are 10 MB of JSON, a long line each. */
const journal = async (): Promise<{ data: string; records: number }> => {
  const data = join(folder(), 'data')
  mkdirSync(data)
  const opened = Embedded.open(data, identity)
  const accounts = Array.from({ length: 500 }, (_, i) => `0x${i.toString(16).padStart(40, '0')}` as const)
  const records = 120
  for (let block = 1n; block <= records; block++)
    await opened.append([
      chain(
        block,
        accounts.map((account) => slot(account, block)),
      ),
    ])
  opened.close()
  return { data, records }
}

describe('a slow reader', () => {
  const quick: [string, () => string[], NodeJS.ProcessEnv?][] = [
    ['report --json', () => [cli, 'report', '--json', '--out', report()]],
    ['demo --list --json', () => [cli, 'demo', '--list', '--json']],
    ['bench --json', () => [bench, 'fuzz', '--cases', '1', '--only', 'receipt', '--json']],
  ]
  test.each(quick)('behavior: of %s gets one whole document', async (_, args) => {
    const { code, out, err, waited } = await SlowReader.run(args(), moment)
    expect([code, waited], err).toEqual([0, true])
    expect(JSON.parse(out)).toHaveProperty('version', 1)
  })

  test('behavior: of pay --json gets the receipt', async () => {
    const key = generatePrivateKey()
    const payment = ['--to', Signature.addressOf(generatePrivateKey()), '--amount', '0.000125', '--deposit', '1']
    const args = [cli, 'pay', '--url', network.url, ...payment, '--json']
    const { code, out, err } = await SlowReader.run(args, moment, { SUNLEDGER_KEY: key })
    expect(code, err).toBe(0)
    expect(JSON.parse(out).receipt.payment.payer).toBe(Signature.addressOf(key))
  })

  test('behavior: of cost --json gets the whole study', async () => {
    const list = join(folder(), 'payments.csv')
    writeFileSync(list, 'payer,payee,amount,time\na,b,0.000125,2026-11-24T10:00:00Z\n')
    const args = [cli, 'cost', '--replay', list, '--out', folder(), '--json']
    const { code, out, err } = await SlowReader.run(args, async (said) => {
      while (!said().includes('page: ')) await delay(20)
      await delay(500)
    })
    expect(code, err).toBe(0)
    expect(out.length).toBeGreaterThan(2 ** 16)
    expect(JSON.parse(out)).toHaveProperty('version', 1)
  }, 120_000)

  test('behavior: of demo --json gets the whole report, and the exit code stays', async () => {
    const small = ['--robots', '6', '--producers', '2', '--sites', '1', '--stations', '1', '--slots', '2']
    const args = [cli, 'demo', ...small, '--out', folder(), '--json']
    const { code, out, err, waited } = await SlowReader.run(args, async (said) => {
      while (!said().includes('Report: ')) await delay(20)
      await delay(2000)
    })
    expect([code, waited], err).toEqual([0, true])
    expect(JSON.parse(out).checks.every(({ ok }: { ok: boolean }) => ok)).toBe(true)
  }, 120_000)

  test('behavior: of a journal of 10 MB gets every record', async () => {
    const { data, records } = await journal()
    const { code, out, err, waited } = await SlowReader.run([cli, 'journal', '--data', data], moment)
    expect([code, waited], err).toEqual([0, true])
    expect(out.length).toBeGreaterThan(10_000_000)
    const lines = out.trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line).position)).toEqual(Array.from({ length: records }, (_, i) => i + 1))
  })
})

const shell = async (command: string, env: NodeJS.ProcessEnv = {}) => {
  const child = spawn('sh', ['-c', command], { env: { ...process.env, NODE: process.execPath, ...env } })
  let [out, err] = ['', '']
  child.stdout.on('data', (part: Buffer) => {
    out += part
  })
  child.stderr.on('data', (part: Buffer) => {
    err += part
  })
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, out, err }
}

/** `sh` has no way to say how the first of a pipeline ended. */
const headed = (command: string, lines: number) =>
  shell(
    `{ "$NODE" ${command} 2>"$ERR"; echo $? >"$RC"; } | head -n ${lines} >/dev/null; cat "$ERR" >&2; exit $(cat "$RC")`,
    {
      ERR: join(folder(), 'err'),
      RC: join(folder(), 'rc'),
    },
  )

describe('a reader that goes', () => {
  test('behavior: ends journal quietly, with exit code 0', async () => {
    const { data } = await journal()
    expect(await headed(`'${cli}' journal --data '${data}'`, 1)).toEqual({ code: 0, out: '', err: '' })
  })

  test.each([
    ['sunledger --help', `'${cli}' --help`],
    ['sunledger demo --list', `'${cli}' demo --list`],
    ['sunledger report', `'${cli}' report --json --out '${report()}'`],
    ['bench --list', `'${bench}' --list`],
    ['example --list', `'${examples}' --list`],
    ['deploy --help', `'${deploy}' --help`],
    ['test --help', `'${join(root, 'scripts/test.ts')}' --help`],
    ['mutants --list', `'${join(root, 'scripts/mutants/main.ts')}' --list`],
  ])('behavior: ends %s quietly', async (_, command) => {
    expect(await headed(command, 0)).toEqual({ code: 0, out: '', err: '' })
  })

  test('behavior: of everything that a run says ends the run, and its processes', async () => {
    const out = folder()
    const began = performance.now()
    const { code } = await shell(`"$NODE" '${cli}' demo --out '${out}' 2>&1 | head -n 2`)
    expect(code).toBe(0)
    // A whole day of a thousand robots takes a minute.
    expect(existsSync(join(out, 'report.json')), `${performance.now() - began} ms`).toBe(false)
    const { out: left } = await shell(`ps -eo args= | grep -F '${out}' | grep -v grep || true`)
    expect(left).toBe('')
  })

  test('behavior: of progress alone is missed, and the result is made all the same', async () => {
    const list = `'${cli}' cost --strategies transfer --networks base --workloads W1 --payments 1 --json`
    const { code, out } = await shell(`"$NODE" ${list} 2>&1 >&3 3>&- | true`.replace(/^/, 'exec 3>&1; '))
    expect(code).toBe(0)
    expect(JSON.parse(out)).toHaveProperty('version', 1)
  }, 120_000)

  test.skipIf(!existsSync('/dev/full'))('error: SL698 where the result cannot be written', async () => {
    const { code, err } = await shell(`"$NODE" '${cli}' report --json --out '${report()}' >/dev/full`)
    expect([code, err.match(/SL\d+/g)]).toEqual([1, ['SL698']])
    expect(err).not.toContain(' at ')
  })
})

describe('being interrupted', () => {
  const interrupted = async (args: string[], when: RegExp, env: NodeJS.ProcessEnv = {}) => {
    const child = spawn(process.execPath, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
    let err = ''
    await new Promise<void>((resolve, reject) => {
      child.stderr.on('data', (part: Buffer) => {
        err += part
        if (when.test(err)) resolve()
      })
      child.once('exit', (code) => reject(new Error(`ended with ${code}: ${err}`)))
    })
    child.kill('SIGTERM')
    const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
    return { code, signal, err }
  }

  test('behavior: cost ends without a result, and leaves nothing', async () => {
    const temporary = folder()
    const args = [cli, 'cost', '--strategies', 'transfer', '--networks', 'base', '--json']
    const { code, err } = await interrupted(args, /measuring small/, { TMPDIR: temporary })
    expect([code, err]).toEqual([143, expect.stringContaining('Interrupted: nothing is reported.')])
    expect(readdirSync(temporary)).toEqual([])
  })

  test('behavior: a bench leaves no process and no folder', async () => {
    const temporary = folder()
    const args = [bench, 'overload', '--json']
    const { code, err } = await interrupted(args, /clearing service on/, { TMPDIR: temporary })
    expect([code, err]).toEqual([143, expect.stringContaining('Interrupted.')])
    expect(readdirSync(temporary)).toEqual([])
    expect((await shell(`ps -eo args= | grep -F '${temporary}' | grep -v grep || true`)).out).toBe('')
  })

  test('behavior: pay says that it may have been paid, and how to try again without paying twice', async () => {
    // It listens and never answers.
    const service = createServer()
    const asked = once(service, 'connection')
    await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(service.address() as AddressInfo).port}`
    const payment = ['--to', Signature.addressOf(generatePrivateKey()), '--amount', '0.000125']
    const child = spawn(process.execPath, [cli, 'pay', '--url', url, ...payment, '--idempotency-key', 'k1'], {
      env: { ...process.env, SUNLEDGER_KEY: generatePrivateKey() },
    })
    let err = ''
    child.stderr.on('data', (part: Buffer) => {
      err += part
    })
    await asked
    child.kill('SIGINT')
    const [code] = await once(child, 'close')
    service.close()
    expect([code, err]).toEqual([130, expect.stringContaining('--idempotency-key k1')])
  })
})
