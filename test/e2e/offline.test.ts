/** Payments made while the service is out of reach: signed and kept at once, sent in order when it is back, each charged once. */
import { copyFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { generatePrivateKey } from 'viem/accounts'
import { describe, expect, test } from 'vitest'
import { Keep, type Robot } from '../../src/index.ts'
import { code, connect, folder, funded, network, useNetwork } from './Local.ts'

useNetwork(60)

/** Amounts in a keep file that have no answer. */
const keptIn = async (file: string): Promise<string[]> => {
  const { lines } = JSON.parse(await readFile(file, 'utf8'))
  return lines.flatMap((line: { unanswered: { payment: { amount: string } }[] }) =>
    line.unanswered.map(({ payment }) => payment.amount),
  )
}

const until = async (what: () => Promise<boolean>): Promise<void> => {
  for (let i = 0; i < 300; i++) {
    if (await what()) return
    await sleep(20)
  }
  throw new Error('what was waited for did not happen')
}

const paidBy = async (robot: Robot): Promise<bigint[]> =>
  (await robot.statement()).lines.filter(({ direction }) => direction === 'out').map(({ amount }) => amount)

/** One after the other, not in one go. */
const payEach = async (robot: Robot, to: string, amounts: readonly bigint[]): Promise<Promise<unknown>[]> => {
  const paying: Promise<unknown>[] = []
  for (const amount of amounts) {
    paying.push(robot.pay({ to, amount, for: 'https://charger.example', key: `${amount}` }))
    await sleep(5)
  }
  return paying
}

describe('offline', () => {
  test('behavior: five payments to a service that is killed go in order when it is back, each once', async () => {
    const file = join(folder, 'killed.json')
    const amounts = [1n, 2n, 3n, 4n, 5n]
    const charger = await connect()
    const robot = await funded('1', { keep: Keep.file(file), validForSeconds: 86_400 })
    process.kill(network.servicePid(), 'SIGKILL')
    await Promise.all(await payEach(robot, charger.address, amounts))
    expect(await paidBy(robot)).toEqual(amounts)
    await Promise.all(await payEach(robot, charger.address, amounts))
    expect([await paidBy(robot), (await charger.balance()).available]).toEqual([amounts, 15n])
    await robot.close()
    expect(await keptIn(file)).toEqual([])
  })

  test('behavior: all are on disk before an answer to any, so the robot itself may be lost meanwhile', async () => {
    const file = join(folder, 'lost.json')
    const amounts = [1n, 2n, 3n, 4n, 5n, 6n, 7n]
    const account = generatePrivateKey()
    const charger = await connect()
    const options = { account, keep: Keep.file(file), validForSeconds: 86_400 }
    const robot = await funded('1', options)
    const pid = network.servicePid()
    process.kill(pid, 'SIGSTOP')
    let answered = 0
    try {
      for (const paying of await payEach(robot, charger.address, amounts))
        void paying.then(() => answered++).catch(() => {})
      await until(async () => (await keptIn(file)).length === amounts.length)
      expect([answered, await keptIn(file)]).toEqual([0, amounts.map(String)])
      await copyFile(file, `${file}.then`)
    } finally {
      process.kill(pid, 'SIGCONT')
    }
    // The one that comes after it knows nothing but the file; the first one's requests still arrive beside it.
    const next = await connect({ ...options, keep: Keep.file(`${file}.then`) })
    expect(next.recovered.map(code)).toEqual(amounts.map(() => 'paid'))
    expect((await next.pay({ to: charger.address, amount: 8n })).payment.total).toBe(36n)
    expect([await paidBy(next), (await charger.balance()).available]).toEqual([[...amounts, 8n], 36n])
  })
})
