/** What a receipt has shown is kept: a copy that was stopped by one is not started again by whoever restarts services (I19). */
import { cpSync } from 'node:fs'
import { expect, test } from 'vitest'
import * as Client from '../../../src/chain/Client.ts'
import * as Recover from '../../../src/clearing/Recover.ts'
import { replay } from '../../../src/clearing/Replay.ts'
import * as Kept from '../../../src/core/Kept.ts'
import * as Ledger from '../../../src/core/Ledger.ts'
import * as Embedded from '../../../src/store/Embedded.ts'
import { useChain } from '../support/Chain.ts'
import { folder as newFolder } from '../support/Folder.ts'
import { parties } from '../support/Parties.ts'
import { start } from '../support/Running.ts'

const chain = useChain()
const running = parties(chain)

test('error: SL409 a copy that a receipt has stopped stays so over restarts and snapshots, until it is recovered', async () => {
  const { deployed, service, payer, shop, pay } = await running()
  const copy = newFolder()
  cpSync(service.folder, copy, { recursive: true, filter: (path) => !path.endsWith('.lock') })
  const receipt = await pay(payer, shop, 9n)
  await service.close()
  const older = await start(chain, deployed, { folder: copy })
  const both = await Promise.allSettled([older.bring([receipt, receipt]), older.bring([receipt])])
  expect(both.map((one) => one.status === 'rejected' && one.reason.code)).toEqual(['SL409', 'SL409'])
  await older.close()
  for (let i = 0; i < 2; i++)
    await expect(start(chain, deployed, { folder: copy })).rejects.toMatchObject({
      code: 'SL409',
      expected: expect.stringContaining(receipt.payment.id),
      actual: 'no such payment in the journal',
    })
  const { chainId, genesisHash, clearingHouse, startBlock } = deployed.deployment
  const journal = Embedded.open(copy, { chainId, genesisHash, clearingHouse, startBlock })
  const ledger = Ledger.create()
  replay(journal, ledger)
  const kept = Ledger.create()
  Kept.restore(kept, JSON.parse(JSON.stringify(Kept.restOf(ledger))), ledger.accounts)
  expect(kept.contradiction).toEqual(ledger.contradiction)
  expect(kept.contradiction?.expected).toContain(receipt.payment.id)
  await Recover.begin(Client.create(chain.url), deployed.deployment, journal)
  journal.close()
  const recovering = await start(chain, deployed, { folder: copy })
  expect(recovering.health().state).toBe('recovering')
  expect(await recovering.bring([receipt])).toEqual([{ id: receipt.payment.id, state: 'recovered' }])
})
