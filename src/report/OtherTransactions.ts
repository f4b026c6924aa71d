/**
 * What a run needed on chain beside its settlements: deposits, approved meters, readings (which mint and retire credits), withdrawals. Found
 * by the events of the contracts, so that whoever has the chain counts the same.
 */
import type { Client } from '../chain/Client.ts'
import type { Deployment } from '../chain/Deployment.ts'
import * as Settled from '../chain/Settled.ts'
import type { Hex } from '../core/Payment.ts'
import * as FastLz from '../cost/FastLz.ts'
import type { Transaction } from '../cost/Networks.ts'
import type { Tally } from './Tally.ts'

/** Blocks that are asked for at once, and transactions. */
const range = 5000n
const atOnce = 50

const hashesOf = async (client: Client, deployment: Deployment, to: bigint): Promise<Set<Hex>> => {
  const hashes = new Set<Hex>()
  const address = [deployment.clearingHouse, deployment.energyMeter]
  // What put the contracts there is no part of a run.
  for (let from = deployment.startBlock + 1n; from <= to; from += range) {
    const until = from + range - 1n < to ? from + range - 1n : to
    for (const { transactionHash } of await client.getLogs({ address, fromBlock: from, toBlock: until }))
      hashes.add(transactionHash)
  }
  return hashes
}

const transactionOf = async (client: Client, hash: Hex): Promise<Transaction> => {
  const [transaction, { gasUsed }] = await Promise.all([
    client.getTransaction({ hash }),
    client.getTransactionReceipt({ hash }),
  ])
  const bytes = Buffer.from(Settled.serializedOf(transaction).slice(2), 'hex')
  return { gas: gasUsed, flzSize: FastLz.size(bytes) }
}

/** @param to the last block that counts */
export const read = async (
  client: Client,
  deployment: Deployment,
  tally: Pick<Tally, 'settlements'>,
  to: bigint,
): Promise<Transaction[]> => {
  const settled = new Set(tally.settlements.map(({ transaction }) => transaction))
  const hashes = [...(await hashesOf(client, deployment, to))].filter((hash) => !settled.has(hash))
  const found: Transaction[] = []
  for (let at = 0; at < hashes.length; at += atOnce)
    found.push(...(await Promise.all(hashes.slice(at, at + atOnce).map((hash) => transactionOf(client, hash)))))
  return found
}
