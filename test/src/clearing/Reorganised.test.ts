/**
 * Chains that replace their newest blocks, for real: settlements dropped, deposits undone, another order. The ledger follows, what is
 * missing goes out again, and in the end everybody has been paid once.
 */
import { parseEventLogs } from 'viem'
import { afterEach, describe, expect, test } from 'vitest'
import { clearingHouse } from '../../../src/chain/abi/ClearingHouse.ts'
import { agree, settled } from '../support/Agree.ts'
import { codeOf } from '../support/Book.ts'
import { houseCall, tokensOf, useChain } from '../support/Chain.ts'
import type * as Member from '../support/Member.ts'
import { parties } from '../support/Parties.ts'
import { deposit, exit, ledgerOf, type Running, settlementsIn, start, withdrawal } from '../support/Running.ts'

const chain = useChain()
afterEach(() => chain.automine(true))

const timing = { lookAfterMs: 20, bumpAfterMs: 60_000, mostWaitMs: 5000 }

const running = parties(chain, { timing, behindMs: 60_000 })

/** Sum of the withdrawals that were accepted and not refused by the contract. */
const asked = (service: Running): bigint =>
  [...service.journal.read()].reduce((sum, { record }) => {
    if (record.type === 'withdrawal') return sum + record.amount
    return record.type === 'withdrawalFailed' ? sum - record.amount : sum
  }, 0n)

/** What the chain has paid out. */
const withdrawn = async (service: Running): Promise<bigint> => {
  const { clearingHouse: address, startBlock: fromBlock } = service.deployment
  const read = await chain.client.getLogs({ address, fromBlock })
  const logs = parseEventLogs({ abi: clearingHouse.abi, logs: read, eventName: 'Withdrawn' })
  return logs.reduce((sum, { args }) => sum + args.amount, 0n)
}

const told = (complaints: readonly string[]) => complaints.filter((line) => line.includes('SL515')).length

describe('I13 blocks that counted are replaced', () => {
  test('behavior: a settlement in them is undone in the ledger, and goes out again', async () => {
    const { service, payer, robot, shop, of, pay } = await running()
    await pay(payer, robot, 30n)
    await pay(robot, shop, 20n)
    const back = await chain.fork()
    await service.settle()
    expect(of(payer).settled.debited).toBe(30n)
    await chain.automine(false)
    await back(3)
    await service.until(async () => {
      await service.sync()
      return of(payer).settled.debited === 0n
    })
    expect(told(service.complaints)).toBe(1)
    await agree(chain, service)
    await chain.automine(true)
    await chain.mine(1)
    await service.settle()
    await settled(chain, service)
    expect(settlementsIn(service).length).toBeGreaterThan(1)
  })

  test('behavior: ten of them, with deposits, settlements, a withdrawal and an exit; somebody else is first in the new ones', async () => {
    const { deployed, service, payer, robot, shop, of, pay, house } = await running()
    const first = await pay(payer, robot, 30n)
    const anybody = await chain.sender('anybody')
    const back = await chain.fork()
    await service.settle()
    await service.fund(shop, 500n)
    await pay(shop, robot, 100n)
    await service.withdraw(withdrawal(deployed, shop, { amount: 50n, nonce: 0n }))
    await pay(robot, payer, 60n)
    await service.settle()
    await service.exit(exit(deployed, payer, { nonce: 0n }))
    await service.settle()
    expect([of(payer).leaving, of(shop).pendingWithdrawals]).toEqual([true, 0n])
    await back(0)
    const { asset, total, history, signature } = first.payment
    const proof = [first.credit, first.proof]
    await anybody.send(houseCall(house, 'collect', [{ asset, total, history, signature }, ...proof]))
    await anybody.send(houseCall(house, 'redeem', proof))
    await chain.mine(12)
    await service.until(async () => {
      await service.sync().catch(() => undefined)
      await service.settle().catch(() => undefined)
      return of(payer).leaving && of(shop).pendingWithdrawals === 0n && service.status().unsettledMembers === 0
    })
    await settled(chain, service)
    expect(await tokensOf(chain.client, asset, shop.address)).toBe(50n)
    expect([of(payer), of(robot), of(shop)].map((account) => account.settled.balance)).toEqual([1030n, 70n, 350n])
  })

  test('behavior: a deposit that comes no more was spent: its account pays nothing more, and the ledger is what the chain is', async () => {
    const { deployed, service, shop, robot, pay, of, house, asset } = await running()
    const anybody = await chain.sender('anybody')
    await service.faucet(robot.address, 100n as never)
    const back = await chain.fork()
    const d = deposit(deployed, robot, 100n)
    const args = [d.asset, d.from, d.account, d.owner, d.amount, d.validAfter, d.validBefore, d.salt, d.signature]
    await anybody.send(houseCall(house, 'depositWithAuthorization', args))
    await service.sync()
    await pay(robot, shop, 40n)
    await back(3)
    await service.sync()
    expect(service.complaints.some((line) => /1 accounts have spent a deposit that is gone/.test(line))).toBe(true)
    expect(await codeOf(pay(robot, shop, 1n))).toBe('SL306')
    robot.back()
    await service.settle()
    await agree(chain, service)
    expect([of(robot).settled, of(shop).settled.balance]).toEqual([{ balance: 0n, debited: 0n, credited: 0n }, 0n])
    // It comes after all.
    await service.deposit(d)
    await service.settle()
    await settled(chain, service)
    expect([of(robot).settled.balance, of(shop).settled.balance]).toEqual([60n, 40n])
    expect(await tokensOf(chain.client, asset, robot.address)).toBe(0n)
  })

  test('behavior: a withdrawal in them is paid once, in the new ones', async () => {
    const { deployed, service, payer, of, asset } = await running()
    const back = await chain.fork()
    const request = withdrawal(deployed, payer, { amount: 300n, nonce: 0n })
    await service.withdraw(request)
    expect(of(payer).pendingWithdrawals).toBe(0n)
    await chain.automine(false)
    await back(2)
    await service.sync()
    expect([of(payer).pendingWithdrawals, (await service.account(payer.address)).assets[0]?.available]).toEqual([
      300n,
      700n,
    ])
    await chain.automine(true)
    await chain.mine(1)
    const { transaction } = await service.withdraw(request)
    expect((await service.withdraw(request)).transaction).toBe(transaction)
    await service.settle()
    await settled(chain, service)
    expect(await tokensOf(chain.client, asset, payer.address)).toBe(300n)
  })

  test('behavior: while the service was down: found at the start', async () => {
    const { deployed, service, payer, shop, pay } = await running()
    await pay(payer, shop, 30n)
    const back = await chain.fork()
    await service.settle()
    await service.close()
    await back(4)
    const again = await start(chain, deployed, { folder: service.folder })
    expect([told(again.complaints), again.status().unsettledMembers]).toEqual([1, 2])
    await agree(chain, again)
    await again.settle()
    await settled(chain, again)
  })

  test('behavior: in which nothing of ours happened, nobody is disturbed', async () => {
    const { service, payer, shop, pay } = await running()
    await pay(payer, shop, 30n)
    await service.settle()
    const back = await chain.fork()
    await chain.mine(5)
    await service.sync()
    await back(9)
    await service.settle()
    await settled(chain, service)
    expect(settlementsIn(service)).toHaveLength(1)
  })

  test('behavior: a chain that is shorter than it was is a node that lags, until that has gone on for long', async () => {
    const { service, payer, shop, of, pay } = await running({ behindMs: 100 })
    await pay(payer, shop, 30n)
    const back = await chain.fork()
    await service.settle()
    await chain.automine(false)
    await back(0)
    await service.sync()
    expect(of(payer).settled.debited).toBe(30n)
    await service.until(async () => {
      await service.sync()
      return of(payer).settled.debited === 0n
    })
    await agree(chain, service)
    await chain.automine(true)
    await chain.mine(1)
    await service.settle()
    await settled(chain, service)
  })
})

describe('blocks that did not count yet are replaced', () => {
  test('behavior: ten of them under ten confirmations undo nothing, and all is settled once', async () => {
    const { deployed, service, payer, robot, shop, of, pay } = await running({ confirmations: 10n })
    await chain.mine(10)
    await service.sync()
    await pay(payer, robot, 30n)
    await pay(robot, shop, 20n)
    await service.faucet(shop.address, 5n as never)
    const back = await chain.fork()
    await service.settle()
    await service.deposit(deposit(deployed, shop, 5n))
    await chain.mine(8)
    await service.sync()
    await back(11)
    await service.until(async () => {
      await chain.mine(3)
      await service.settle()
      return service.status().unsettledMembers === 0 && of(shop).settled.balance === 25n
    })
    await settled(chain, service)
    expect(told(service.complaints)).toBe(0)
  })
})

describe('I5 I13 whatever happens in whichever order', () => {
  test.each([1, 10, 16, 19])('behavior: forty things, and blocks replaced among them (seed %i)', async (seed) => {
    const { deployed, service, payer, robot, shop, pay } = await running()
    const members = [payer, robot, shop]
    let state = seed
    const pick = (below: number): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
      return (state >> 8) % below
    }
    for (const { address } of members) await service.faucet(address, 10_000n as never)
    let back = await chain.fork()
    const [from, to] = [() => members[pick(3)] as Member.Member, () => members[pick(3)] as Member.Member]
    const things = [
      () => service.settle(),
      () => service.sync(),
      () => service.deposit(deposit(deployed, from(), BigInt(1 + pick(50)))),
      async () => {
        const member = from()
        const { nonce } = (await service.account(member.address)).assets[0] as { nonce: bigint }
        await service.withdraw(withdrawal(deployed, member, { amount: 3n, nonce }))
      },
      async () => {
        await back(1 + pick(10))
        back = await chain.fork()
        await service.sync()
      },
      async () => {
        back = await chain.fork()
      },
      ...Array.from({ length: 4 }, () => async () => {
        const [a, b] = [from(), to()]
        if (a !== b && (await codeOf(pay(a, b, BigInt(1 + pick(9))))) !== 'accepted') a.back()
      }),
    ]
    for (let i = 0; i < 40; i++) await (things[pick(things.length)] as () => Promise<unknown>)().catch(() => undefined)
    // As long again as it ever was.
    await chain.mine(50)
    await service.until(async () => {
      await chain.mine(1)
      await service.settle().catch(() => undefined)
      const open = [...ledgerOf(service).accounts.values()].some((account) => account.pendingWithdrawals > 0n)
      return service.status().unsettledMembers === 0 && !open
    })
    await settled(chain, service)
    expect(await withdrawn(service)).toBe(asked(service))
  })
})
