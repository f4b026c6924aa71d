/** `sunledger pay` and the README's example, as processes of their own, as somebody at a shell would run them. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { generatePrivateKey } from 'viem/accounts'
import { beforeAll, describe, expect, test } from 'vitest'
import { Client, Receipt, Signature } from '../../src/index.ts'
import { folder, network, useNetwork } from './Local.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const [key, payee] = [generatePrivateKey(), Signature.addressOf(generatePrivateKey())]
const keyFile = join(folder, 'robot.key')

useNetwork(60)
beforeAll(() => writeFileSync(keyFile, `${key}\n`, { mode: 0o600 }))

const runNode = async (args: readonly string[], env: NodeJS.ProcessEnv = {}) => {
  const { SUNLEDGER_KEY: _, ...rest } = process.env
  const flags = ['--disable-warning=ExperimentalWarning', '--conditions=sunledger-source']
  const child = spawn(process.execPath, [...flags, ...args], { cwd: root, env: { ...rest, ...env } })
  let [out, err] = ['', '']
  child.stdout.on('data', (text: Buffer) => {
    out += text
  })
  child.stderr.on('data', (text: Buffer) => {
    err += text
  })
  const [code] = (await once(child, 'close')) as [number]
  return { code, out, err }
}

const pay = (args: readonly string[], env?: NodeJS.ProcessEnv) =>
  runNode(['src/cli/main.ts', 'pay', '--url', network.url, ...args], env)

/** What is to be paid, unless a test says otherwise: each option is given once. */
const payment = ['--to', payee, '--amount', '0.000125']
const otherwise = (args: readonly string[]): string[] => [
  ...(args.includes('--to') ? [] : payment.slice(0, 2)),
  ...(args.includes('--amount') ? [] : payment.slice(2)),
  ...args,
]

describe('sunledger pay', () => {
  test('behavior: pays with the key in a file, and says what it did', async () => {
    const { code, out, err } = await pay([
      ...payment,
      '--key-file',
      keyFile,
      '--deposit',
      '5',
      '--for',
      'https://charger.example/1',
    ])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    const masked = out.replace(/0x[0-9a-f]{64}/g, '0x…')
    expect(masked).toBe(`Paid 0.000125 tUSD to ${payee}
  for        https://charger.example/1
  payment    0x…
  by         ${Signature.addressOf(key)}
  deposited  5 tUSD in 0x…
  available  4.999875 tUSD
`)
  })

  test('behavior: --json is one document with a receipt that can be checked; the same purchase is charged once', async () => {
    const args = [...payment, '--json', '--for', 'x', '--idempotency-key', 'k']
    const first = await pay(args, { SUNLEDGER_KEY: key })
    const second = await pay(args, { SUNLEDGER_KEY: key })
    expect([first.code, second.code]).toEqual([0, 0])
    const document = JSON.parse(first.out)
    expect(document).toMatchObject({ version: 1, amount: '0.000125', for: 'x', idempotencyKey: 'k' })
    expect(JSON.parse(second.out).receipt).toEqual(document.receipt)
    const { chainId, clearingHouse, creditKey } = await new Client(network.url).status()
    const receipt = Receipt.parse(document.receipt)
    expect(Receipt.verify(receipt, { chainId, clearingHouse, creditKey, payee }).amount).toBe(125n)
  })

  test.each([
    ['an option', ['--key', key]],
    ['an option with =', [`--key=${key}`]],
    ['an option, without 0x', ['--private-key', key.slice(2)]],
    ['an argument', [key]],
    ['the key file’s place', ['--key-file', key]],
    ['an amount’s place', ['--deposit', key]],
  ])('error: a key as %s is refused and never repeated', async (_, args) => {
    const { code, out, err } = await pay([...payment, ...args])
    expect(code).toBe(1)
    expect(err).toContain('SL671')
    expect(out + err).not.toContain(key.slice(2))
  })

  test('behavior: a key file that others can read gets a warning', async () => {
    chmodSync(keyFile, 0o644)
    const { code, err } = await pay([...payment, '--key-file', keyFile])
    chmodSync(keyFile, 0o600)
    expect(code).toBe(0)
    expect(err).toContain(`chmod 600 ${keyFile}`)
  })

  test.each([
    ['no key', [], 'SL670', 1],
    ['no such key file', ['--key-file', '/nowhere'], 'SL672', 1],
    ['too many decimals', ['--key-file', keyFile, '--amount', '0.0000001'], 'SL102', 1],
    ['no address', ['--key-file', keyFile, '--to', '0x12'], 'SL656', 1],
    ['not enough', ['--key-file', keyFile, '--amount', '100'], 'SL306', 1],
    [
      'an option twice',
      ['--key-file', keyFile, '--for', 'a', '--for', 'b'],
      "SL533: option '--for' is given twice.",
      2,
    ],
    ['a word too many', ['--key-file', keyFile, 'robot'], "SL530: unknown argument 'robot'.", 2],
    ['an unknown option', ['--key-file', keyFile, '--colour'], "SL531: unknown option '--colour'.", 2],
  ])('error: %s', async (_, args, expected, exitCode) => {
    const { code, out, err } = await pay(otherwise(args))
    expect({ code, out }).toEqual({ code: exitCode, out: '' })
    expect(err).toContain(expected)
  })

  test('error: a key file with something else in it, which is not shown', async () => {
    const file = join(folder, 'other.key')
    writeFileSync(file, '{"secret":"abc"}', { mode: 0o600 })
    const { code, err } = await pay([...payment, '--key-file', file])
    expect(code).toBe(1)
    expect(err).toContain('SL672')
    expect(err).not.toContain('abc')
  })
})

describe('npm run example', () => {
  test('behavior: pay runs as the README shows it, with viem and with ethers', async () => {
    const { code, out } = await runNode(['scripts/examples/main.ts', 'pay', '--url', network.url])
    expect(code).toBe(0)
    const lines = out.split('\n').filter((line) => /^(robot|charger|With)/.test(line))
    const each = [
      expect.stringMatching(/^robot paid {4}125 atomic units, payment 0x[0-9a-f]{64}$/),
      expect.stringMatching(/^charger got {3}125 atomic units from 0x[0-9a-f]{40}$/),
      'robot has     $4.999875',
      'charger has   $0.000125',
    ]
    expect(lines).toEqual([
      'With viem (scripts/examples/pay-viem.ts):',
      ...each,
      'With ethers (scripts/examples/pay-ethers.ts):',
      ...each,
    ])
  })

  test('behavior: charger: a robot and the official x402 client pay a station, by the request and by the Wh', async () => {
    const { code, out } = await runNode(['scripts/examples/main.ts', 'charger', '--url', network.url])
    expect({ code, out: out.split('\n').filter((line) => /^(robot|exact|clearing)/.test(line)) }).toEqual({
      code: 0,
      out: [
        'robot got     {"charged":"1 Wh"} (charged)',
        'robot took    10 Wh for 430 atomic units',
        'robot has     $4.99907',
        'exact got     {"charged":"1 Wh"} (charged)',
        'clearing got  {"charged":"1 Wh"} (charged)',
      ],
    })
  })

  test('behavior: --list names every example; what does not exist is refused', async () => {
    const list = await runNode(['scripts/examples/main.ts', '--list'])
    expect(
      list.out
        .trim()
        .split('\n')
        .map((line) => line.trim().split(' ')[0]),
    ).toEqual(['pay', 'charger', 'demo', 'cost'])
    expect(await runNode(['scripts/examples/main.ts', 'nothing'])).toMatchObject({ code: 2 })
  })
})
