/**
 * What robots can do while the service's chain hangs (SIGSTOP) and when it is gone: connect, read, pay, recover what a keep file holds. What needs
 * the chain says so, by its code and soon.
 */
import { copyFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { generatePrivateKey } from 'viem/accounts'
import { describe, expect, test } from 'vitest'
import * as Wire from '../../src/core/Wire.ts'
import { Keep, type Robot } from '../../src/index.ts'
import { code, connect, folder, funded, keys, network, useNetwork } from './Local.ts'

const failures: string[] = []
useNetwork(600, (error) => failures.push((error as { code?: string }).code ?? error.message))

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'done',
    (error: { code?: string }) => error.code ?? String(error),
  )

const chainOf = async (): Promise<string> => {
  const response = await fetch(`${network.url}/readyz`)
  return ((await response.json()) as { chain: string }).chain
}

const until = async (what: () => Promise<boolean>): Promise<void> => {
  for (let i = 0; i < 600; i++) {
    if (await what()) return
    await sleep(25)
  }
  throw new Error('what was waited for did not happen')
}

/** Everything that a robot does without the chain. @param known an account whose owner was read before */
const worksWithout = async (name: string, known: Robot): Promise<void> => {
  const stranger = await connect()
  expect(await stranger.balance()).toMatchObject({ available: 0n })
  await known.pay({ to: stranger.address, amount: 7n })
  expect(await stranger.balance()).toMatchObject({ available: 7n })
  expect((await stranger.statement()).lines.map(({ amount }) => amount)).toEqual([7n])

  // Signed and kept by a robot that is lost before it has an answer; paid by the next one that has its file.
  const file = join(folder, `${name}.json`)
  const options = { account: generatePrivateKey(), validForSeconds: 86_400 }
  const first = await connect({ ...options, keep: Keep.file(file) })
  await known.pay({ to: first.address, amount: 50n })
  const pid = network.servicePid()
  process.kill(pid, 'SIGSTOP')
  const paying = first.pay({ to: stranger.address, amount: 11n })
  await until(async () => (await readFile(file, 'utf8').catch(() => '')).includes('"11"'))
  await copyFile(file, `${file}.then`)
  process.kill(pid, 'SIGCONT')
  const next = await connect({ ...options, keep: Keep.file(`${file}.then`) })
  expect(next.recovered.map(code)).toEqual(['paid'])
  await paying
  expect((await stranger.balance()).available).toBe(18n)

  for (const [of, owner] of [
    [known.address, '0x0000000000000000000000000000000000000000'],
    [stranger.address, null],
  ] as const) {
    const view = Wire.parse(Wire.accountView, await (await fetch(`${network.url}/v1/accounts/${of}`)).json())
    expect([view.owner, view.ownerBlock === null, view.assets[0]?.nonce === null]).toEqual([
      owner,
      owner === null,
      owner === null,
    ])
    expect(view.block).toBeGreaterThan(0n)
  }
  // What only the chain can say or do is refused by name.
  expect(await codeOf(stranger.deposit('1'))).toBe('SL503')
  expect(await codeOf(stranger.withdraw(1n))).toBe('SL503')
  expect(await codeOf(stranger.exit())).toBe('SL503')
  expect(await codeOf(stranger.bindOwner(known.address))).toBe('SL503')
  expect(await codeOf(known.deposit('1'))).toBe('SL503')
  expect(await codeOf(known.withdraw(1n))).toBe('SL503')
  for (const path of ['/v1/settlements', '/v1/faucet']) {
    const answer = await fetch(network.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${keys.operatorToken}` },
      body: JSON.stringify({ to: known.address, amount: '1' }),
    })
    expect([path, answer.status, ((await answer.json()) as { code: string }).code]).toEqual([path, 503, 'SL503'])
  }
  // What is read there is not waited for either.
  for (const path of ['/metrics', '/v1/board', '/v1/status', `/v1/accounts/${known.address}/statement`])
    expect((await fetch(network.url + path)).status).toBe(200)
  await Promise.all([stranger, first, next].map((robot) => robot.close()))
}

describe('a chain that', () => {
  test('behavior: hangs, and then dies, keeps no robot from connecting, reading, paying and recovering', async () => {
    const known = await funded('1')
    process.kill(network.chainPid, 'SIGSTOP')
    try {
      await worksWithout('hangs', known)
      await until(async () => (await chainOf()) === 'unreachable')
    } finally {
      process.kill(network.chainPid, 'SIGCONT')
    }
    await until(async () => (await chainOf()) === 'reachable')
    // It is the same chain, and all that it is needed for works again.
    await known.deposit('1')
    const view = Wire.parse(Wire.accountView, await (await fetch(`${network.url}/v1/accounts/${known.address}`)).json())
    expect([view.chain, view.assets[0]?.nonce]).toEqual(['reachable', 0n])

    process.kill(network.chainPid, 'SIGKILL')
    await until(async () => (await chainOf()) === 'unreachable')
    expect(failures).toEqual(['SL611'])
    await worksWithout('gone', known)
    await known.close()
  }, 120_000)
})
