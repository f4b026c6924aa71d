/**
 * Begins a recovery: a record in the journal, whichever is left of it, from which on the ledger takes the chain's totals and receipts for
 * what it lacks (docs/recovery.md). It lasts one exit window from now, in chain time: whoever wants to leave rather than wait has time to.
 */
import { answered, type Client } from '../chain/Client.ts'
import * as Deployment from '../chain/Deployment.ts'
import * as House from '../chain/House.ts'
import type { RecoveryRecord } from '../core/Record.ts'
import type { Journal } from '../store/Journal.ts'

/**
 * @param journal opened for its recovery
 * @throws {ChainUnreachableError} @throws {ChainMismatchError} @throws {JournalWriteError}
 */
export const begin = async (
  client: Client,
  deployment: Deployment.Deployment,
  journal: Journal,
): Promise<RecoveryRecord> => {
  await Deployment.verify(client, deployment)
  const { clearingHouse: house } = deployment
  const [settlementKey, seconds, { timestamp }] = await Promise.all([
    House.settlementKey(client, house),
    House.exitWindowSeconds(client, house),
    answered(client, client.getBlock()),
  ])
  const count = (blockTag: 'latest' | 'pending') => client.getTransactionCount({ address: settlementKey, blockTag })
  const nextNonce = Math.max(...(await answered(client, Promise.all([count('latest'), count('pending')]))))
  const record: RecoveryRecord = {
    ...{ type: 'recovery', since: timestamp, until: timestamp + seconds },
    ...{ nextNonce, term: journal.term },
  }
  await journal.append([record])
  return record
}
