/**
 * Whether ledger and chain agree, whole and in every way: slot by slot (I13), the money held against what is owed (I1), every total of the
 * journal against the one before it (I4), the service's memory against its journal (I12).
 */
import { parseEventLogs } from 'viem'
import { expect } from 'vitest'
import { clearingHouse } from '../../../src/chain/abi/ClearingHouse.ts'
import * as House from '../../../src/chain/House.ts'
import { assetsOf } from '../../../src/clearing/Service.ts'
import * as Ledger from '../../../src/core/Ledger.ts'
import type { Address } from '../../../src/core/Payment.ts'
import type { ChainRecord } from '../../../src/core/Record.ts'
import type { Chain } from './Chain.ts'
import { differences, ledgerOf, type Running } from './Running.ts'

const chainRecords = (service: Running): ChainRecord[] =>
  [...service.journal.read()].flatMap(({ record }) => (record.type === 'chain' ? [record] : []))

/** What reservations have set aside and exits set apart, less what was drawn of that: neither balance nor pool. */
const aside = async (chain: Chain, service: Running, asset: Address, block: bigint): Promise<bigint> => {
  const records = chainRecords(service)
  const times = (type: string) => (record: ChainRecord) =>
    [
      ...record.events.map((event) => [event, 1n] as const),
      ...(record.undone?.events ?? []).map((event) => [event, -1n] as const),
    ].reduce(
      (sum, [event, sign]) => sum + (event.type === type && event.asset === asset ? sign * event.amount : 0n),
      0n,
    )
  const reserved = records.map(times('reserved')).reduce((a, b) => a + b, 0n)
  const { clearingHouse: house, startBlock } = service.deployment
  const logs = await chain.client.getLogs({ address: house, fromBlock: startBlock, toBlock: block })
  const finalized = parseEventLogs({ abi: clearingHouse.abi, logs, eventName: 'ExitFinalized' })
  const receivers = new Set(finalized.map(({ args }) => args.to.toLowerCase() as Address))
  const apart = await Promise.all([...receivers].map((to) => House.setApart(chain.client, house, asset, to, block)))
  return apart.reduce((a, b) => a + b, reserved)
}

/**
 * Totals that fell from one record to the next, or that the chain had settled beyond what was signed. What the chain had settled may fall
 * where it has replaced blocks.
 */
const fallen = (service: Running): string[] => {
  const ledger = Ledger.create(assetsOf(service.deployment))
  const before = new Map<string, readonly bigint[]>()
  const found: string[] = []
  for (const { position, record } of service.journal.read()) {
    Ledger.apply(ledger, record)
    const isUndoing = record.type === 'chain' && record.undone !== null
    for (const [id, { debitTotal, creditTotal, settled }] of ledger.accounts) {
      const totals = [debitTotal, creditTotal, settled.debited, settled.credited]
      const last = before.get(id) ?? [0n, 0n, 0n, 0n]
      const fell = totals.some((total, i) => total < (last[i] as bigint) && !(isUndoing && i > 1))
      if (fell || settled.debited > debitTotal || settled.credited > creditTotal) found.push(`${id} at ${position}`)
      before.set(id, totals)
    }
  }
  return found
}

export const agree = async (chain: Chain, service: Running): Promise<void> => {
  const ledger = ledgerOf(service)
  const { clearingHouse: house, dollar } = service.deployment
  const { held, pool } = await House.holdings(chain.client, house, dollar.asset, ledger.block)
  const balances = [...ledger.accounts.values()].reduce(
    (sum, a) => sum + (a.asset === dollar.asset ? a.settled.balance : 0n),
    0n,
  )
  expect(held).toBe(balances + pool + (await aside(chain, service, dollar.asset, ledger.block)))
  expect(fallen(service)).toEqual([])
  expect(await differences(chain, service)).toEqual([])
  expect(service.discrepancies).toEqual([])
  expect(await service.serialize()).toBe(Ledger.serialize(ledgerOf(service)))
}

/** Nothing is left to settle, and ledger and chain agree: everybody has been paid what was accepted, and nobody twice. */
export const settled = async (chain: Chain, service: Running): Promise<void> => {
  await agree(chain, service)
  const open = [...ledgerOf(service).accounts.values()].filter(
    ({ debitTotal, creditTotal, settled: s, pendingWithdrawals }) =>
      debitTotal !== s.debited || creditTotal !== s.credited || pendingWithdrawals !== 0n,
  )
  expect(open).toEqual([])
}
