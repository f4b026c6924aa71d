/** Every route under requests of every kind: no fault of ours, no hang, nothing undocumented, and the ledger is what it was. */
import { expect, test } from 'vitest'
import * as Routes from '../../../scripts/bench/fuzz/Routes.ts'
import * as Samples from '../../../scripts/bench/fuzz/Samples.ts'
import { useChain } from '../support/Chain.ts'
import { document } from '../support/Documented.ts'
import { listen, token } from '../support/Http.ts'
import { start } from '../support/Running.ts'

const chain = useChain()

/** Blocks in which nothing of ours happens may be read meanwhile. */
const withoutBlock = (ledger: string): string => ledger.replace(/^block \d+/, '')

test('behavior: requests of every kind change nothing, and each gets an answer that is documented', async () => {
  const deployed = await chain.deploy()
  const service = await start(chain, deployed)
  const http = await listen(service)
  const [payer, shop] = [service.member('payer'), service.member('shop')]
  await service.fund(payer, 1000n)
  const paid = payer.pay({ to: shop.address, amount: 5n })
  await service.pay(paid)
  await service.settle()
  const before = await service.serialize()
  const body = JSON.parse(JSON.stringify(paid, (_, value) => (typeof value === 'bigint' ? String(value) : value)))
  const samples = Samples.from(deployed.deployment, body, payer.address)
  const { faults, outcomes } = await Routes.run(http.url, { seed: 1, document, samples, token }, 4000)
  expect(faults).toEqual([])
  expect(http.faults).toEqual([])
  expect(withoutBlock(await service.serialize())).toBe(withoutBlock(before))
  // It would be no test if everything were turned away at the door.
  const statuses = Object.values(outcomes).flatMap((ofKind) => Object.keys(ofKind))
  for (const status of ['200', '400', '402', '404', '405', '409', '415']) expect(statuses).toContain(status)
}, 60_000)
