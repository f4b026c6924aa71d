/**
 * A round of a disaster on a real service and a real chain: random payments and settlements, a backup at a random moment, more of both, the folder
 * lost; the backup (or nothing) is recovered, and a random part of the receipts is brought, in any order, in time or late, some twice, some
 * altered, some of another service's key.
 */
import { cpSync } from 'node:fs'
import { expect } from 'vitest'
import * as Recover from '../../../src/clearing/Recover.ts'
import * as Account from '../../../src/core/Account.ts'
import * as Ledger from '../../../src/core/Ledger.ts'
import type { Receipt } from '../../../src/core/Payment.ts'
import * as Digest from '../../../src/crypto/Digest.ts'
import * as Keccak from '../../../src/crypto/Keccak.ts'
import * as Signature from '../../../src/crypto/Signature.ts'
import * as Embedded from '../../../src/store/Embedded.ts'
import { type Chain, type Deployed, slotOf, windowSeconds } from '../support/Chain.ts'
import { folder as newFolder } from '../support/Folder.ts'
import type { Member } from '../support/Member.ts'
import { domainOf, ledgerOf, type Running, start } from '../support/Running.ts'

/** A whole number below. */
export type Dice = (n: number) => number

export const diceOf = (seed: number): Dice => {
  let state = Keccak.ofText(`recovery ${seed}`)
  return (n) => {
    state = Keccak.ofText(state)
    return Number(BigInt(state) % BigInt(n))
  }
}

const shuffled = <T>(values: readonly T[], dice: Dice): T[] =>
  values
    .map((value) => ({ value, at: dice(1_000_000) }))
    .sort((a, b) => a.at - b.at)
    .map(({ value }) => value)

const copyOf = (folder: string): string => {
  const copy = newFolder()
  cpSync(folder, copy, { recursive: true, filter: (path) => !path.endsWith('.lock') })
  return copy
}

const account = (service: Running, { address }: Member): Account.Account =>
  Ledger.account(ledgerOf(service), service.deployment.dollar.asset, address)

interface World {
  readonly dice: Dice
  readonly members: readonly Member[]
}

/** Some payments, and now and then a settlement. */
const trade = async ({ dice, members }: World, service: Running): Promise<Receipt[]> => {
  const made: Receipt[] = []
  for (let i = dice(6); i >= 0; i--) {
    const [payer, payee] = shuffled(members, dice) as [Member, Member]
    const most = Number(Account.available(account(service, payer)))
    if (most > 0)
      made.push(await service.pay(payer.pay({ to: payee.address, amount: BigInt(1 + dice(Math.min(most, 60))) })))
    if (dice(3) === 0) await service.settle()
  }
  return made
}

/** What nobody may gain by: a changed field, or another service's key. */
const worthless = (deployed: Deployed, receipt: Receipt, dice: Dice): Receipt => {
  const domain = domainOf(deployed.deployment)
  const forged = Signature.sign(
    Digest.credits(domain, Digest.credit(domain, receipt.credit)),
    Keccak.ofText('another service'),
  )
  const more = (receipt.payment.amount as bigint) + 1n
  const changed: Receipt[] = [
    { ...receipt, proof: { signature: forged, branch: [] } },
    { ...receipt, payment: { ...receipt.payment, amount: more as never } },
    { ...receipt, credit: { ...receipt.credit, total: ((receipt.credit.total as bigint) + 1n) as never } },
    { ...receipt, payment: { ...receipt.payment, total: ((receipt.payment.total as bigint) + 1n) as never } },
    { ...receipt, credit: { ...receipt.credit, account: receipt.payment.payer } },
  ]
  return changed[dice(changed.length)] as Receipt
}

const bring = async (deployed: Deployed, service: Running, receipts: readonly Receipt[], dice: Dice): Promise<void> => {
  for (const receipt of receipts) {
    const before = await service.serialize()
    const [refused] = await service.bring([worthless(deployed, receipt, dice)])
    expect([refused !== undefined && 'code' in refused && refused.code, await service.serialize()]).toEqual([
      'SL421',
      before,
    ])
    const twice = dice(3) === 0 ? [receipt, receipt] : [receipt]
    for (const result of await service.bring(twice)) expect(result).toMatchObject({ id: receipt.payment.id })
  }
}

const sum = (values: readonly bigint[]): bigint => values.reduce((a, b) => a + b, 0n)

/** What all can spend is on chain, but for the loss that is told. */
const backed = async (chain: Chain, service: Running, members: readonly Member[]): Promise<void> => {
  const { asset } = service.deployment.dollar
  const slots = await Promise.all(
    members.map(({ address }) => slotOf(chain.client, service.deployment.clearingHouse, asset, address)),
  )
  const onChain = sum(slots.map(({ balance, debited, credited }) => balance + debited - credited))
  const positions = sum(members.map((member) => Account.position(account(service, member))))
  const loss = service.status().recovery?.assets.find((each) => each.asset === asset)?.loss ?? 0n
  expect(positions <= onChain + loss).toBe(true)
}

const recover = async (chain: Chain, { deployment }: Deployed, folder: string): Promise<void> => {
  const { chainId, genesisHash, clearingHouse, startBlock } = deployment
  const identity = { chainId, genesisHash, clearingHouse, startBlock }
  const journal = Embedded.open(folder, identity, { recovering: () => undefined })
  try {
    await Recover.begin(chain.client, deployment, journal)
  } finally {
    journal.close()
  }
}

/** @returns how many receipts came back in time, late, and never */
export const round = async (chain: Chain, seed: number): Promise<readonly [number, number, number]> => {
  const dice = diceOf(seed)
  const deployed = await chain.deploy()
  const first = await start(chain, deployed)
  const members = ['a', 'b', 'c'].map((name) => first.member(`${name} ${seed}`))
  const world = { dice, members }
  for (const member of members) await first.fund(member, 200n)
  const kept = await trade(world, first)
  const backup = copyOf(first.folder)
  const lost = await trade(world, first)
  const before = members.map((member) => account(first, member))
  await first.close()

  const isEmpty = dice(4) === 0
  const folder = isEmpty ? newFolder() : backup
  await recover(chain, deployed, folder)
  const service = await start(chain, deployed, { folder })
  const missing = shuffled(isEmpty ? [...kept, ...lost] : lost, dice)
  const isWhole = dice(2) === 0
  const [inTime, late] = isWhole ? [missing.length, 0] : [dice(missing.length + 1), dice(missing.length + 1)]
  const brought = missing.slice(0, inTime)
  await bring(deployed, service, brought, dice)
  await backed(chain, service, members)
  const earned = (member: Member, receipts: readonly Receipt[]): bigint =>
    sum(receipts.map(({ payment }) => (payment.payee === member.address ? (payment.amount as bigint) : 0n)))
  for (const [i, member] of members.entries()) {
    const [now, then] = [account(service, member), before[i] as Account.Account]
    if (isWhole)
      expect([now.debitTotal, now.creditTotal, now.setAside]).toEqual([then.debitTotal, then.creditTotal, 0n])
    expect(Account.payable(now) >= earned(member, [...(isEmpty ? [] : kept), ...brought])).toBe(true)
    expect([now.debitTotal <= then.debitTotal, now.creditTotal <= then.creditTotal]).toEqual([true, true])
  }
  await chain.pass(windowSeconds)
  await service.until(() => service.health().state === 'ready')
  await service.settle()
  const rest = missing.slice(inTime, inTime + late)
  await bring(deployed, service, rest, dice)
  for (const member of members)
    expect(
      Account.payable(account(service, member)) >= earned(member, [...(isEmpty ? [] : kept), ...brought, ...rest]),
    ).toBe(true)
  await service.settle()
  await backed(chain, service, members)
  const live = await service.serialize()
  await service.close()
  const again = await start(chain, deployed, { folder })
  expect(await again.serialize()).toBe(live)
  await again.close()
  return [inTime, rest.length, missing.length - inTime - rest.length]
}
