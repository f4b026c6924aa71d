/** What the service says of itself: settlements and reserves since the beginning, whatever the start began from. */
import { expect, test } from 'vitest'
import { replay } from '../../../src/clearing/Replay.ts'
import * as Chronicle from '../../../src/core/Chronicle.ts'
import * as Ledger from '../../../src/core/Ledger.ts'
import type { Address, Hex } from '../../../src/core/Payment.ts'
import type { ChainRecord } from '../../../src/core/Record.ts'
import { houseCall, tokenCall, useChain } from '../support/Chain.ts'
import { listen } from '../support/Http.ts'
import { ledgerOf, start } from '../support/Running.ts'

const chain = useChain()

test('behavior: settlements, what they covered, and reserves are known after a start from a snapshot', async () => {
  const deployed = await chain.deploy()
  const { deployment, keys } = deployed
  const service = await start(chain, deployed)
  const [payer, shop] = [service.member('payer'), service.member('shop')]
  await service.fund(payer, 1000n)
  const { asset, symbol } = deployment.dollar
  const donor = await chain.sender('donor')
  await service.faucet(donor.address, 500n as never)
  await donor.send(tokenCall(asset, 'approve', [deployment.clearingHouse, 500n]))
  await donor.send(houseCall(deployment.clearingHouse, 'fund', [asset, 500n]))
  for (const of of [shop, payer]) await service.reserve({ asset, account: of.address, amount: 150n as never })
  const pay = async (times: number) => {
    for (let i = 0; i < times; i++) await service.pay(payer.pay({ to: shop.address, amount: 10n }))
    await service.settle()
  }
  await pay(3)
  await pay(2)
  const before = service.settled()
  expect(before.totals).toMatchObject({ transactions: 2, members: 4, payments: 5 })
  const covered = before.recent.map(({ payments, valueAtomic }) => [payments, valueAtomic])
  expect(covered).toEqual([
    [3, 30n],
    [2, 20n],
  ])
  await service.journal.snapshot()
  await service.close()

  const again = await start(chain, { deployment, keys }, { folder: service.folder })
  expect(again.journal.restore(Ledger.create()).position).toBeGreaterThan(0)
  expect(again.settled()).toEqual(before)
  await again.pay(payer.pay({ to: shop.address, amount: 7n }))
  await again.settle()
  expect(again.settled().totals).toMatchObject({ transactions: 3, members: 6, payments: 6 })
  expect(again.settled().recent.at(-1)).toMatchObject({ payments: 1, valueAtomic: 7n })

  const whole = Ledger.create([asset, deployment.energyCredit.asset])
  const fromTheStart = { restore: () => ({ position: 0, observed: [] }), entries: again.journal.entries }
  replay(Object.assign(Object.create(again.journal), fromTheStart), whole)
  expect(Chronicle.toKept(ledgerOf(again).chronicle)).toEqual(Chronicle.toKept(whole.chronicle))

  const { text } = await (await listen(again)).get('/metrics')
  expect(text).toContain(`sunledger_reserves_atomic{asset="${symbol}"} 300`)
  expect(text).toContain(`sunledger_reserves_atomic{asset="${deployment.energyCredit.symbol}"} 0`)
  await again.until(() => again.funds()?.reservesAtomic === 300n)
})

test('behavior: a settlement whose block was replaced is not counted, until it is there again', () => {
  const asset: Address = `0x${'d0'.repeat(20)}`
  const settlement = (name: string) => ({
    ...{ transaction: `0x${name.repeat(32)}` as Hex, block: 5n, gasUsed: 100n, members: 2, bytes: 9, fastLzBytes: 8 },
  })
  const record = (settlements: ChainRecord['settlements'], undone: Hex[] = []): ChainRecord => ({
    ...{ type: 'chain', block: 5n, hash: `0x${'00'.repeat(32)}`, timestamp: 5n, slots: [], events: [], atMs: 0 },
    ...{ settlements, undone: undone.length === 0 ? null : { after: 4n, events: [], settlements: undone } },
  })
  const chronicle = Chronicle.create()
  const sums = () => [chronicle.transactions, chronicle.gasUsed, chronicle.members, chronicle.recent.length]
  const [a, b] = [settlement('aa'), settlement('bb')]
  Chronicle.apply(chronicle, record([a, b]), 10, new Map([[asset, 70n]]))
  Chronicle.apply(chronicle, record([], [a.transaction]), 12, new Map([[asset, 80n]]))
  expect(sums()).toEqual([1, 100n, 2, 1])
  Chronicle.apply(chronicle, record([a], [`0x${'cc'.repeat(32)}`]), 12, new Map([[asset, 80n]]))
  expect(sums()).toEqual([2, 200n, 4, 2])
  for (let i = 0; i < 600; i++) Chronicle.apply(chronicle, record([settlement('ee')]), 13 + i, new Map())
  expect(sums()).toEqual([602, 60_200n, 1204, 512])
  expect(chronicle.before.payments).toBe(12 + 600 - 512)
  expect(Chronicle.fromKept(JSON.parse(JSON.stringify(Chronicle.toKept(chronicle))))).toEqual(chronicle)
})
