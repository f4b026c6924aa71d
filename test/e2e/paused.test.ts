/**
 * I19: a service that was stopped for a while (SIGSTOP, a paused virtual machine) while a copy of its folder took its place, on another machine as
 * far as fence files go. What had reached its socket meanwhile must not be accepted on top of what the copy accepts.
 */
import { cpSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import * as Processes from '../../src/cli/Processes.ts'
import { folder } from '../src/support/Folder.ts'
import { ask } from '../src/support/Http.ts'
import { json, type Serving, useServing } from './Serving.ts'

const serving = useServing()

const copyOf = async ({ data, line }: Serving): Promise<Processes.Child> => {
  const copy = folder()
  cpSync(data, copy, { recursive: true, filter: (path) => !path.endsWith('.lock') })
  const args = ['service', '--rpc', line.url, '--data', copy, '--manual-settlement', '--log-level', 'silent']
  const twin = await Processes.start(args, { XDG_STATE_HOME: folder() })
  onTestFinished(() => twin.stop())
  return twin
}

test('error: SL409 a paused service accepts nothing that a copy may have accepted meanwhile', async () => {
  const original = await serving()
  const [payer, shop, thief] = ['payer', 'shop', 'thief'].map(original.member) as [
    ReturnType<Serving['member']>,
    ReturnType<Serving['member']>,
    ReturnType<Serving['member']>,
  ]
  await original.fund(payer, 10_000_000n)
  const { pid } = original.child
  process.kill(pid, 'SIGSTOP')
  onTestFinished(() => void process.kill(pid, 'SIGCONT'))
  const twin = await copyOf(original)
  const once = payer.pay({ to: shop.address, amount: 9_000_000n })
  expect((await ask(`${twin.ready.url}/v1/payments`, 'POST', json, once)).status).toBe(200)
  payer.back()
  const twice = payer.pay({ to: thief.address, amount: 9_000_000n })
  const waiting = original.post('/v1/payments', twice)
  process.kill(pid, 'SIGCONT')
  const { status, text } = await waiting
  expect([status, JSON.parse(text).code]).toEqual([503, 'SL409'])
})
