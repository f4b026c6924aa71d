/** A service whose machine's clock is set back an hour, ahead an hour, and right again, while it runs. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import * as Client from '../../src/chain/Client.ts'
import * as Deployment from '../../src/chain/Deployment.ts'
import * as Keys from '../../src/chain/Keys.ts'
import * as RpcUrl from '../../src/chain/RpcUrl.ts'
import * as Gas from '../../src/cli/Gas.ts'
import * as Processes from '../../src/cli/Processes.ts'
import { files } from '../../src/cli/service.ts'
import { folder } from '../src/support/Folder.ts'
import { ask } from '../src/support/Http.ts'
import * as Member from '../src/support/Member.ts'
import { deposit, domainOf } from '../src/support/Running.ts'

const hourMs = 3_600_000
const json = { 'content-type': 'application/json' }
const shim = pathToFileURL(join(import.meta.dirname, 'shiftedClock.mjs')).href

const until = async (what: () => Promise<boolean>): Promise<void> => {
  for (let i = 0; i < 300; i++) {
    if (await what()) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('what was waited for did not happen')
}

test('behavior: settlement by time goes on, and nothing is left of a wrong clock once it is right', async () => {
  const chain = await Processes.start(['chain'])
  onTestFinished(() => chain.stop())
  const data = join(folder(), 'data')
  mkdirSync(data, { recursive: true })
  const keys = Keys.random()
  const periods = { exitWindowSeconds: 60n, noticePeriodSeconds: 60n }
  const deployment = await Deployment.deployLocal(Client.create(chain.ready.url), keys, periods)
  Deployment.write(files(data).deployment, deployment)
  Keys.write(files(data).keys, keys)
  const args = ['service', '--data', data, '--settle-every', '1', '--fence', join(data, 'fence'), ...Gas.local]
  const service = await Processes.start(args, {
    [RpcUrl.variable]: chain.ready.url,
    NODE_OPTIONS: `--import=${shim}`,
    CLOCK_SHIFTS: [-hourMs, 0, hourMs, 0].join(','),
  })
  onTestFinished(() => service.stop())
  const post = (path: string, body: unknown) => ask(service.ready.url + path, 'POST', json, body)
  const status = async () => {
    const { body } = await ask(`${service.ready.url}/v1/status`, 'GET', {})
    const { nowSeconds, unsettledAtomic } = body as { nowSeconds: string; unsettledAtomic: string }
    return { aheadSeconds: Number(nowSeconds) - Date.now() / 1000, unsettled: BigInt(unsettledAtomic) }
  }
  const isAhead = (seconds: number) => async () => Math.abs((await status()).aheadSeconds - seconds) < 30
  const member = (name: string) => Member.create(name, { domain: domainOf(deployment), asset: deployment.dollar.asset })
  const [payer, shop] = [member('payer'), member('shop')]
  await post('/v1/faucet', { to: payer.address, amount: 1_000_000n })
  expect((await post('/v1/deposits', deposit({ deployment, keys }, payer, 1_000_000n))).status).toBe(200)
  /** Settled by time alone, whatever the clock shows. */
  const payAndSettle = async () => {
    expect((await post('/v1/payments', payer.pay({ to: shop.address, amount: 1000n }))).status).toBe(200)
    await until(async () => (await status()).unsettled === 0n)
  }
  const turn = () => process.kill(service.pid, 'SIGUSR2')

  await payAndSettle()
  turn() // back an hour
  await payAndSettle()
  await until(isAhead(0))
  turn() // right
  await payAndSettle()
  await until(isAhead(0))
  turn() // ahead an hour
  await until(isAhead(3600))
  await payAndSettle()
  turn() // right
  await until(isAhead(0))
  await payAndSettle()
}, 120_000)
