/**
 * I19 with real processes: a backup, payments after it, kill -9, the backup restored: it is refused; `sunledger recover`; robots, a till and a
 * keep file bring their receipts by themselves; the service goes on, settles and pays out.
 */
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { generatePrivateKey } from 'viem/accounts'
import { expect, onTestFinished, test } from 'vitest'
import { testDollar } from '../../src/chain/abi/TestDollar.ts'
import * as Client from '../../src/chain/Client.ts'
import * as Deployment from '../../src/chain/Deployment.ts'
import * as Keys from '../../src/chain/Keys.ts'
import * as Gas from '../../src/cli/Gas.ts'
import * as Processes from '../../src/cli/Processes.ts'
import { files } from '../../src/cli/service.ts'
import { Keep, Robot, type RobotOptions, Client as ServiceClient } from '../../src/index.ts'
import { folder as newFolder } from '../src/support/Folder.ts'

const exitWindowSeconds = 600n

const world = async () => {
  const chain = await Processes.start(['chain'])
  onTestFinished(() => chain.stop())
  const [base, client, keys] = [newFolder(), Client.create(chain.ready.url), Keys.random()]
  const data = join(base, 'data')
  mkdirSync(data)
  const periods = { exitWindowSeconds, noticePeriodSeconds: exitWindowSeconds }
  const deployment = await Deployment.deployLocal(client, keys, periods)
  Deployment.write(files(data).deployment, deployment)
  Keys.write(files(data).keys, keys)
  const env = { XDG_STATE_HOME: join(base, 'state') }
  const args = (port: string) => [
    ...['service', '--rpc', chain.ready.url, '--data', data, '--port', port, '--manual-settlement'],
    ...['--log-level', 'silent', ...Gas.local],
  ]
  let child = await Processes.start(args('0'), env)
  onTestFinished(() => child.stop())
  const { url } = child.ready
  return {
    ...{ base, client, keys, data, deployment, url },
    service: new ServiceClient(url),
    async kill() {
      process.kill(child.pid, 'SIGKILL')
      await child.ended
    },
    /** At the same address as before. */
    async start() {
      child = await Processes.start(args(new URL(url).port), env)
    },
    recover: (...more: string[]) =>
      promisify(execFile)(
        process.execPath,
        [...['src/cli/main.ts', 'recover', '--rpc', chain.ready.url, '--data', data, '--json'], ...more],
        { env: { ...process.env, ...env } },
      ),
    robot: (options: Partial<RobotOptions> = {}) =>
      Robot.connect(url, {
        account: generatePrivateKey(),
        keep: false,
        retryForMs: 200,
        receiptsEveryMs: 500,
        ...options,
      }),
    tokens: (of: Robot) =>
      client.readContract({
        ...{ address: deployment.dollar.asset, abi: testDollar.abi },
        functionName: 'balanceOf',
        args: [of.address],
      }),
    pass: async (seconds: bigint) => {
      await Client.raw(client, 'evm_increaseTime', [Number(seconds)])
      await Client.raw(client, 'evm_mine', [])
    },
  }
}

const until = async (what: () => Promise<boolean>): Promise<void> => {
  for (let i = 0; i < 400; i++) {
    if (await what().catch(() => false)) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('what was waited for did not happen')
}

const recovery = async ({ service }: Awaited<ReturnType<typeof world>>) => (await service.status()).recovery

const everybody = async () => {
  const all = await world()
  const { robot, base } = all
  const keep = join(base, 'alice.keep.json')
  const account = generatePrivateKey()
  const alice = await robot({ account, keep: Keep.file(keep) })
  const [bob, shop, carol] = [await robot(), await robot(), await robot()]
  await alice.deposit('20')
  await carol.deposit('5')
  const heard: bigint[] = []
  void (async () => {
    for await (const { amount } of bob.payments()) heard.push(amount)
  })()
  onTestFinished(async () => {
    await Promise.all([bob, shop, carol].map((each) => each.close()))
  })
  return { all, account, keep, alice, bob, shop, carol, till: await shop.till(), heard }
}

test('behavior: a restored backup is refused, recovered by those who hold receipts, and goes on', async () => {
  const { all, account, keep, alice, bob, shop, carol, till, heard } = await everybody()
  const { base, data, service, keys, kill, start, recover, pass, robot } = all
  await alice.pay({ to: bob.address, amount: '1' })
  cpSync(data, join(base, 'backup'), { recursive: true })

  await alice.pay({ to: bob.address, amount: '9' })
  await service.settle(keys.operatorToken)
  await bob.pay({ to: shop.address, amount: '2' })
  // Its payer is gone for good: the shop's till alone has this receipt.
  till.accept(await carol.pay({ to: shop.address, amount: '3' }), { minimum: '3' })
  await alice.pay({ to: bob.address, amount: '0.5' })
  await until(async () => heard.length === 3)
  await alice.close()
  await carol.close()
  await kill()

  renameSync(data, join(base, 'lost'))
  renameSync(join(base, 'backup'), data)
  await expect(start()).rejects.toThrow(/SL409|SL410/)
  const { stdout } = await recover()
  expect(JSON.parse(stdout)).toMatchObject({ version: 1, term: expect.any(Number) })
  await start()
  expect((await service.status()).state).toBe('recovering')
  // A payment now is not decided, and is charged once in the end.
  await expect(bob.pay({ to: shop.address, amount: '0.25', key: 'x', for: 'y' })).rejects.toMatchObject({
    code: 'SL649',
  })
  const again = await robot({ account, keep: Keep.file(keep) })
  await until(async () => (await recovery(all))?.payments === 4)
  expect((await again.balance()).text.available).toBe('9.5')
  expect((await bob.balance()).text.available).toBe('8.5')
  expect((await shop.balance()).text.available).toBe('5')

  await pass(exitWindowSeconds)
  await until(async () => (await service.status()).state === 'ready')
  expect(await recovery(all)).toMatchObject({ over: true, payments: 4 })
  expect((await recovery(all))?.assets[0]).toMatchObject({ setAside: 0n, loss: 0n })
  await bob.pay({ to: shop.address, amount: '0.25', key: 'x', for: 'y' })
  const receipt = await again.pay({ to: bob.address, amount: '0.125' })
  expect(receipt.payment.total).toBe(10_625_000n)
  await until(async () => heard.length === 4)
  expect(heard).toEqual([1_000_000n, 9_000_000n, 500_000n, 125_000n])
  await service.settle(keys.operatorToken)
  expect((await service.status()).unsettledAtomic).toBe(0n)
  await shop.withdraw('5.25')
  expect(await all.tokens(shop)).toBe(5_250_000n)
  await again.close()
})

test('behavior: a lost disk: an empty folder, the keys and the deployment are enough', async () => {
  const { all, alice, bob, shop, carol, till } = await everybody()
  const { base, data, service, keys, kill, start, recover, pass } = all
  await alice.pay({ to: bob.address, amount: '4' })
  await service.settle(keys.operatorToken)
  till.accept(await carol.pay({ to: shop.address, amount: '3' }))
  await bob.pay({ to: shop.address, amount: '1' })
  await kill()
  renameSync(data, join(base, 'lost'))
  mkdirSync(data)
  for (const name of ['keys.json', 'deployment.json']) cpSync(join(base, 'lost', name), join(data, name))
  await expect(start()).rejects.toThrow(/SL40[79]/)
  await recover('--deployment', join(base, 'lost', 'deployment.json'))
  rmSync(join(base, 'lost'), { recursive: true })
  await start()
  await until(async () => (await shop.balance()).text.available === '4')
  await pass(exitWindowSeconds)
  await until(async () => (await service.status()).state === 'ready')
  expect((await alice.balance()).text.available).toBe('16')
  expect((await bob.balance()).text.available).toBe('3')
  expect((await carol.balance()).text.available).toBe('2')
  await alice.pay({ to: shop.address, amount: '1' })
  await service.settle(keys.operatorToken)
  await shop.withdraw('5')
  expect(await all.tokens(shop)).toBe(5_000_000n)
  expect((await recovery(all))?.assets[0]).toMatchObject({ setAside: 0n, loss: 0n })
  await alice.close()
})
