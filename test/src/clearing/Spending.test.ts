/**
 * I22: every transaction that the service sends has a purpose and a bound. SECURITY.md lists them for people, `GasBudget` for the code; both are
 * compared here, with what a real chain says that each takes, and each bound is tried.
 */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { type Abi, toFunctionSelector } from 'viem'
import { describe, expect, test } from 'vitest'
import { clearingHouse } from '../../../src/chain/abi/ClearingHouse.ts'
import { testDollar } from '../../../src/chain/abi/TestDollar.ts'
import { defaults, type Purpose, purposes } from '../../../src/clearing/GasBudget.ts'
import { defaultPolicy } from '../../../src/clearing/Policy.ts'
import type { Address, Hex } from '../../../src/core/Payment.ts'
import * as Digest from '../../../src/crypto/Digest.ts'
import * as Signature from '../../../src/crypto/Signature.ts'
import { root, sourcesIn } from '../../tidy/source.ts'
import { codeOf } from '../support/Book.ts'
import { tokensOf, useChain, windowSeconds } from '../support/Chain.ts'
import * as Member from '../support/Member.ts'
import { parties } from '../support/Parties.ts'
import { deposit, domainOf, exit, start, withdrawal } from '../support/Running.ts'

const chain = useChain()
const policy = { ...defaultPolicy, everyMs: 20 }

/** A service with the usual bounds. */
const running = async (limits: Partial<typeof defaults> = {}) => {
  const deployed = await chain.deploy()
  const service = await start(chain, deployed, { policy, gas: { ...defaults, ...limits } })
  const { dollar } = deployed.deployment
  const bound = (member: Member.Member, owner: Address) => {
    const digest = Digest.owner(domainOf(deployed.deployment), member.address, owner, 0n)
    return { account: member.address, owner, signature: member.sign(digest) }
  }
  const x402 = (wallet: Member.Member, payTo: Address, value: bigint) => {
    const extra = { name: dollar.name, version: dollar.version }
    const asked = {
      scheme: 'exact',
      network: 'eip155:31337',
      asset: dollar.asset,
      amount: `${value}`,
      payTo,
      maxTimeoutSeconds: 60,
      extra,
    }
    const authorization = {
      from: wallet.address,
      to: payTo,
      value,
      validAfter: 0n,
      validBefore: Member.later,
      nonce: Member.reference(),
    }
    const domain = Digest.domain(31337, dollar.asset, dollar.name, dollar.version)
    const signature = Signature.expand(wallet.sign(Digest.transferAuthorization(domain, authorization)))
    const texts = Object.fromEntries(Object.entries(authorization).map(([name, of]) => [name, String(of)]))
    const payload = { signature, authorization: texts }
    return { x402Version: 2, paymentPayload: { x402Version: 2, accepted: asked, payload }, paymentRequirements: asked }
  }
  const settle = (request: ReturnType<typeof x402>, from?: string) => service.settleX402(request as never, from)
  const sent = () => chain.client.getTransactionCount({ address: service.status().settlementKey as Address })
  return { deployed, service, dollar, bound, x402, settle, sent }
}

const selectorOf = (abi: Abi, name: string): Hex => {
  const found = abi.find((item) => item.type === 'function' && item.name === name)
  return toFunctionSelector(found as never)
}

/** What each purpose is on chain. */
const functions: Partial<Record<Purpose, Hex>> = {
  deposit: selectorOf(clearingHouse.abi as Abi, 'depositWithAuthorization'),
  withdrawal: selectorOf(clearingHouse.abi as Abi, 'withdraw'),
  exit: selectorOf(clearingHouse.abi as Abi, 'requestExit'),
  owner: selectorOf(clearingHouse.abi as Abi, 'bindOwner'),
  finalizeExit: selectorOf(clearingHouse.abi as Abi, 'finalizeExit'),
  draw: selectorOf(clearingHouse.abi as Abi, 'draw'),
  x402: selectorOf(testDollar.abi as Abi, 'transferWithAuthorization'),
  faucet: selectorOf(testDollar.abi as Abi, 'mint'),
}

/** The most gas that each function took since a block. */
const measured = async (from: bigint): Promise<Map<string, bigint>> => {
  const most = new Map<string, bigint>()
  for (let number = from; number <= (await chain.client.getBlockNumber()); number++) {
    const { transactions } = await chain.client.getBlock({ blockNumber: number, includeTransactions: true })
    for (const { hash, input } of transactions) {
      const { gasUsed } = await chain.client.getTransactionReceipt({ hash })
      const selector = input.slice(0, 10)
      if (gasUsed > (most.get(selector) ?? 0n)) most.set(selector, gasUsed)
    }
  }
  return most
}

interface Row {
  readonly purpose: string
  readonly gas: bigint | undefined
  readonly heldBy: string[]
}

/** The table of SECURITY.md. */
const table = (): Row[] => {
  const text = readFileSync(path.join(root, 'SECURITY.md'), 'utf8')
  return text.split('\n').flatMap((line) => {
    const [, purpose, , gas, , held] = /^\| `(\w+)` \|/.test(line) ? line.split('|').map((cell) => cell.trim()) : []
    if (purpose === undefined || gas === undefined || held === undefined) return []
    const names = /^`(.*)`$/.exec(held)?.[1] ?? ''
    const [folder = '', several] = names.split('/', 2)
    const heldBy = (several ?? '')
      .replace(/[{}]/g, '')
      .split(',')
      .map((name) => `test/src/${folder}/${name}.test.ts`)
    return [
      { purpose: purpose.replaceAll('`', ''), gas: gas === '–' ? undefined : BigInt(gas.replaceAll(' ', '')), heldBy },
    ]
  })
}

describe('the table in SECURITY.md', () => {
  test('behavior: has every purpose of the code, its gas, and tests that are there', () => {
    const rows = table()
    expect(rows.map(({ purpose }) => purpose).sort()).toEqual(Object.keys(purposes).sort())
    for (const { purpose, gas, heldBy } of rows) {
      const declared = purposes[purpose as Purpose].gas
      expect([purpose, gas ?? 0n]).toEqual([purpose, declared])
      for (const file of heldBy) expect(readFileSync(path.join(root, file), 'utf8')).toContain('test(')
    }
  })

  test('behavior: the service sends through a spender alone, and under each purpose somewhere', () => {
    const sources = sourcesIn('src/clearing', 'src/http')
    const making = sources.filter(({ text }) => /\bSender\.create\(/.test(text)).map(({ file }) => file)
    expect(making).toEqual(['src/clearing/Wiring.ts'])
    const raw = sources.filter(({ text }) => /sendRawTransaction|sendTransaction|writeContract/.test(text))
    expect(raw.map(({ file }) => file)).toEqual([])
    const used = new Set(
      sources.flatMap(({ text }) =>
        [...text.matchAll(/\.(?:serve|admit|own)\(\s*'(\w+)'/g)].map(([, purpose]) => purpose),
      ),
    )
    expect([...used].sort()).toEqual(Object.keys(purposes).sort())
  })

  test('behavior: what each takes on a real chain is within it', async () => {
    const { deployed, service, dollar, bound, x402, settle } = await running()
    const from = await chain.client.getBlockNumber()
    const [robot, leaver, wallet] = ['robot', 'leaver', 'wallet'].map((name) =>
      service.member(`${name} of the table`),
    ) as [Member.Member, Member.Member, Member.Member]
    for (const member of [robot, leaver]) await service.fund(member, 1_000_000n)
    await service.withdraw(withdrawal(deployed, robot, { amount: 500_000n, nonce: 0n }))
    await service.bindOwner(bound(robot, wallet.address))
    await service.faucet(wallet.address, 1_000_000n as never)
    expect(await settle(x402(wallet, service.member('shop of the table').address, 500_000n))).toMatchObject({
      success: true,
    })
    await service.exit(exit(deployed, leaver, { nonce: 0n }))
    await chain.pass(windowSeconds + 10n)
    await service.until(async () => (await tokensOf(chain.client, dollar.asset, leaver.address)) === 1_000_000n)
    const most = await measured(from)
    for (const [purpose, selector] of Object.entries(functions)) {
      const gas = most.get(selector) ?? 0n
      expect(gas, purpose).toBeGreaterThan(20_000n)
      expect(gas, purpose).toBeLessThanOrEqual(purposes[purpose as Purpose].gas)
    }
  })
})

describe('I22 strangers', () => {
  const dust = defaults.minimumAtomic - 1n

  test('error: SL624 for what is worth less than a transaction; nothing is sent', async () => {
    const { deployed, service, bound, x402, settle, sent } = await running()
    const before = await sent()
    const stranger = service.member('a stranger')
    await service.faucet(stranger.address, 1_000_000n as never)
    const codes = [
      await codeOf(service.deposit(deposit(deployed, stranger, dust))),
      await codeOf(service.withdraw(withdrawal(deployed, stranger, { amount: dust, nonce: 0n }))),
      await codeOf(service.exit(exit(deployed, stranger, { nonce: 0n }))),
      await codeOf(service.bindOwner(bound(stranger, service.member('b').address))),
    ]
    expect(codes).toEqual(['SL624', 'SL624', 'SL624', 'SL624'])
    expect(await settle(x402(stranger, service.member('c').address, dust))).toMatchObject({
      success: false,
      errorReason: 'invalid_exact_evm_amount_below_minimum',
    })
    expect(await sent()).toBe(before)
  })

  test('error: SL622 beyond what an address may ask for, whatever its accounts; another is not held up', async () => {
    const { deployed, service, sent } = await running({ perAddressAndHour: 3 })
    const members = Array.from({ length: 12 }, (_, i) => service.member(`many ${i}`))
    for (const { address } of members) await service.faucet(address, 10_000n as never)
    const before = await sent()
    const asked = members.map((each) => codeOf(service.deposit(deposit(deployed, each, 10_000n), '2001:db8::/64')))
    const codes = (await Promise.all(asked)).sort()
    expect(codes).toEqual([...Array(9).fill('SL622'), ...Array(3).fill('accepted')])
    expect((await sent()) - before).toBeLessThanOrEqual(3)
    const other = service.member('of another address')
    await service.faucet(other.address, 10_000n as never)
    expect(await codeOf(service.deposit(deposit(deployed, other, 10_000n), '192.0.2.1'))).toBe('accepted')
  })

  test('behavior: nobody’s places are used up by messages that others have made up in its name', async () => {
    const { deployed, service, bound } = await running({ perAccountAndDay: 2 })
    const [victim, attacker] = [service.member('a victim'), service.member('an attacker')]
    await service.fund(victim, 1_000_000n)
    const forged = { ...bound(victim, attacker.address), signature: bound(attacker, attacker.address).signature }
    for (let i = 0; i < 5; i++) {
      expect(await codeOf(service.bindOwner(forged))).toBe('SL504')
      const stolen = {
        ...exit(deployed, victim, { nonce: 0n }),
        signature: exit(deployed, attacker, { nonce: 0n }).signature,
      }
      expect(await codeOf(service.exit(stolen))).toBe('SL504')
    }
    expect(await codeOf(service.bindOwner(bound(victim, attacker.address)))).toBe('accepted')
  })

  test('error: SL623 beyond the share of the key’s coin, and nothing of it is begun', async () => {
    const { deployed, service } = await running()
    const [rich, late] = [service.member('early'), service.member('late')]
    await service.fund(late, 1_000_000n)
    await service.fund(rich, 1_000_000n)
    const { settlementKey } = service.status()
    // What was spent already is more than a hundredth of this.
    await chain.raw('hardhat_setBalance', settlementKey, '0x38d7ea4c68000')
    await service.until(() => (service.health().settlement.coinWei.settlement ?? 0n) <= 0x38d7ea4c68000n)
    const asked = service.withdraw(withdrawal(deployed, late, { amount: 500_000n, nonce: 0n }))
    await expect(asked).rejects.toMatchObject({ code: 'SL623', status: 429 })
    expect((await service.account(late.address)).assets[0]).toMatchObject({
      pendingWithdrawals: 0n,
      available: 1_000_000n,
    })
  })

  test('behavior: millionths to addresses without end are not settled; what is worth it is; the operator settles all', async () => {
    const { service, sent } = await running()
    const [payer, shop] = [service.member('a payer'), service.member('a shop')]
    await service.fund(payer, 1_000_000n)
    for (let i = 0; i < 50; i++) await service.pay(payer.pay({ to: service.member(`dust ${i}`).address, amount: 1n }))
    await service.pay(payer.pay({ to: shop.address, amount: 20_000n }))
    await service.until(() => service.status().unsettledMembers <= 50)
    const settledBy = await sent()
    await new Promise((resolve) => setTimeout(resolve, 1000))
    expect(await sent()).toBe(settledBy)
    expect(service.status().unsettledMembers).toBe(50)
    expect(service.health().settlement.reasons).toEqual([])
    expect((await service.settle()).transactions.reduce((sum, { members }) => sum + members, 0)).toBeGreaterThanOrEqual(
      50,
    )
    expect(service.status().unsettledMembers).toBe(0)
  })

  test('behavior: who leaves with dust in it is settled for what it owes, and its exit is its owner’s to finalize', async () => {
    const { deployed, service, pay, payer, shop } = await parties(chain, {
      policy,
      gas: { ...defaults, minimumAtomic: 100n },
    })()
    await pay(payer, shop, 50n)
    await service.exit(exit(deployed, payer, { nonce: 0n }))
    const unsettled = async (of: Member.Member) => (await service.account(of.address)).assets[0]?.unsettledDebit
    await service.until(async () => (await unsettled(payer)) === 0n)
  })
})
