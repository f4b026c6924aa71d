/** I19: the way out, on a real chain: an older copy or an empty folder is recovered from receipts and the chain, and goes on. */
import { cpSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import * as Recover from '../../../src/clearing/Recover.ts'
import * as Account from '../../../src/core/Account.ts'
import * as Ledger from '../../../src/core/Ledger.ts'
import type { Receipt } from '../../../src/core/Payment.ts'
import type { RecoveryRecord } from '../../../src/core/Record.ts'
import * as Embedded from '../../../src/store/Embedded.ts'
import { type Deployed, houseCall, tokenCall, tokensOf, useChain, windowSeconds } from '../support/Chain.ts'
import { folder as newFolder } from '../support/Folder.ts'
import { listen } from '../support/Http.ts'
import type { Member } from '../support/Member.ts'
import { parties } from '../support/Parties.ts'
import { exit, ledgerOf, type Running, start, withdrawal } from '../support/Running.ts'
import { round } from './RecoveryRounds.ts'

const chain = useChain()
const running = parties(chain)

const copyOf = (folder: string): string => {
  const copy = newFolder()
  cpSync(folder, copy, { recursive: true, filter: (path) => !path.endsWith('.lock') })
  return copy
}

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'done',
    (error: { code: string }) => error.code,
  )

const recover = async ({ deployment }: Deployed, folder: string): Promise<RecoveryRecord> => {
  const { chainId, genesisHash, clearingHouse, startBlock } = deployment
  const journal = Embedded.open(
    folder,
    { chainId, genesisHash, clearingHouse, startBlock },
    { recovering: () => undefined },
  )
  try {
    return await Recover.begin(chain.client, deployment, journal)
  } finally {
    journal.close()
  }
}

const recovered = async (deployed: Deployed, folder: string): Promise<Running> => {
  await recover(deployed, folder)
  return start(chain, deployed, { folder })
}

const over = async (service: Running): Promise<void> => {
  await chain.pass(windowSeconds)
  await service.until(() => service.health().state === 'ready')
}

const spendable = (service: Running, member: Member): bigint =>
  Account.available(Ledger.account(ledgerOf(service), service.deployment.dollar.asset, member.address))

/** A backup is made; then $ are paid, some of them settled, and the folder is lost. */
const disaster = async () => {
  const all = await running()
  const { service, payer, robot, shop, pay } = all
  await pay(payer, robot, 100n)
  const backup = copyOf(service.folder)
  const lost = [await pay(payer, robot, 10n), await pay(payer, shop, 20n), await pay(robot, shop, 30n)]
  await service.settle()
  lost.push(await pay(payer, shop, 40n), await pay(shop, robot, 5n), await pay(robot, shop, 3n))
  await service.close()
  return { ...all, backup, lost }
}

describe('a recovery', () => {
  test('behavior: every receipt comes back: all is as it was, and it settles and pays out', async () => {
    const { deployed, backup, lost, payer, robot, shop } = await disaster()
    expect(await codeOf(start(chain, deployed, { folder: backup }))).toBe('SL409')
    const service = await recovered(deployed, backup)
    expect(service.health()).toMatchObject({ state: 'recovering', code: 'SL420' })
    const results = await service.bring(lost)
    expect(results.map((result) => 'state' in result && result.state)).toEqual(lost.map(() => 'recovered'))
    expect((await service.bring(lost)).map((result) => 'state' in result && result.state)).toEqual(
      lost.map(() => 'known'),
    )
    expect([payer, robot, shop].map((each) => spendable(service, each))).toEqual([830n, 82n, 88n])
    await over(service)
    expect(service.status().recovery).toMatchObject({ over: true, payments: 6 })
    expect(service.status().recovery?.assets.map(({ setAside, loss }) => [setAside, loss])).toEqual([
      [0n, 0n],
      [0n, 0n],
    ])
    await service.pay(payer.pay({ to: shop.address, amount: 7n }))
    await service.settle()
    expect(service.status().unsettledAtomic).toBe(0n)
    const taken = await service.withdraw(withdrawal(deployed, shop, { amount: 95n, nonce: 0n }))
    expect(taken.transaction).toMatch(/^0x/)
    expect(spendable(service, shop)).toBe(0n)
    expect(service.discrepancies).toEqual([])
  })

  test('behavior: a payment that came back is found, answered alike when it is repeated, and charged once', async () => {
    const { deployed, backup, lost, payer } = await disaster()
    const service = await recovered(deployed, backup)
    await service.bring([...lost].reverse())
    await over(service)
    const [first] = lost as [Receipt, ...Receipt[]]
    expect(service.payment(first.payment.id)).toMatchObject({
      payment: first?.payment,
      credit: first?.credit,
    })
    const { id: _, payer: __, ...request } = first.payment
    expect((await service.pay(request)).credit).toEqual(first.credit)
    expect(spendable(service, payer)).toBe(830n)
    const statement = await service.statement(payer.address, 0, 100)
    expect(statement.lines.filter(({ id }) => id === first.payment.id)).toHaveLength(1)
  })

  test('behavior: a lost disk: the chain and the receipts are enough', async () => {
    const { deployed, lost, payer, robot, shop } = await disaster()
    const service = await recovered(deployed, newFolder())
    expect([payer, robot, shop].map((each) => spendable(service, each))).toEqual([870n, 80n, 50n])
    await service.bring(lost)
    expect([payer, robot, shop].map((each) => spendable(service, each))).toEqual([830n, 82n, 88n])
    await over(service)
    await service.pay(payer.pay({ to: shop.address, amount: 7n }))
    await service.settle()
    expect([payer, robot, shop].map((each) => spendable(service, each))).toEqual([823n, 82n, 95n])
  })

  test('behavior: without any receipt, a payer goes on from what the chain settled, with its own signature', async () => {
    const { deployed, payer, robot, shop } = await disaster()
    const service = await recovered(deployed, newFolder())
    await over(service)
    const [line] = (await service.account(payer.address)).assets
    expect(line?.debit.total).toBe(130n)
    // The last payment was not settled: the payer forgets it, and is taken at its word.
    payer.back()
    expect((await service.pay(payer.pay({ to: robot.address, amount: 1n }))).payment.total).toBe(131n)
    expect(spendable(service, shop)).toBe(50n)
  })

  test('error: SL420 while it lasts nothing is accepted, withdrawn or settled, also after another start', async () => {
    const { deployed, backup, payer, shop } = await disaster()
    const { until } = await recover(deployed, backup)
    const once = await start(chain, deployed, { folder: backup })
    await once.close()
    const service = await start(chain, deployed, { folder: backup })
    const http = await listen(service)
    const paid = await http.post('/v1/payments', payer.pay({ to: shop.address, amount: 1n }))
    expect([paid.status, (paid.body as { code: string }).code]).toEqual([503, 'SL420'])
    expect(Number(paid.headers['retry-after'])).toBeGreaterThan(0)
    const ready = await http.get('/readyz')
    expect([ready.status, ready.body]).toMatchObject([503, { state: 'recovering', until: `${until}` }])
    expect(await codeOf(service.settle())).toBe('SL420')
    expect(await codeOf(service.withdraw(withdrawal(deployed, payer, { amount: 1n, nonce: 0n })))).toBe('SL420')
    expect(service.status()).toMatchObject({ state: 'recovering', recovery: { until, over: false } })
  })

  test('behavior: an exit meanwhile does not escape a debit that a receipt has proved', async () => {
    const { deployed, backup, lost, payer, shop, asset } = await disaster()
    const service = await recovered(deployed, backup)
    await service.bring(lost)
    await service.exit(exit(deployed, payer, { nonce: 0n }))
    await service.until(() => ledgerOf(service).unsettled.size === 0)
    expect(Ledger.account(ledgerOf(service), asset, payer.address).settled).toMatchObject({
      debited: 170n,
      balance: 830n,
    })
    await over(service)
    await service.until(async () => (await tokensOf(chain.client, asset, payer.address)) === 830n)
    expect(spendable(service, shop)).toBe(88n)
  })
})

describe('what is not brought in time', () => {
  test('behavior: credits below a proved total are set aside, neither spendable nor settled, until somebody proves them', async () => {
    const { deployed, backup, lost, payer, robot, shop, asset } = await disaster()
    const service = await recovered(deployed, backup)
    // Of 43 that the shop got after the last settlement, it proves the last 3 alone.
    await service.bring(lost.slice(-1))
    expect([robot, shop].map((each) => spendable(service, each))).toEqual([77n, 53n])
    await over(service)
    const [view] = (await service.account(shop.address)).assets
    expect([view?.setAside, view?.credit.total, view?.available]).toEqual([40n, 93n, 53n])
    shop.back()
    const more = shop.pay({ to: robot.address, amount: 54n })
    expect(await codeOf(service.pay(more))).toBe('SL306')
    await service.settle()
    const { settled } = Ledger.account(ledgerOf(service), asset, shop.address)
    expect([settled.credited, settled.balance]).toEqual([53n, 53n])
    expect(service.status()).toMatchObject({ unsettledAtomic: 0n, unsettledMembers: 0 })
    // Somebody proves it after all.
    await service.bring([lost[3] as never])
    expect([payer, shop].map((each) => spendable(service, each))).toEqual([830n, 93n])
    expect(service.complaints.join()).toContain('after the recovery was over')
    expect(service.status().recovery?.assets[0]).toMatchObject({ setAside: 0n, loss: 0n })
    await service.settle()
    expect(Ledger.account(ledgerOf(service), asset, shop.address).settled.credited).toBe(93n)
  })

  test('behavior: a payer that spent it again pays for it from what it has, and the rest is the operator’s loss, in metrics', async () => {
    const { deployed, backup, lost, payer, robot, shop } = await disaster()
    const service = await recovered(deployed, backup)
    await over(service)
    // 40 were paid to the shop; the payer spends nearly all that the service believes it has.
    payer.back()
    await service.pay(payer.pay({ to: robot.address, amount: 840n }))
    expect([payer, shop].map((each) => spendable(service, each))).toEqual([30n, 50n])
    await service.bring([lost[3] as never])
    expect([payer, shop].map((each) => spendable(service, each))).toEqual([0n, 90n])
    const http = await listen(service)
    const { text } = await http.get('/metrics')
    expect(text).toMatch(/sunledger_recovery_loss_atomic\{asset="tUSD"\} 10\n/)
    expect(text).toMatch(/sunledger_recovery_set_aside_atomic\{asset="tUSD"\} 30\n/)
  })

  test('behavior: whoever redeems on chain what nobody has brought stops nothing, and it is told as a loss until its payers are known', async () => {
    const { deployed, backup, lost, payer, robot, shop, house, asset } = await disaster()
    const service = await recovered(deployed, backup)
    await over(service)
    const { credit, proof } = lost.at(-1) as (typeof lost)[number]
    const donor = await chain.sender('recovery donor')
    await service.faucet(donor.address, 50n as never)
    await donor.send(tokenCall(asset, 'approve', [house, 50n]))
    await donor.send(houseCall(house, 'fund', [asset, 50n]))
    await donor.send(houseCall(house, 'redeem', [credit, proof]))
    await service.sync()
    const loss = () => service.status().recovery?.assets[0]?.loss
    expect([service.health().state, spendable(service, shop), loss()]).toEqual(['ready', 93n, 43n])
    await service.bring([lost[3] as never])
    expect([spendable(service, payer), spendable(service, shop), loss()]).toEqual([830n, 93n, 3n])
    await service.bring(lost.slice(-1))
    expect([spendable(service, robot), spendable(service, shop), loss()]).toEqual([77n, 93n, 0n])
  })
})

describe('rounds', () => {
  test.each([1, 2, 3])('behavior: whoever brings receipts loses nothing, and nobody gains (seed %i)', async (seed) => {
    const counts = await round(chain, seed)
    expect(counts.every((count) => count >= 0)).toBe(true)
  })
})
