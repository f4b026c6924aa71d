/** Budgets: what each bound refuses, by the day of chain time and over a restart; and who may set one, on a real chain over real HTTP. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type AmountAtomic, maxTotal } from '../../../src/core/Amount.ts'
import * as Ledger from '../../../src/core/Ledger.ts'
import type { BudgetRecord } from '../../../src/core/Record.ts'
import * as Digest from '../../../src/crypto/Digest.ts'
import { Robot } from '../../../src/index.ts'
import { codeOf, codesOf, now, open, replayed } from '../support/Book.ts'
import { useChain } from '../support/Chain.ts'
import { listen, problemOf } from '../support/Http.ts'
import * as Member from '../support/Member.ts'
import { domainOf, start } from '../support/Running.ts'

const { dollar, energy, later } = Member
const shop = Member.create('shop')
const robot = Member.create('robot')
const daySeconds = 86_400n

const budget = (limits: Partial<Record<'sequence' | 'perPayment' | 'perDay' | 'total' | 'validUntil', bigint>>) =>
  ({
    ...{ type: 'budget', account: robot.address, asset: dollar, sequence: 1n, perPayment: maxTotal, perDay: maxTotal },
    ...{ total: maxTotal, validUntil: later, owner: shop.address, signature: '0x' },
    ...limits,
  }) as unknown as BudgetRecord

/** A book with money, a clock that can be moved, and a payer of its own. */
const book = async (folder?: string) => {
  const clock = { now }
  const payer = Member.create('robot')
  const options = { nowSeconds: () => clock.now }
  const opened = open(folder === undefined ? options : { ...options, folder })
  await opened.deposit(payer, 1000n)
  await opened.deposit(payer, 1000n, energy)
  return { clock, payer, ...opened, paid: (amount: bigint) => codeOf(pay(opened, payer, amount)) }
}

/** A payment; a refused one leaves the payer where it was. */
const pay = async (to: Pick<ReturnType<typeof open>, 'pay'>, payer: Member.Member, amount: bigint, asset = dollar) => {
  try {
    return await to.pay(payer.pay({ to: shop.address, amount, asset }))
  } catch (error) {
    payer.back(1, asset)
    throw error
  }
}

describe('a budget', () => {
  test('error: what goes beyond a payment’s, a day’s or the whole bound is refused by name', async () => {
    const { commit, paid, ...rest } = await book()
    await paid(40n)
    await commit.add(budget({ perPayment: 30n, perDay: 50n, total: 100n }))
    expect([await paid(31n), await paid(30n), await paid(21n), await paid(20n)]).toEqual([
      ...['SL628', 'accepted', 'SL628', 'accepted'],
    ])
    await commit.add(budget({ sequence: 2n, total: 100n }))
    expect([await paid(11n), await paid(10n), await paid(1n)]).toEqual(['SL628', 'accepted', 'SL628'])
    const problem = await pay(rest, rest.payer, 1n).catch(({ expected, actual }) => ({ expected, actual }))
    expect(problem).toEqual({ expected: 'at most 100 atomic units in all', actual: '101' })
  })

  test('behavior: days are days of chain time; a clock set back opens none anew', async () => {
    const { commit, clock, paid, ledger } = await book()
    await commit.add(budget({ perDay: 50n }))
    expect([await paid(50n), await paid(1n)]).toEqual(['accepted', 'SL628'])
    clock.now += daySeconds
    expect([await paid(49n), await paid(2n)]).toEqual(['accepted', 'SL628'])
    clock.now -= daySeconds
    expect([await paid(2n), await paid(1n)]).toEqual(['SL628', 'accepted'])
    expect(ledger.day).toBe(Number(now / daySeconds) + 1)
  })

  test('error: past its time nothing may be paid', async () => {
    const { commit, clock, paid } = await book()
    await commit.add(budget({ validUntil: now }))
    expect(await paid(1n)).toBe('accepted')
    clock.now += 1n
    expect(await paid(1n)).toBe('SL628')
  })

  test('behavior: holds for its own account and asset alone', async () => {
    const { commit, payer, ...opened } = await book()
    await commit.add(budget({ perPayment: 0n }))
    const other = Member.create('other')
    await opened.deposit(other, 10n)
    expect(await codesOf([pay(opened, payer, 1n), pay(opened, payer, 1n, energy), pay(opened, other, 1n)])).toEqual([
      'SL628',
      'accepted',
      'accepted',
    ])
  })

  test('behavior: a newer one goes on with the day’s sum; a repeated payment is not counted again', async () => {
    const { commit, payer, ...opened } = await book()
    await commit.add(budget({ perDay: 50n }))
    const request = payer.pay({ to: shop.address, amount: 30n })
    await opened.pay(request)
    await opened.pay(request)
    await commit.add(budget({ sequence: 2n, perDay: 60n }))
    expect([await codeOf(pay(opened, payer, 31n)), await codeOf(pay(opened, payer, 30n))]).toEqual([
      'SL628',
      'accepted',
    ])
  })

  test('error: payments in flight are counted one by one, a sale’s leg too', async () => {
    const { commit, payer, ...opened } = await book()
    await commit.add(budget({ perDay: 25n }))
    const codes = await codesOf([10n, 10n, 10n].map((amount) => opened.pay(payer.pay({ to: shop.address, amount }))))
    expect(codes).toEqual(['accepted', 'accepted', 'SL628'])
    payer.back(1)
    const seller = Member.create('seller')
    await opened.deposit(seller, 10n, energy)
    const terms = {
      ...{ seller: seller.address, buyer: payer.address, creditAsset: energy, credits: 1n as AmountAtomic },
      ...{ dollarAsset: dollar, price: 6n as AmountAtomic, salt: Member.reference() },
    }
    const legs = [seller.leg(terms), payer.leg(terms)]
    expect(await codesOf(legs.map((leg) => opened.trade(terms, leg)))).toEqual(['SL316', 'SL628'])
  })

  test('behavior: I12 the journal alone gives budgets and sums back; without budgets it holds no days', async () => {
    const { commit, clock, paid, again, ...opened } = await book()
    await paid(5n)
    const before = opened.journal.end
    expect(Ledger.serialize(opened.ledger)).not.toContain('day')
    await commit.add(budget({ perDay: 50n, perPayment: 45n }))
    await paid(20n)
    clock.now += daySeconds
    await paid(45n)
    const types = [...opened.journal.read(before)].map(({ record }) => record.type)
    expect(types).toEqual(['budget', 'day', 'payment', 'day', 'payment'])
    expect(replayed(opened.journal)).toBe(Ledger.serialize(opened.ledger))
    const restarted = again()
    expect(Ledger.serialize(restarted.ledger)).toContain(' 50 ')
    expect(await codeOf(restarted.pay(robotAfter(70n, opened).pay({ to: shop.address, amount: 6n })))).toBe('SL628')
  })

  test('behavior: never lets through more than it says, whatever is tried', async () => {
    const tried = fc.array(fc.record({ amount: fc.bigInt(1n, 40n), passes: fc.constantFrom(0n, 20_000n, daySeconds) }))
    const limits = fc.record({ perPayment: fc.bigInt(1n, 40n), perDay: fc.bigInt(1n, 80n), total: fc.bigInt(1n, 200n) })
    await fc.assert(
      fc.asyncProperty(tried, limits, async (payments, { perPayment, perDay, total }) => {
        const { commit, clock, paid, close } = await book()
        await commit.add(budget({ perPayment, perDay, total }))
        const days = new Map<bigint, bigint>()
        let all = 0n
        for (const { amount, passes } of payments) {
          clock.now += passes
          const day = clock.now / daySeconds
          const [today, sum] = [(days.get(day) ?? 0n) + amount, all + amount]
          const fits = amount <= perPayment && today <= perDay && sum <= total
          expect(await paid(amount)).toBe(fits ? 'accepted' : 'SL628')
          if (!fits) continue
          days.set(day, today)
          all = sum
        }
        close()
      }),
      { numRuns: 15 },
    )
  })
})

/** The robot, continuing where a ledger says that it stands. */
const robotAfter = (paid: bigint, { ledger }: Pick<ReturnType<typeof open>, 'ledger'>): Member.Member => {
  const account = Ledger.account(ledger, dollar, robot.address)
  expect(account.debitTotal).toBe(paid)
  const sign = (amount: bigint) => {
    const total = (paid + amount) as AmountAtomic
    const terms = {
      payee: shop.address,
      amount: amount as AmountAtomic,
      reference: Member.reference(),
      validUntil: later,
    }
    const history = Digest.debitHistory(account.debitHistory, terms.payee, amount, terms.reference, later)
    return {
      ...terms,
      asset: dollar,
      total,
      history,
      signature: robot.sign(Digest.debit(Member.domain, dollar, total, history)),
    }
  }
  return { ...robot, pay: ({ amount }) => sign(amount) }
}

const chain = useChain()

describe('setting one', () => {
  test('behavior: by the bound owner alone, with a rising sequence; it is shown and enforced', async () => {
    const deployed = await chain.deploy()
    const service = await start(chain, deployed)
    const http = await listen(service)
    const [payer, boss, stranger] = (await Promise.all(
      ['payer', 'boss', 'stranger'].map((name) =>
        Robot.connect(http.url, { account: service.member(name).key, keep: false }),
      ),
    )) as [Robot, Robot, Robot]
    await payer.deposit('1.00')
    await expect(boss.setBudget(payer.address, {})).rejects.toMatchObject({ code: 'SL659' })
    await payer.bindOwner(boss.address)
    await expect(stranger.setBudget(payer.address, {})).rejects.toMatchObject({ code: 'SL659' })
    expect(await payer.budget()).toBeUndefined()

    const limits = { perPayment: '0.01', perDay: '0.015', total: '100' }
    const standing = {
      sequence: 1n,
      perPayment: 10_000n,
      perDay: 15_000n,
      total: 100_000_000n,
      validUntil: 2n ** 64n - 1n,
    }
    expect(await boss.setBudget(payer.address, limits)).toEqual({ ...standing, paidToday: 0n })
    await expect(payer.pay({ to: boss.address, amount: '0.010001' })).rejects.toMatchObject({ code: 'SL628' })
    await payer.pay({ to: boss.address, amount: '0.01' })
    await expect(payer.pay({ to: boss.address, amount: '0.01' })).rejects.toMatchObject({ code: 'SL628' })
    await payer.pay({ to: boss.address, amount: '0.005' })
    expect(await payer.budget()).toEqual({ ...standing, paidToday: 15_000n })

    const signed = (
      by: string,
      change: { sequence?: bigint; validUntil?: bigint; asset?: Member.Member['address'] } = {},
    ) => {
      const { asset } = deployed.deployment.dollar
      const message = { account: payer.address, asset, ...standing, ...change } as never
      return {
        ...(message as object),
        signature: service.member(by).sign(Digest.budget(domainOf(deployed.deployment), message)),
      }
    }
    const post = (body: unknown) => http.post('/v1/budgets', body)
    expect((await post(signed('boss'))).status).toBe(200)
    const refused = [
      signed('payer', { sequence: 2n }),
      signed('boss', { validUntil: 5n }),
      signed('boss', { sequence: 2n, validUntil: 5n }),
    ]
    refused.push(signed('boss', { asset: energy }), { ...signed('boss'), account: stranger.address } as never)
    for (const body of refused) expect(problemOf(await post(body))).toBe('409 application/problem+json SL629')
    expect(problemOf(await post({ ...signed('boss'), perHour: '1' }))).toBe('400 application/problem+json SL601')

    await service.close()
    const again = await start(chain, deployed, { folder: service.folder })
    expect((await again.account(payer.address)).assets[0]?.budget).toEqual({ ...standing, paidToday: 15_000n })
  })
})
