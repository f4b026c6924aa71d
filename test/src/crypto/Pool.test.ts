/** Threads that check signatures: the same answers as one thread gives, in the order of the questions, whatever becomes of the threads. */
import { expect, onTestFinished, test } from 'vitest'
import * as Packed from '../../../src/core/Packed.ts'
import * as Pool from '../../../src/crypto/Pool.ts'
import * as Member from '../support/Member.ts'

const payee = Member.create('payee').address
const payers = [Member.create('a'), Member.create('b', { p256: true }), Member.create('c')]

test.each([0, 1, 2])('behavior: answers come in order, with id and payer, with %i threads', async (threads) => {
  const pool = Pool.create(Member.domain, threads)
  onTestFinished(pool.close)
  const asked = Array.from({ length: 150 }, (_, i) => {
    const member = payers[i % 3] as Member.Member
    const request = member.pay({ to: payee, amount: BigInt(i + 1) })
    const isSigned = i % 10 !== 0
    return {
      member,
      isSigned,
      p: Packed.fromRequest(isSigned ? request : { ...request, signature: `0x${'ff'.repeat(64)}` }),
    }
  })
  const order: number[] = []
  await new Promise<void>((resolve) => {
    asked.forEach(({ p, member, isSigned }, i) => {
      pool.check(p, (is) => {
        expect(is).toBe(isSigned)
        if (is) expect(Packed.payer(p)).toBe(member.address)
        order.push(i)
        if (order.length === asked.length) resolve()
      })
    })
    // Threads that end in the middle take no question with them.
    if (threads === 2) setImmediate(pool.close)
  })
  expect(order).toEqual(asked.map((_, i) => i))
})

test.each([0, 1])(
  'behavior: more at once than the threads share memory for, and more meanwhile, with %i threads',
  async (threads) => {
    const pool = Pool.create(Member.domain, threads)
    onTestFinished(pool.close)
    const request = (payers[0] as Member.Member).pay({ to: payee, amount: 1n })
    const order: number[] = []
    let asked = 0
    await new Promise<void>((resolve) => {
      const ask = (): void => {
        const [i, p] = [asked++, Packed.fromRequest(request)]
        pool.check(p, (is) => {
          expect(is).toBe(true)
          expect(Packed.payer(p)).toBe(payers[0]?.address)
          order.push(i)
          if (i % 10 === 0) for (let more = 0; more < 5; more++) ask()
          if (order.length === asked) resolve()
        })
      }
      for (let i = 0; i < 1500; i++) ask()
    })
    expect(order).toEqual(Array.from({ length: asked }, (_, i) => i))
  },
)
