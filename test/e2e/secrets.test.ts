/** A service whose node's URL holds a provider's key: no output, answer or process list shows it, whatever goes wrong. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import * as Client from '../../src/chain/Client.ts'
import * as Deployment from '../../src/chain/Deployment.ts'
import * as Keys from '../../src/chain/Keys.ts'
import * as RpcUrl from '../../src/chain/RpcUrl.ts'
import * as Gas from '../../src/cli/Gas.ts'
import * as Processes from '../../src/cli/Processes.ts'
import { files } from '../../src/cli/service.ts'
import * as BadLine from '../src/support/BadLine.ts'
import { codeOf } from '../src/support/Book.ts'
import { folder } from '../src/support/Folder.ts'
import { send } from '../src/support/Http.ts'
import * as Member from '../src/support/Member.ts'
import { deposit, domainOf } from '../src/support/Running.ts'

const marker = 'MARKERkey0123456789'
const quoting = ['eth_sendRawTransaction', 'eth_call', 'eth_getBlockByNumber']
const json = { 'content-type': 'application/json' }

test('behavior: given by argument, file or variable, the key is seen nowhere, in good times and bad', async () => {
  let output = ''
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    output += String(text)
    return true
  })
  const chain = await Processes.start(['chain'])
  onTestFinished(() => chain.stop())
  const line = await BadLine.start(chain.ready.url)
  const url = `${line.url}/v2/${marker}?token=${marker}q`
  const data = join(folder(), 'data')
  mkdirSync(data, { recursive: true })
  const keys = Keys.random()
  const periods = { exitWindowSeconds: 60n, noticePeriodSeconds: 60n }
  const deployment = await Deployment.deployLocal(Client.create(chain.ready.url), keys, periods)
  Deployment.write(files(data).deployment, deployment)
  Keys.write(files(data).keys, keys)
  const file = join(data, 'rpc')
  writeFileSync(file, `${url}\n`)
  const usual = [
    'service',
    '--data',
    data,
    '--settle-every',
    '1',
    '--fence',
    join(data, 'fence'),
    '--rpc-timeout',
    '500',
  ]
  const member = (name: string) => Member.create(name, { domain: domainOf(deployment), asset: deployment.dollar.asset })
  const [payer, shop] = [member('payer'), member('shop')]

  const life = async (args: string[], env: NodeJS.ProcessEnv = {}): Promise<void> => {
    const service = await Processes.start([...usual, ...Gas.local, ...args], env)
    const post = async (path: string, body: unknown) => {
      output += (await send(service.ready.url + path, 'POST', json, body)).text
    }
    const get = async (path: string) => {
      output += (await send(service.ready.url + path, 'GET', {})).text
    }
    const seen = async () => {
      for (const path of ['/readyz', '/v1/status', '/metrics', '/v1/board', '/']) await get(path)
      output += readFileSync(`/proc/${service.pid}/cmdline`, 'utf8')
    }
    await post('/v1/faucet', { to: payer.address, amount: 1_000_000n })
    await post('/v1/deposits', deposit({ deployment, keys }, payer, 100_000n))
    await post('/v1/payments', payer.pay({ to: shop.address, amount: 1000n }))
    await seen()
    // A provider that quotes the key, one that is gone, one that answers nonsense.
    for (const method of quoting)
      line.fault(method, 3, { error: `invalid project id ${marker}, see ${url}`, acted: false })
    await post('/v1/deposits', deposit({ deployment, keys }, payer, 100_000n))
    await post('/v1/payments', payer.pay({ to: shop.address, amount: 1000n }))
    await new Promise((resolve) => setTimeout(resolve, 1500))
    line.down(true)
    await post('/v1/deposits', deposit({ deployment, keys }, payer, 100_000n))
    await new Promise((resolve) => setTimeout(resolve, 1500))
    await seen()
    line.down(false)
    for (const method of quoting) line.fault(method, 0, 'mute')
    await service.stop()
  }

  await life(['--rpc', url])
  await life(['--rpc-file', file])
  await life([], { [RpcUrl.variable]: url })
  // It cannot start: the chain is gone, or quotes the key at once.
  line.down(true)
  const failed = await Processes.start([...usual, '--rpc', url]).catch((error: Error) => error)
  output += `${(failed as Error).message} ${(failed as Error).stack}`
  line.down(false)
  line.fault('eth_chainId', 9, { error: `invalid project id ${marker}`, acted: false })
  const quoted = await Processes.start([...usual, '--rpc-file', file]).catch((error: Error) => error)
  output += `${(quoted as Error).message} ${(quoted as Error).stack}`
  line.fault('eth_chainId', 0, 'mute')
  expect(await codeOf(Processes.start([...usual, '--rpc', `wss://host/${marker}`]))).toBe('SL625')
  // The control: the node was asked, and what went wrong was logged.
  expect(line.calls.length).toBeGreaterThan(10)
  expect(output).toContain('settlement is delayed')
  expect(output).not.toContain(marker)
}, 120_000)
