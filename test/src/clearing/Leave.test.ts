/** Leaving without the operator's word, on a real chain: settled within the window (I6), paid out after it, one not held up by another (I8). */
import { describe, expect, test } from 'vitest'
import { defaultPolicy } from '../../../src/clearing/Policy.ts'
import type { Address } from '../../../src/core/Payment.ts'
import type { ExitRequest, OwnerRequest } from '../../../src/core/Wire.ts'
import * as Digest from '../../../src/crypto/Digest.ts'
import { codeOf } from '../support/Book.ts'
import { houseCall, slotOf, tokensOf, useChain, windowSeconds } from '../support/Chain.ts'
import * as Member from '../support/Member.ts'
import { deposit, differences, domainOf, exit, type Options, start, withdrawal } from '../support/Running.ts'

const chain = useChain()

const running = async (options: Options = {}) => {
  const deployed = await chain.deploy()
  const service = await start(chain, deployed, options)
  const [robot, shop] = [service.member('robot'), service.member('shop')]
  await service.fund(robot, 1000n)
  const { dollar, clearingHouse: house } = deployed.deployment
  const bound = (of: Member.Member, owner: Address, by = of, nonce = 0n): OwnerRequest => {
    const digest = Digest.owner(domainOf(deployed.deployment), of.address, owner, nonce)
    return { account: of.address, owner, signature: by.sign(digest) }
  }
  return {
    deployed,
    service,
    robot,
    shop,
    house,
    asset: dollar.asset,
    bound,
    leave: (of: Member.Member, rest: Partial<ExitRequest> = {}) =>
      service.exit(exit(deployed, of, { nonce: 0n, ...rest })),
    got: (of: Address) => tokensOf(chain.client, dollar.asset, of),
    slot: (of: Member.Member) => slotOf(chain.client, house, dollar.asset, of.address),
    view: async (of: Member.Member) => (await service.account(of.address)).assets[0],
    pay: (amount: bigint) => service.pay(robot.pay({ to: shop.address, amount })),
  }
}

describe('an exit', () => {
  test('behavior: I6 settles what was accepted, stops payments, and pays the rest out after the window', async () => {
    const { service, robot, shop, leave, got, slot, view, pay } = await running()
    const wallet = Member.create('wallet').address
    await pay(30n)
    await leave(robot, { to: wallet })
    expect([await slot(robot), await slot(shop)]).toMatchObject([{ balance: 970n, debited: 30n }, { credited: 30n }])
    expect(await view(robot)).toMatchObject({ leaving: true, available: 0n })
    expect(await codeOf(pay(1n))).toBe('SL308')
    robot.back()
    await chain.pass(windowSeconds - 60n)
    await service.settle()
    expect(await got(wallet)).toBe(0n)
    await chain.pass(120n)
    await service.until(async () => (await got(wallet)) === 970n)
    await service.until(async () => (await view(robot))?.leaving === false)
    expect(await view(robot)).toMatchObject({ available: 0n, balance: 0n })
    expect(await differences(chain, service)).toEqual([])
    expect(service.complaints).toEqual([])
  })

  test('behavior: what came in while the window ran is paid out too', async () => {
    const { service, robot, shop, leave, got } = await running()
    await service.fund(shop, 50n)
    await leave(robot)
    await service.pay(shop.pay({ to: robot.address, amount: 5n }))
    await chain.pass(windowSeconds + 60n)
    await service.until(async () => (await got(robot.address)) === 1005n)
  })

  test('behavior: whoever has left can come back', async () => {
    const { deployed, service, robot, leave, got, pay } = await running()
    await leave(robot)
    await chain.pass(windowSeconds + 60n)
    await service.until(async () => (await got(robot.address)) === 1000n)
    await service.deposit(deposit(deployed, robot, 5n))
    expect(await codeOf(pay(5n))).toBe('accepted')
  })

  test('behavior: I8 many at once, an empty one among them, are each paid out', async () => {
    const { service, leave, got, view } = await running()
    const leavers = ['a', 'b', 'c'].map((name) => service.member(name))
    for (const [i, of] of leavers.entries()) if (i !== 1) await service.fund(of, BigInt(10 + i))
    for (const of of leavers) await leave(of)
    await chain.pass(windowSeconds + 60n)
    for (const of of leavers) await service.until(async () => (await view(of))?.leaving === false)
    await service.until(async () => (await got((leavers[2] as Member.Member).address)) === 12n)
    expect(await Promise.all(leavers.map(({ address }) => got(address)))).toEqual([10n, 0n, 12n])
    expect(service.complaints).toEqual([])
  })

  test('behavior: goes on after a restart', async () => {
    const { deployed, service, robot, leave, got } = await running()
    await leave(robot)
    await service.close()
    await chain.pass(windowSeconds + 60n)
    const again = await start(chain, deployed, { folder: service.folder })
    await again.until(async () => (await got(robot.address)) === 1000n)
  })

  test('behavior: I6 asked for on chain, past the service, it is noticed and settled by the next heartbeats', async () => {
    const { deployed, service, robot, house, slot, view, pay } = await running({
      policy: { ...defaultPolicy, manual: true, everyMs: 1 },
    })
    await pay(30n)
    const { asset, account, to, deadline, signature } = exit(deployed, robot, { nonce: 0n })
    const anybody = await chain.sender('anybody')
    await anybody.send(houseCall(house, 'requestExit', [asset, account, to, deadline, signature]))
    await service.until(async () => (await view(robot))?.leaving === true)
    await service.until(async () => (await slot(robot)).debited === 30n)
    expect(await codeOf(pay(1n))).toBe('SL308')
  })

  test('behavior: finalized and drawn by somebody else while the service was away, it is over as well', async () => {
    const { deployed, service, robot, house, asset, leave, got } = await running()
    await leave(robot)
    await service.close()
    await chain.pass(windowSeconds + 60n)
    const anybody = await chain.sender('anybody')
    await anybody.send(houseCall(house, 'finalizeExit', [asset, robot.address]))
    await anybody.send(houseCall(house, 'draw', [asset, robot.address]))
    const again = await start(chain, deployed, { folder: service.folder })
    expect((await again.account(robot.address)).assets[0]).toMatchObject({ leaving: false, balance: 0n })
    expect(await got(robot.address)).toBe(1000n)
  })

  test('error: SL504 where the contract refuses it: a wrong signature, one that runs already', async () => {
    const { deployed, service, robot, shop, leave } = await running()
    const foreign = {
      ...exit(deployed, robot, { nonce: 0n }),
      signature: exit(deployed, shop, { nonce: 0n }).signature,
    }
    await expect(service.exit(foreign)).rejects.toMatchObject({ code: 'SL504', actual: /WrongSigner/ })
    await leave(robot)
    await expect(leave(robot, { nonce: 1n })).rejects.toMatchObject({ code: 'SL504', actual: /ExitRunning/ })
  })
})

describe('an owner', () => {
  test('behavior: is bound by the account; from then on only the owner takes money out, and the account pays', async () => {
    const { deployed, service, robot, bound, pay, got } = await running()
    const owner = service.member('owner')
    await service.bindOwner(bound(robot, owner.address))
    expect(await service.account(robot.address)).toMatchObject({ owner: owner.address, ownerNonce: 1n })
    const ask = (by: Member.Member) =>
      service.withdraw(withdrawal(deployed, by, { account: robot.address, to: owner.address, amount: 5n, nonce: 0n }))
    expect(await codeOf(ask(robot))).toBe('SL330')
    expect(await codeOf(pay(1n))).toBe('accepted')
    await ask(owner)
    expect(await got(owner.address)).toBe(5n)
  })

  test('behavior: ends a running exit, so the account pays again', async () => {
    const { service, robot, leave, bound, view, pay } = await running()
    await leave(robot)
    expect(await codeOf(pay(1n))).toBe('SL308')
    robot.back()
    await service.bindOwner(bound(robot, service.member('owner').address))
    expect(await view(robot)).toMatchObject({ leaving: false, available: 1000n })
    expect(await codeOf(pay(1n))).toBe('accepted')
  })

  test('error: SL504 for a second one that the first has not signed', async () => {
    const { service, robot, bound } = await running()
    const [owner, next] = [service.member('owner'), service.member('next')]
    await service.bindOwner(bound(robot, owner.address))
    expect(await codeOf(service.bindOwner(bound(robot, next.address, robot, 1n)))).toBe('SL504')
    await service.bindOwner(bound(robot, next.address, owner, 1n))
    expect((await service.account(robot.address)).owner).toBe(next.address)
  })
})
