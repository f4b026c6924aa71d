/**
 * How a service ends, and what is there when it starts again: killed in the very window between sending and recording, and asked to end while
 * payments and a settlement are under way.
 */
import { describe, expect, test } from 'vitest'
import * as House from '../../src/chain/House.ts'
import type { PaymentRequest } from '../../src/core/Payment.ts'
import type * as Member from '../src/support/Member.ts'
import { withdrawal } from '../src/support/Running.ts'
import { agree, settledOf, useServing } from './Serving.ts'

const serving = useServing()

/** Each start marks itself on chain by one empty transaction. */
const perStart = 1

describe('I11 I13 killed between sending and recording', () => {
  test('behavior: a settlement is found on chain, and not sent again', async () => {
    const all = await serving()
    const { client, line, post, child, member, fund, sent, deployment } = all
    const [payer, shop] = [member('payer'), member('shop')]
    await fund(payer, 1000n)
    await post('/v1/payments', payer.pay({ to: shop.address, amount: 30n }))
    const before = await sent()
    line.acted('eth_sendRawTransaction', async () => process.kill(child.pid, 'SIGKILL'))
    await expect(post('/v1/settlements', {})).rejects.toThrow()
    await child.ended
    expect([await sent(), (await settledOf(all, payer)).debited]).toEqual([before + 1, 0n])
    const [slot] = await House.slots(
      ...[client, deployment.clearingHouse, deployment.dollar.asset, [payer.address]],
      await client.getBlockNumber(),
    )
    expect(slot).toMatchObject({ balance: 970n, debited: 30n })

    await all.again()
    const answer = await all.post('/v1/settlements', {})
    expect(answer.body).toMatchObject({ transactions: [] })
    expect([await sent(), await settledOf(all, shop)]).toEqual([
      before + 1 + perStart,
      { balance: 30n, debited: 0n, credited: 30n },
    ])
    await agree(all)
  })

  test('behavior: a withdrawal is found on chain, and paid once', async () => {
    const all = await serving()
    const { line, post, child, member, fund, sent, deployment, keys } = all
    const payer = member('payer')
    await fund(payer, 1000n)
    const request = withdrawal({ deployment, keys }, payer, { amount: 300n, nonce: 0n })
    const before = await sent()
    line.acted('eth_sendRawTransaction', async () => process.kill(child.pid, 'SIGKILL'))
    await expect(post('/v1/withdrawals', request)).rejects.toThrow()
    await all.again()
    expect((await all.post('/v1/withdrawals', request)).status).toBe(200)
    expect([await sent(), (await settledOf(all, payer)).balance]).toEqual([before + 1 + perStart, 700n])
    await agree(all)
  })
})

describe('asked to end', () => {
  test('behavior: what was accepted is answered and on disk, a settlement under way is finished, and the exit code is 0', async () => {
    const all = await serving()
    const { line, post, child, member, fund, sent } = all
    const payers = Array.from({ length: 8 }, (_, i) => member(`payer ${i}`))
    const shop = member('shop')
    for (const payer of payers) await fund(payer, 1000n)
    await post('/v1/payments', (payers[0] as Member.Member).pay({ to: shop.address, amount: 5n }))
    const before = await sent()
    let arrived = () => {}
    const onItsWay = new Promise<void>((resolve) => {
      arrived = resolve
    })
    line.hold('eth_sendRawTransaction', async () => {
      arrived()
      await new Promise((resolve) => setTimeout(resolve, 150))
    })
    const settling = post('/v1/settlements', {})
    await onItsWay
    const requests = payers.flatMap((payer) =>
      Array.from({ length: 12 }, (): PaymentRequest => payer.pay({ to: shop.address, amount: 1n })),
    )
    const answers = requests.map((request) => post('/v1/payments', request).catch(() => undefined))
    await Promise.race(answers)
    process.kill(child.pid, 'SIGTERM')
    expect(await child.ended).toBe('exit code 0')
    expect((await settling).body).toMatchObject({ transactions: [{}] })
    const told = (await Promise.all(answers)).filter((answer) => answer?.status === 200)
    expect(told.length).toBeGreaterThan(0)
    const kept = await all.ledger()
    expect(kept.payments - 1).toBe(told.length)

    // Whoever had no answer sends the same again.
    await all.again()
    for (const request of requests) expect((await all.post('/v1/payments', request)).status).toBe(200)
    expect((await all.post('/v1/settlements', {})).status).toBe(200)
    expect([(await all.ledger()).payments, (await settledOf(all, shop)).balance]).toEqual([97, 101n])
    expect(await sent()).toBe(before + 2 + perStart)
    await agree(all)
  })
})
