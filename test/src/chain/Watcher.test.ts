/** What the chain did, read back: which slots changed and to what, whoever sent the transaction. */
import { describe, expect, test } from 'vitest'
import * as Watcher from '../../../src/chain/Watcher.ts'
import * as Batch from '../../../src/core/Batch.ts'
import type { Address } from '../../../src/core/Payment.ts'
import type { ChainRecord } from '../../../src/core/Record.ts'
import * as FastLz from '../../../src/cost/FastLz.ts'
import * as Digest from '../../../src/crypto/Digest.ts'
import { type Deployed, houseCall, slotOf, tokenCall, useChain, windowSeconds } from '../support/Chain.ts'
import * as Member from '../support/Member.ts'
import { deposit, domainOf, exit } from '../support/Running.ts'

const chain = useChain()

const watching = async (confirmations = 0n, range = 2000n) => {
  const deployed = await chain.deploy()
  const { deployment, keys } = deployed
  const house = deployment.clearingHouse
  const assets = [deployment.dollar.asset, deployment.energyCredit.asset]
  const leaving = new Set<string>()
  const watcher = Watcher.create({
    ...{ client: chain.client, house, assets, domain: domainOf(deployment), confirmations, range, fastLz: FastLz.size },
    ...{ genesisHash: deployment.genesisHash, startBlock: deployment.startBlock, behindMs: 0 },
    isLeaving: (asset, account) => leaving.has(asset + account),
  })
  const settlement = chain.senderOf(keys.settlement)
  const issuer = chain.senderOf(keys.issuer)
  const send = (name: string, args: readonly unknown[]) => settlement.send(houseCall(house, name, args))
  let block = await chain.client.getBlockNumber()
  return {
    deployed,
    house,
    watcher,
    settlement,
    send,
    asset: deployment.dollar.asset,
    assets,
    member: (name: string, p256 = false) =>
      Member.create(name, { domain: domainOf(deployment), asset: deployment.dollar.asset, p256 }),
    async fund(member: Member.Member, amount: bigint) {
      await issuer.send(tokenCall(deployment.dollar.asset, 'mint', [member.address, amount]))
      const d = deposit(deployed, member, amount)
      const args = [d.asset, d.from, d.account, d.owner, d.amount, d.validAfter, d.validBefore, d.salt, d.signature]
      return send('depositWithAuthorization', args)
    },
    /** The record of everything since the last time. */
    async next(): Promise<ChainRecord | undefined> {
      const record = await watcher.next(block)
      if (record === undefined) return undefined
      block = record.block
      for (const slot of record.slots) {
        if (slot.leaving) leaving.add(slot.asset + slot.account)
        else leaving.delete(slot.asset + slot.account)
      }
      return record
    },
  }
}

const bindOwner = ({ deployment }: Deployed, account: Member.Member, owner: Address, nonce: bigint) => [
  account.address,
  owner,
  account.sign(Digest.owner(domainOf(deployment), account.address, owner, nonce)),
]

describe('what is read', () => {
  test('behavior: deposits, with the slots as the chain has them', async () => {
    const { member, fund, next, asset } = await watching()
    const [a, b] = [member('a'), member('b')]
    const sent = [await fund(a, 500n), await fund(b, 7n)]
    const record = (await next()) as ChainRecord
    expect(record.slots.map(({ account, balance }) => [account, balance]).toSorted()).toEqual(
      [
        [a.address, 500n],
        [b.address, 7n],
      ].toSorted(),
    )
    expect(record.events).toEqual([
      { type: 'deposited', asset, account: a.address, amount: 500n, transaction: sent[0]?.transaction },
      { type: 'deposited', asset, account: b.address, amount: 7n, transaction: sent[1]?.transaction },
    ])
    expect(await next()).toBeUndefined()
  })

  test('behavior: I13 a settlement that this process did not send is read from its calldata, to the last byte', async () => {
    const { member, fund, next, send, watcher, house, asset } = await watching()
    const [payer, robot] = [member('payer'), member('robot', true)]
    await fund(payer, 100n)
    const [paid, passed] = [
      payer.pay({ to: robot.address, amount: 30n }),
      robot.pay({ to: Member.create('shop').address, amount: 20n }),
    ]
    const shop = Member.create('shop').address
    const debit = { signature: paid.signature, total: paid.total, history: paid.history }
    const both = { signature: passed.signature, debitTotal: passed.total, history: passed.history, creditTotal: 30n }
    const batch = Batch.encode([
      { asset, p256: false, debits: [debit], boths: [], credits: [{ account: shop, total: 20n }] },
      { asset, p256: true, debits: [], boths: [both], credits: [] },
    ])
    await next()
    const { transaction, gasUsed, serialized } = await send('settle', [batch])
    const record = (await next()) as ChainRecord
    const bytes = Buffer.from(serialized.slice(2), 'hex')
    const size = { bytes: bytes.length, fastLzBytes: FastLz.size(bytes) }
    expect(record.settlements).toEqual([{ transaction, block: record.block, gasUsed, members: 3, ...size }])
    const slots = new Map(record.slots.map((slot) => [slot.account, slot]))
    expect(slots.size).toBe(3)
    for (const account of [payer.address, robot.address, shop])
      expect(slots.get(account)).toMatchObject(await slotOf(chain.client, house, asset, account))

    // The same one, told of by its sender, is written down in the same way.
    const again = await send('settle', [batch])
    watcher.expect(again.transaction, {
      members: [payer.address, robot.address, shop].map((account) => ({ asset, account })),
      ...{ block: again.block, gasUsed: again.gasUsed, serialized: again.serialized },
    })
    const told = (await next()) as ChainRecord
    const length = Buffer.from(again.serialized.slice(2), 'hex').length
    expect(told.settlements).toMatchObject([{ transaction: again.transaction, members: 3, bytes: length }])
  })

  test('behavior: exits begin, are cancelled by binding an owner in every asset, and end when finalized', async () => {
    const { deployed, member, fund, next, send, assets, asset } = await watching()
    const [robot, other] = [member('robot'), member('other')]
    await fund(robot, 5n)
    await fund(other, 6n)
    await next()
    const request = async (of: Member.Member, nonce: bigint) => {
      const e = exit(deployed, of, { nonce })
      await send('requestExit', [e.asset, e.account, e.to, e.deadline, e.signature])
    }
    const leaving = (record: ChainRecord | undefined) =>
      record?.slots.map(({ account, asset: of, leaving: is }) => [account, of, is]).toSorted()
    await request(robot, 0n)
    await request(other, 0n)
    expect(leaving(await next())).toEqual(
      [
        [robot.address, asset, true],
        [other.address, asset, true],
      ].toSorted(),
    )
    await send('bindOwner', bindOwner(deployed, robot, other.address, 0n))
    expect(leaving(await next())).toEqual(assets.map((of) => [robot.address, of, false]).toSorted())
    await chain.pass(windowSeconds)
    await send('finalizeExit', [asset, other.address])
    const record = await next()
    expect(leaving(record)).toEqual([[other.address, asset, false]])
    expect(record?.events.map(({ type, amount }) => [type, amount])).toEqual([['exitFinalized', 6n]])
    expect(record?.slots[0]?.balance).toBe(0n)
  })

  test('behavior: an exit that is cancelled and asked for again in the same blocks is running', async () => {
    const { deployed, member, fund, next, send } = await watching()
    const [robot, owner] = [member('robot'), member('owner')]
    await fund(robot, 5n)
    const ask = (signer: Member.Member, nonce: bigint) => {
      const e = exit(deployed, signer, { account: robot.address, nonce })
      return send('requestExit', [e.asset, e.account, e.to, e.deadline, e.signature])
    }
    await ask(robot, 0n)
    await send('bindOwner', bindOwner(deployed, robot, owner.address, 0n))
    await ask(owner, 1n)
    const slots = (await next())?.slots.filter(({ leaving }) => leaving)
    expect(slots?.map(({ account, asset }) => [account, asset])).toEqual([
      [robot.address, deployed.deployment.dollar.asset],
    ])
  })
})

describe('how far', () => {
  test('behavior: only what enough blocks follow', async () => {
    const { member, fund, next } = await watching(3n)
    const a = member('a')
    const { block } = await fund(a, 5n)
    for (let record = await next(); record !== undefined; record = await next()) expect(record.slots).toEqual([])
    await chain.mine(3)
    const record = (await next()) as ChainRecord
    expect([record.block, record.slots.length]).toEqual([block, 1])
  })

  test('behavior: many blocks in parts, and nothing in them is missed', async () => {
    const { member, fund, next } = await watching(0n, 10n)
    const amounts: bigint[] = []
    const records: bigint[] = []
    for (const amount of [1n, 2n, 3n]) {
      await fund(member(`member ${amount}`), amount)
      for (let i = 0; i < 25; i++) await chain.mine(1)
    }
    for (let record = await next(); record !== undefined; record = await next()) {
      records.push(record.block)
      amounts.push(...record.events.map((event) => event.amount))
    }
    expect(amounts).toEqual([1n, 2n, 3n])
    expect(records.length).toBeGreaterThan(3)
    expect(records.at(-1)).toBe(await chain.client.getBlockNumber())
  })
})
