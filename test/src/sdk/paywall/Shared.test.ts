/** One payee, several processes behind a balancer: real processes, real HTTP, killed at any moment. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, onTestFinished, test } from 'vitest'
import { ClearingServerScheme, metered, type PaywallOptions, paywall, TillFile } from '../../../../src/index.ts'
import { get } from '../../support/Breaking.ts'
import { ask, codeIn, forgetServed, payFor, requiredOf, shopOf, useStreet } from '../../support/Shop.ts'

const street = useStreet()
const shop = shopOf(street)
const publicUrl = 'http://shop.example'

const folder = (): string => {
  const made = mkdtempSync(path.join(tmpdir(), 'paywall-'))
  onTestFinished(() => rmSync(made, { recursive: true, force: true }))
  return made
}

interface Process {
  readonly url: string
  readonly child: ChildProcess
  /** How often its handler has run. */
  readonly runs: () => number
  kill(): Promise<unknown>
}

const start = async (payTo: string, store: string): Promise<Process> => {
  const script = path.join(import.meta.dirname, '../../support/ShopProcess.ts')
  const args = ['--disable-warning=ExperimentalWarning', script, street.http.url, payTo, publicUrl, store]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  let runs = 0
  const port = await new Promise<number>((resolve) =>
    createInterface({ input: child.stdout }).on('line', (line) => {
      const said = JSON.parse(line) as { port?: number; ran?: string }
      if (said.port !== undefined) resolve(said.port)
      if (said.ran !== undefined) runs++
    }),
  )
  return {
    url: `http://127.0.0.1:${port}/charge`,
    child,
    runs: () => runs,
    kill: () => {
      const gone = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGKILL')
      return gone
    },
  }
}

/** Sends it until it is answered other than "under way". */
const settled = async (url: string, signature: string) => {
  let got = await get(url, { 'payment-signature': signature })
  while (got.status === 503) got = await get(url, { 'payment-signature': signature })
  return got
}

describe('two processes with one store', () => {
  test('behavior: a receipt that comes to both at once is served once, and answered alike by both; kill -9 changes nothing', async () => {
    const [payee, robot] = [await street.robot(), await street.robot('1')]
    const store = folder()
    const [one, two] = await Promise.all([start(payee.address, store), start(payee.address, store)])
    const required = requiredOf(await ask(one.url))
    const signatures = []
    for (let i = 0; i < 8; i++) signatures.push(await payFor(robot, required, `k${i}`))
    const answers = await Promise.all(
      signatures.map((signature) => Promise.all([one, two, one, two].map(({ url }) => settled(url, signature)))),
    )
    for (const each of answers) {
      expect(each.map(({ status }) => status)).toEqual([200, 200, 200, 200])
      expect(new Set(each.map(({ text }) => text)).size).toBe(1)
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(one.runs() + two.runs()).toBe(8)
    await one.kill()
    const three = await start(payee.address, store)
    const again = await Promise.all(signatures.map((signature) => settled(three.url, signature)))
    expect(again.map(({ text }) => text)).toEqual(answers.map(([first]) => first?.text))
    expect(three.runs()).toBe(0)
  }, 60_000)

  test('behavior: a process that is killed before its answer has begun leaves the receipt good; after that it is charged', async () => {
    const [payee, robot] = [await street.robot(), await street.robot('1')]
    const store = folder()
    const [one, two] = await Promise.all([start(payee.address, store), start(payee.address, store)])
    const waiting = await payFor(robot, requiredOf(await ask(`${one.url}?slow=all`)), 'a')
    const half = await payFor(robot, requiredOf(await ask(`${one.url}?slow=half`)), 'b')
    const quick = requiredOf(await ask(one.url))
    const kept = await payFor(robot, quick, 'c')
    const first = (await settled(one.url, kept)).text
    void get(`${one.url}?slow=all`, { 'payment-signature': waiting })
    expect((await get(`${one.url}?slow=half`, { 'payment-signature': half }, 5)).status).toBe(200)
    while (one.runs() < 3) await new Promise((resolve) => setTimeout(resolve, 5))
    expect(await codeIn(await ask(`${two.url}?slow=all`, waiting))).toBe('503 SL635')
    await one.kill()
    void get(`${two.url}?slow=all`, { 'payment-signature': waiting })
    while (two.runs() < 1) await new Promise((resolve) => setTimeout(resolve, 5))
    expect(await codeIn(await ask(`${two.url}?slow=half`, half))).toBe('409 SL633')
    expect([(await settled(two.url, kept)).text, two.runs()]).toEqual([first, 1])
  }, 60_000)
})

describe('a payee that can pay back, with a store', () => {
  test('behavior: what a process had begun when it died is paid back', async () => {
    const [payee, robot] = [await street.robot(), await street.robot('1')]
    const store = folder()
    const one = await start(payee.address, store)
    const signature = await payFor(robot, requiredOf(await ask(`${one.url}?slow=half`)), 'k')
    await get(`${one.url}?slow=half`, { 'payment-signature': signature }, 5)
    await one.kill()
    const options: Partial<PaywallOptions> = { payTo: undefined, payee, publicUrl, store: TillFile.open(store) }
    const { url, count } = await shop(options)
    const answers = [await ask(`${url}?slow=half`, signature), await ask(`${url}?slow=half`, signature)]
    for (const answer of answers)
      expect([answer.headers.get('sunledger-charge'), await codeIn(answer)]).toEqual(['refunded', '502 SL351'])
    expect([count(), (await robot.balance()).available]).toEqual([0, 1_000_000n])
  }, 60_000)
})

describe('a payee without a store', () => {
  const options = { price: 1n, payTo: `0x${'12'.repeat(20)}`, clearing: 'http://127.0.0.1:9' }

  test('error: many processes cannot do without one, and say so at the call', () => {
    const made = [
      () => paywall({ ...options, instances: 'many' }),
      () => metered({ ...options, unit: 'Wh', instances: 'many' }, async function* () {}),
      () => new ClearingServerScheme({ ...options, instances: 'many' }),
    ]
    for (const make of made) expect(make).toThrow(expect.objectContaining({ code: 'SL637' }))
    process.env['NODE_UNIQUE_ID'] = '1'
    onTestFinished(() => void delete process.env['NODE_UNIQUE_ID'])
    expect(() => paywall(options)).toThrow(expect.objectContaining({ code: 'SL637' }))
    expect(() => paywall({ ...options, instances: 'one' })).not.toThrow()
  })

  test('error: two paywalls of one payee with different stores', async () => {
    const { payee } = await shop()
    const wall = paywall({ price: 1n, payTo: payee.address, clearing: street.http.url, store: TillFile.open(folder()) })
    await expect(wall.ready()).rejects.toMatchObject({ code: 'SL639' })
  })

  test('error: a store that cannot be used is named, and nothing is served', async () => {
    forgetServed()
    const payee = await street.robot()
    const store = TillFile.open('/dev/null/till')
    const wall = paywall({ price: 1n, payTo: payee.address, clearing: street.http.url, store })
    await expect(wall.ready()).rejects.toMatchObject({ code: 'SL638' })
  })
})
