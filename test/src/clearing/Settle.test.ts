/** Settlement on a real chain: once whatever happens in between, and ledger and chain agree after it (I13). */
import { describe, expect, test } from 'vitest'
import * as Plan from '../../../src/clearing/Plan.ts'
import * as Ledger from '../../../src/core/Ledger.ts'
import type { Receipt } from '../../../src/core/Payment.ts'
import { agree } from '../support/Agree.ts'
import * as BadLine from '../support/BadLine.ts'
import { codeOf } from '../support/Book.ts'
import { breakWrites } from '../support/Broken.ts'
import { houseCall, slotOf, tokenCall, useChain } from '../support/Chain.ts'
import type * as Member from '../support/Member.ts'
import { deposit, ledgerOf, type Options, type Running, settlementsIn, start } from '../support/Running.ts'
import { slowDisk } from '../support/SlowDisk.ts'

const chain = useChain()

const running = async (options: Options = {}) => {
  const deployed = await chain.deploy()
  const service = await start(chain, deployed, options)
  const [payer, robot, shop] = ['payer', 'robot', 'shop'].map((name) => service.member(name)) as [
    Member.Member,
    Member.Member,
    Member.Member,
  ]
  await service.fund(payer, 1000n)
  const { dollar, clearingHouse: house } = deployed.deployment
  const slot = (of: Member.Member) => slotOf(chain.client, house, dollar.asset, of.address)
  return { deployed, service, payer, robot, shop, slot, house, asset: dollar.asset }
}

/** A round of payments in which one member passes on what it earns. */
const trade = async (
  service: Running,
  members: { payer: Member.Member; robot: Member.Member; shop: Member.Member },
) => {
  const { payer, robot, shop } = members
  const first = await service.pay(payer.pay({ to: robot.address, amount: 30n }))
  const second = await service.pay(robot.pay({ to: shop.address, amount: 20n }))
  return [first, second] as const
}

const proofOf = ({ credit, proof }: Receipt) => [credit, proof]

describe('I1 I4 I13 ledger and chain agree after a settlement', () => {
  test('behavior: everybody’s totals are on chain, and there is nothing left to settle', async () => {
    const all = await running()
    const { service, slot, payer, robot, shop } = all
    await trade(service, all)
    const { transactions, block } = await service.settle()
    expect(transactions).toMatchObject([{ members: 3 }])
    expect([await slot(payer), await slot(robot), await slot(shop)]).toMatchObject([
      { balance: 970n, debited: 30n, credited: 0n },
      { balance: 10n, debited: 20n, credited: 30n },
      { balance: 20n, debited: 0n, credited: 20n },
    ])
    expect([service.status().unsettledAtomic, service.status().unsettledMembers]).toEqual([0n, 0])
    expect(service.status().block).toBe(block)
    expect((await service.settle()).transactions).toEqual([])
    await agree(chain, service)
  })

  test('behavior: a statement says which payments are settled', async () => {
    const all = await running()
    const { service, payer } = all
    await trade(service, all)
    await service.settle()
    await trade(service, all)
    expect(service.statement(payer.address, 0, 10).lines.map(({ settled }) => settled)).toEqual([true, false])
  })

  test('behavior: more members than one transaction takes go in several, payers first', async () => {
    const { service, payer } = await running()
    const payees = Array.from({ length: 560 }, (_, i) => service.member(`payee ${i}`))
    await Promise.all(payees.map(({ address }) => service.pay(payer.pay({ to: address, amount: 1n }))))
    const { transactions } = await service.settle()
    expect(transactions.length).toBe(2)
    expect(transactions.reduce((sum, { members }) => sum + members, 0)).toBe(561)
    for (const { gasUsed } of transactions) expect(Number(gasUsed)).toBeLessThan(Plan.defaultLimits.gas)
    expect(service.status().unsettledMembers).toBe(0)
    await agree(chain, service)
  })

  test('behavior: concurrent calls share a run, and none of them sends twice', async () => {
    const all = await running()
    const { service } = all
    await trade(service, all)
    const answers = await Promise.all(Array.from({ length: 5 }, () => service.settle()))
    expect(answers.flatMap(({ transactions }) => transactions).map(({ members }) => members)).toContain(3)
    expect(settlementsIn(service)).toHaveLength(1)
    await agree(chain, service)
  })

  test('behavior: I11 nothing goes on chain before it is on disk; where the disk does not take it, nothing does', async () => {
    const line = await BadLine.start(chain.url)
    const disk = slowDisk()
    const all = await running({ rpcUrl: line.url, through: disk.through })
    const { service, payer, shop } = all
    const sent = () => line.calls.filter((method) => method === 'eth_sendRawTransaction').length
    const before = sent()
    disk.hold()
    const paying = service.pay(payer.pay({ to: shop.address, amount: 30n }))
    const settling = service.settle()
    await service.until(() => line.calls.at(-1) === 'eth_getBlockByNumber')
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(sent()).toBe(before)
    disk.release()
    await paying
    expect((await settling).transactions).toMatchObject([{ members: 2 }])
    await agree(chain, service)

    disk.hold()
    const refused = codeOf(service.pay(payer.pay({ to: shop.address, amount: 5n })))
    const later = codeOf(service.settle())
    await new Promise((resolve) => setTimeout(resolve, 100))
    breakWrites(service.folder)
    disk.release()
    expect([await refused, await later, sent()]).toEqual(['SL403', 'SL403', before + 1])
  })

  test('behavior: payments go on while it runs, and come with the next one', async () => {
    const all = await running()
    const { service, payer, shop } = all
    await trade(service, all)
    const settling = service.settle()
    const during = Array.from({ length: 50 }, () => service.pay(payer.pay({ to: shop.address, amount: 1n })))
    await Promise.all([settling, ...during])
    await service.settle()
    expect(service.status().unsettledMembers).toBe(0)
    await agree(chain, service)
  })
})

describe('I5 what arrives twice, or from somebody else, moves nothing twice', () => {
  test('behavior: a run cut off between sending and recording is read back after a restart', async () => {
    const line = await BadLine.start(chain.url)
    const all = await running({ rpcUrl: line.url })
    const { service, deployed, slot, payer } = all
    await trade(service, all)
    // The node takes the batch; then nothing comes back any more, and the service dies without having written it down.
    line.lose('eth_sendRawTransaction', 99)
    line.hold('eth_getTransactionByHash', async () => line.down(true))
    expect(await codeOf(service.settle())).toBe('SL503')
    expect(settlementsIn(service)).toEqual([])
    expect((await slot(payer)).debited).toBe(30n)
    await service.close()

    const again = await start(chain, deployed, { folder: service.folder })
    expect(settlementsIn(again)).toMatchObject([{ members: 3 }])
    expect(again.status().unsettledMembers).toBe(0)
    expect((await again.settle()).transactions).toEqual([])
    await agree(chain, again)
  })

  test('behavior: a line that is down delays settlement and nothing else; the next run settles all', async () => {
    const line = await BadLine.start(chain.url)
    const all = await running({ rpcUrl: line.url })
    const { service } = all
    await trade(service, all)
    line.down(true)
    expect(await codeOf(service.settle())).toBe('SL503')
    await trade(service, all)
    line.down(false)
    expect((await service.settle()).transactions).toMatchObject([{ members: 3 }])
    await agree(chain, service)
  })

  test('behavior: somebody collects and redeems before the operator settles', async () => {
    const all = await running()
    const { service, house, slot, robot, shop, payer } = all
    const [first, second] = await trade(service, all)
    const anybody = await chain.sender('anybody')
    const { asset, total, history, signature } = first.payment
    await anybody.send(houseCall(house, 'collect', [{ asset, total, history, signature }, ...proofOf(first)]))
    await anybody.send(houseCall(house, 'redeem', proofOf(second)))
    await anybody.send(houseCall(house, 'redeem', proofOf(first)))
    expect([(await slot(payer)).debited, (await slot(shop)).credited]).toEqual([30n, 20n])
    await service.settle()
    expect([await slot(payer), await slot(robot), await slot(shop)]).toMatchObject([
      { balance: 970n, debited: 30n },
      { balance: 10n, debited: 20n, credited: 30n },
      { balance: 20n, credited: 20n },
    ])
    await agree(chain, service)
  })

  test('behavior: a credit that the pool does not cover stays due, and is settled once it does', async () => {
    const { service, house, asset, payer, robot, shop } = await running()
    await service.pay(payer.pay({ to: robot.address, amount: 100n }))
    await service.pay(payer.pay({ to: shop.address, amount: 100n }))
    const last = await service.pay(payer.pay({ to: shop.address, amount: 1n }))
    const anybody = await chain.sender('collector')
    const { total, history, signature } = last.payment
    await anybody.send(houseCall(house, 'collect', [{ asset, total, history, signature }, ...proofOf(last)]))
    // Money that is set aside for one payee is not there for the others.
    await service.reserve({ asset, account: payer.address, amount: 150n as never })
    await service.settle()
    expect([service.status().unsettledAtomic, service.discrepancies]).toEqual([201n, []])
    await agree(chain, service)
    const owed = [robot, shop].map((of) => Ledger.account(ledgerOf(service), asset, of.address).creditTotal)
    expect(owed).toEqual([100n, 101n])
    const donor = await chain.sender('donor')
    await service.faucet(donor.address, 150n as never)
    await donor.send(tokenCall(asset, 'approve', [house, 150n]))
    await donor.send(houseCall(house, 'fund', [asset, 150n]))
    await service.settle()
    expect(service.status().unsettledAtomic).toBe(0n)
    await agree(chain, service)
  })
})

describe('confirmations', () => {
  test('behavior: a deposit counts, and a settlement is settled, when enough blocks follow; nothing is sent twice meanwhile', async () => {
    const deployed = await chain.deploy()
    const service = await start(chain, deployed, { confirmations: 3n })
    const [payer, shop] = [service.member('payer'), service.member('shop')]
    await service.fund(payer, 10n)
    const request = payer.pay({ to: shop.address, amount: 4n })
    expect(await codeOf(service.pay(request))).toBe('SL306')
    await chain.mine(3)
    await service.settle()
    await service.pay(request)
    expect((await service.settle()).transactions).toMatchObject([{ members: 2 }])
    const settled = () => service.statement(payer.address, 0, 1).lines[0]?.settled
    expect([(await service.settle()).transactions, settled()]).toEqual([[], false])
    // What was paid since goes out with a total of its own.
    await service.pay(payer.pay({ to: shop.address, amount: 1n }))
    expect((await service.settle()).transactions).toMatchObject([{ members: 2 }])
    await chain.mine(3)
    expect([(await service.settle()).transactions, settled()]).toEqual([[], true])
    await agree(chain, service)
  })
})

describe('blocks in which nothing of ours happens', () => {
  test('behavior: are read once, journaled now and then, and never hide what comes after them', async () => {
    const line = await BadLine.start(chain.url)
    const all = await running({ rpcUrl: line.url })
    const { service, deployed, shop } = all
    await service.settle()
    const end = service.position()
    for (let i = 0; i < 7; i++) {
      await chain.mine(500)
      await service.settle()
    }
    expect(service.position() - end).toBeGreaterThan(0)
    expect(service.position() - end).toBeLessThan(7)
    expect((await chain.client.getBlockNumber()) - service.status().block).toBeLessThan(1000n)
    const logs = line.calls.filter((method) => method === 'eth_getLogs').length
    for (let i = 0; i < 5; i++) await service.settle()
    expect(line.calls.filter((method) => method === 'eth_getLogs').length).toBe(logs)
    // As of any block since, the ledger is what the chain is.
    await agree(chain, service)

    await service.close()
    await chain.mine(700)
    const again = await start(chain, deployed, { folder: service.folder })
    await again.faucet(shop.address, 5n as never)
    await again.deposit(deposit(deployed, shop, 5n))
    expect((await again.account(shop.address)).assets[0]?.available).toBe(5n)
    await agree(chain, again)
  })
})
