/** Withdrawals on a real chain: each once, whatever fails between the journal and the chain. */
import { describe, expect, test } from 'vitest'
import { defaultPolicy } from '../../../src/clearing/Policy.ts'
import type { WithdrawalRequest } from '../../../src/core/Wire.ts'
import * as Signature from '../../../src/crypto/Signature.ts'
import * as Embedded from '../../../src/store/Embedded.ts'
import * as BadLine from '../support/BadLine.ts'
import { codeOf, codesOf } from '../support/Book.ts'
import { breakWrites } from '../support/Broken.ts'
import { houseCall, slotOf, tokensOf, useChain } from '../support/Chain.ts'
import * as Member from '../support/Member.ts'
import { differences, exit, type Options, start, withdrawal } from '../support/Running.ts'

const chain = useChain()

const running = async (options: Options = {}) => {
  const deployed = await chain.deploy()
  const service = await start(chain, deployed, options)
  const robot = service.member('robot')
  await service.fund(robot, 1000n)
  const { dollar, clearingHouse: house } = deployed.deployment
  return {
    deployed,
    service,
    robot,
    house,
    asset: dollar.asset,
    ask: (amount: bigint, nonce: bigint, rest: Partial<Omit<WithdrawalRequest, 'amount'>> = {}) =>
      withdrawal(deployed, robot, { amount, nonce, ...rest }),
    got: (of = robot.address) => tokensOf(chain.client, dollar.asset, of),
    view: async () => (await service.account(robot.address)).assets[0],
  }
}

describe('a withdrawal', () => {
  test('behavior: arrives in the wallet that it names, and is gone from the account', async () => {
    const { service, ask, got, view } = await running()
    const wallet = Member.create('wallet').address
    const answer = await service.withdraw(ask(300n, 0n, { to: wallet }))
    expect(await got(wallet)).toBe(300n)
    expect(await view()).toMatchObject({ available: 700n, balance: 700n, pendingWithdrawals: 0n, nonce: 1n })
    const { blockNumber, gasUsed } = await chain.client.getTransactionReceipt({ hash: answer.transaction })
    expect(answer).toMatchObject({ block: blockNumber, gasUsed })
    expect(await differences(chain, service)).toEqual([])
  })

  test('behavior: what has been earned and not yet settled can be withdrawn at once', async () => {
    const { deployed, service, robot, got } = await running()
    const shop = service.member('shop')
    await service.pay(robot.pay({ to: shop.address, amount: 400n }))
    await service.withdraw(withdrawal(deployed, shop, { amount: 400n, nonce: 0n }))
    expect(await got(shop.address)).toBe(400n)
    expect(await differences(chain, service)).toEqual([])
  })

  test('behavior: several at once are carried out in the order of their nonces', async () => {
    const { service, ask, got, view } = await running()
    const answers = await Promise.all([1n, 2n, 3n].map((amount, i) => service.withdraw(ask(amount, BigInt(i)))))
    const blocks = answers.map(({ block }) => block)
    expect(blocks).toEqual(blocks.toSorted((a, b) => Number(a - b)))
    expect([await got(), (await view())?.nonce]).toEqual([6n, 3n])
  })

  test('behavior: asked for again it gets the same answer: in flight, later, and after a restart', async () => {
    const { deployed, service, ask, got } = await running()
    const request = ask(5n, 0n)
    const [first, second] = await Promise.all([service.withdraw(request), service.withdraw({ ...request })])
    expect(second).toEqual(first)
    expect(await service.withdraw(request)).toEqual(first)
    await service.close()
    const again = await start(chain, deployed, { folder: service.folder })
    expect(await again.withdraw(request)).toEqual(first)
    expect(await got()).toBe(5n)
  })
})

describe('what is refused before anything moves', () => {
  test.each<[string, bigint, bigint, Partial<Omit<WithdrawalRequest, 'amount'>>]>([
    ['more than there is', 1001n, 0n, {}],
    ['nothing', 0n, 0n, {}],
    ['a nonce that has not come yet', 5n, 1n, {}],
    ['a deadline that has passed', 5n, 0n, { deadline: 1n }],
  ])('error: SL330 for %s', async (_, amount, nonce, rest) => {
    const { service, ask, view } = await running()
    expect(await codeOf(service.withdraw(ask(amount, nonce, rest)))).toBe('SL330')
    expect(await view()).toMatchObject({ available: 1000n, pendingWithdrawals: 0n })
  })

  test('error: SL330 for a signature over other terms, and for a nonce that was used', async () => {
    const { service, ask } = await running()
    const request = ask(5n, 0n)
    const changed = { ...request, to: Member.create('thief').address }
    expect(await codeOf(service.withdraw(changed))).toBe('SL330')
    await service.withdraw(request)
    expect(await codeOf(service.withdraw(ask(6n, 0n)))).toBe('SL330')
  })

  test('error: SL330 for the second of two with one nonce; the first is carried out', async () => {
    const { service, ask, got } = await running()
    const codes = await codesOf([service.withdraw(ask(5n, 0n)), service.withdraw(ask(6n, 0n))])
    expect(codes.toSorted()).toEqual(['SL330', 'accepted'])
    expect(await got()).toBe(codes[0] === 'accepted' ? 5n : 6n)
  })

  test('error: SL330 while an exit runs', async () => {
    const { deployed, service, robot, ask } = await running()
    await service.exit(exit(deployed, robot, { nonce: 0n }))
    expect(await codeOf(service.withdraw(ask(5n, 1n)))).toBe('SL330')
  })

  test('error: SL403 when it cannot be journaled; nothing is sent', async () => {
    const { service, ask, got } = await running()
    breakWrites(service.folder)
    expect(await codeOf(service.withdraw(ask(5n, 0n)))).toBe('SL403')
    expect(await codeOf(service.withdraw(ask(5n, 0n)))).toBe('SL403')
    expect(await got()).toBe(0n)
  })
})

describe('while it is under way', () => {
  test('behavior: what it takes cannot be spent, and the next nonce counts it', async () => {
    const line = await BadLine.start(chain.url)
    const { service, robot, ask, view } = await running({ rpcUrl: line.url })
    let release = () => {}
    line.hold(
      'eth_sendRawTransaction',
      () =>
        new Promise<void>((resolve) => {
          release = resolve
        }),
    )
    const answer = service.withdraw(ask(900n, 0n))
    await service.until(async () => (await view())?.pendingWithdrawals === 900n)
    expect(await view()).toMatchObject({ available: 100n, balance: 1000n, nonce: 1n })
    expect(await codeOf(service.pay(robot.pay({ to: Member.create('shop').address, amount: 101n })))).toBe('SL306')
    await service.until(() => line.calls.length > 0)
    line.hold('eth_sendRawTransaction', async () => {})
    release()
    await answer
    expect(await view()).toMatchObject({ available: 100n, balance: 100n, pendingWithdrawals: 0n, nonce: 1n })
  })

  test('error: SL504 where the contract refuses: the money is free again', async () => {
    const { service, ask, view, got } = await running()
    const { timestamp } = await chain.client.getBlock()
    const request = ask(5n, 0n, { deadline: timestamp + 500n })
    // By the time it is mined, chain time has passed the deadline.
    await chain.raw('evm_increaseTime', 1000)
    await expect(service.withdraw(request)).rejects.toMatchObject({ code: 'SL504', actual: /Expired/ })
    expect(await view()).toMatchObject({ available: 1000n, pendingWithdrawals: 0n, nonce: 0n })
    expect(await got()).toBe(0n)
    await service.withdraw(ask(7n, 0n))
    expect(await got()).toBe(7n)
  })

  test('error: SL507 where the operator has no coin: the money stays set aside, and goes out when there is some', async () => {
    const { deployed, service, ask, got, view } = await running()
    const operator = Signature.addressOf(deployed.keys.settlement)
    const balance = await chain.client.getBalance({ address: operator })
    await chain.raw('hardhat_setBalance', operator, '0x0')
    expect(await codeOf(service.withdraw(ask(5n, 0n)))).toBe('SL507')
    expect(await view()).toMatchObject({ available: 995n, pendingWithdrawals: 5n, nonce: 1n })
    await service.until(() => service.complaints.some((line) => line.includes('SL507')))
    await chain.raw('hardhat_setBalance', operator, `0x${balance.toString(16)}`)
    await service.until(async () => (await view())?.pendingWithdrawals === 0n)
    expect([await got(), (await view())?.available]).toEqual([5n, 995n])
  })

  test('behavior: one that waits for confirmations holds up nothing', async () => {
    const { service, robot, ask, view, house, asset } = await running({
      confirmations: 2n,
      policy: { ...defaultPolicy, everyMs: 20 },
    })
    await chain.mine(2)
    await service.until(async () => (await view())?.available === 1000n)
    const shop = service.member('shop')
    await service.withdraw(ask(5n, 0n))
    await service.pay(robot.pay({ to: shop.address, amount: 7n }))
    await service.until(async () => (await slotOf(chain.client, house, asset, shop.address)).credited === 7n)
    expect((await view())?.pendingWithdrawals).toBe(5n)
  })

  test('behavior: confirmations do not make it happen twice', async () => {
    const { service, ask, got, view } = await running({
      confirmations: 2n,
      policy: { ...defaultPolicy, manual: true },
    })
    await chain.mine(2)
    await service.until(async () => (await view())?.available === 1000n)
    const request = ask(5n, 0n)
    const first = await service.withdraw(request)
    expect(await view()).toMatchObject({ available: 995n, balance: 1000n, pendingWithdrawals: 5n, nonce: 1n })
    expect(await service.withdraw(request)).toEqual(first)
    await service.withdraw(ask(6n, 1n))
    await chain.mine(2)
    await service.until(async () => (await view())?.pendingWithdrawals === 0n)
    expect([await got(), (await view())?.balance]).toEqual([11n, 989n])
    expect(service.complaints).toEqual([])
  })
})

describe('I11 a crash on the way', () => {
  test('behavior: journaled and not sent: it is sent after the restart, once', async () => {
    const { deployed, service, ask, got } = await running()
    await service.close()
    const { chainId, genesisHash, clearingHouse, startBlock } = deployed.deployment
    const journal = Embedded.open(service.folder, { chainId, genesisHash, clearingHouse, startBlock })
    await journal.append([{ type: 'withdrawal', ...ask(5n, 0n) }])
    journal.close()
    for (let i = 0; i < 2; i++) {
      const again = await start(chain, deployed, { folder: service.folder })
      await again.until(async () => (await got()) === 5n)
      await again.until(async () => (await again.account(ask(5n, 0n).account)).assets[0]?.pendingWithdrawals === 0n)
      await again.close()
    }
    expect(await got()).toBe(5n)
  })

  test('behavior: sent and not seen: it is found on chain after the restart, and not sent again', async () => {
    const line = await BadLine.start(chain.url)
    const { deployed, service, ask, got } = await running({ rpcUrl: line.url })
    line.lose('eth_sendRawTransaction', 99)
    line.hold('eth_getTransactionByHash', async () => line.down(true))
    expect(await codeOf(service.withdraw(ask(5n, 0n)))).toBe('SL503')
    await service.close()
    expect(await got()).toBe(5n)
    const again = await start(chain, deployed, { folder: service.folder })
    expect((await again.account(ask(5n, 0n).account)).assets[0]).toMatchObject({
      available: 995n,
      pendingWithdrawals: 0n,
    })
    expect([...again.journal.read()].filter(({ record }) => record.type === 'withdrawalFailed')).toEqual([])
    expect((await again.withdraw(ask(5n, 0n))).transaction).toMatch(/^0x/)
    expect(await got()).toBe(5n)
  })

  test('behavior: the chain is down: the money stays set aside, and goes out when it is back', async () => {
    const line = await BadLine.start(chain.url)
    const { service, ask, got, view } = await running({ rpcUrl: line.url })
    line.hold('eth_sendRawTransaction', async () => line.down(true))
    line.lose('eth_sendRawTransaction', 0)
    // The node gets it, the service hears nothing; asking again joins the one that waits.
    expect(await codeOf(service.withdraw(ask(5n, 0n)))).toBe('SL503')
    line.hold('eth_sendRawTransaction', async () => {})
    line.down(false)
    expect((await service.withdraw(ask(5n, 0n))).transaction).toMatch(/^0x/)
    await service.until(async () => (await view())?.pendingWithdrawals === 0n)
    expect([await got(), (await view())?.available]).toEqual([5n, 995n])
  })

  test('behavior: an earlier transaction of ours wins: the second one’s refusal frees nothing', async () => {
    const { deployed, service, ask, got } = await running()
    await service.close()
    const { chainId, genesisHash, clearingHouse, startBlock } = deployed.deployment
    const journal = Embedded.open(service.folder, { chainId, genesisHash, clearingHouse, startBlock })
    const request = ask(5n, 0n)
    const settlement = Signature.addressOf(deployed.keys.settlement)
    const nonce = await chain.client.getTransactionCount({ address: settlement })
    const sending = { type: 'nonce', nonce, term: journal.term, start: false } as const
    await journal.append([{ type: 'withdrawal', ...request }, sending])
    journal.close()
    // The first one waits in the node's pool while the service starts again and sends its own.
    await chain.automine(false)
    try {
      const { asset, account, to, amount, deadline, signature } = request
      const call = houseCall(clearingHouse, 'withdraw', [asset, account, to, amount, deadline, signature])
      const first = chain.senderOf(deployed.keys.settlement).send(call)
      const waiting = async () => {
        const block = await chain.client.getBlock({ blockTag: 'pending' })
        return block.transactions.length
      }
      await service.until(async () => (await waiting()) === 1)
      const again = await start(chain, deployed, { folder: service.folder })
      await again.until(async () => (await waiting()) === 3)
      await chain.mine(1)
      await first
      await again.until(async () => (await again.account(account)).assets[0]?.pendingWithdrawals === 0n)
      expect([...again.journal.read()].filter(({ record }) => record.type === 'withdrawalFailed')).toEqual([])
      expect((await again.account(account)).assets[0]).toMatchObject({ available: 995n, balance: 995n })
      expect(await got()).toBe(5n)
      expect(await differences(chain, again)).toEqual([])
    } finally {
      await chain.automine(true)
    }
  })
})
