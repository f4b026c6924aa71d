/** What robots see when the service is killed under them (I11): a pause, and nothing lost or charged twice. */
import { join } from 'node:path'
import { generatePrivateKey } from 'viem/accounts'
import { describe, expect, test } from 'vitest'
import { Keep } from '../../src/index.ts'
import { code, connect, folder, funded, network, useNetwork } from './Local.ts'

useNetwork(2)

describe('I11 a service that is killed', () => {
  test('behavior: payments under way go on when it is back, each charged once; streams go on too', async () => {
    const charger = await connect()
    const robots = await Promise.all(Array.from({ length: 8 }, () => funded('1')))
    const got: bigint[] = []
    const reading = (async () => {
      for await (const { amount } of charger.payments()) if (got.push(amount) === 400) break
    })()
    const paying = robots.map(async (robot) => {
      for (let i = 0; i < 50; i++) await robot.pay({ to: charger.address, amount: 10n })
    })
    setTimeout(() => process.kill(network.servicePid(), 'SIGKILL'), 60)
    await Promise.all(paying)
    await reading
    expect(got).toHaveLength(400)
    expect((await charger.balance()).available).toBe(4000n)
    for (const robot of robots) expect((await robot.balance()).available).toBe(999_500n)
  })

  test('behavior: a robot that dies with it comes back with its keep file and owes nothing twice', async () => {
    const account = generatePrivateKey()
    const file = join(folder, 'keep.json')
    const charger = await connect()
    const robot = await funded('1', { account, keep: Keep.file(file), retryForMs: 0 })
    process.kill(network.servicePid(), 'SIGKILL')
    const lost = await Promise.allSettled([1n, 2n].map((amount) => robot.pay({ to: charger.address, amount })))
    expect(lost.map(code)).toEqual(['SL649', 'SL649'])
    const again = await connect({ account, keep: Keep.file(file) })
    expect(again.recovered.map(code)).toEqual(['paid', 'paid'])
    expect((await again.pay({ to: charger.address, amount: 3n })).payment.total).toBe(6n)
    expect((await charger.balance()).available).toBe(6n)
  })
})
