/**
 * Settlement: what was accepted goes on chain. One run at a time: meter readings first (they mint what producers sell), then a batch or
 * several of everybody's newest totals, then the chain is read again and compared. A run that is cut off anywhere is simply repeated: totals only rise, so
 * what arrived twice moves nothing.
 */

import * as House from '../chain/House.ts'
import type * as Sender from '../chain/Sender.ts'
import type { Watcher } from '../chain/Watcher.ts'
import * as Batch from '../core/Batch.ts'
import * as Ledger from '../core/Ledger.ts'
import type { Address } from '../core/Payment.ts'
import type { Settlements, SignedReading } from '../core/Wire.ts'
import * as Plan from './Plan.ts'
import type { Sync } from './Sync.ts'

export interface SettleOptions {
  readonly ledger: Ledger.Ledger
  readonly sender: Sender.Sender
  readonly watcher: Watcher
  readonly sync: Sync
  readonly house: Address
  readonly meter: Address
  /** Who owns a meter, so that readings of one owner stand together. */
  readonly ownerOf: (meter: Address) => Promise<Address>
  readonly limits?: Plan.Limits
}

export interface Settle {
  /** Keeps a reading for the next run; of one meter only the newest. */
  enqueue(reading: SignedReading): void
  /** Readings that wait. */
  readonly queued: number
  /** Settles everything that is there now. Calls during a run share the next one. */
  now(): Promise<Settlements>
}

/** Readings in a transaction, and the gas that each may take. */
const readingsAtOnce = 250
const gasOfReading = 60_000n
const gasOfReadings = 300_000n

export const create = (options: SettleOptions): Settle => {
  const { ledger, sender, watcher, sync, house, meter } = options
  const readings = new Map<Address, SignedReading>()
  let running: Promise<Settlements> | undefined
  let queued: Promise<Settlements> | undefined

  const grouped = async (): Promise<SignedReading[]> => {
    const owned = await Promise.all(
      [...readings.values()].map(async (reading) => ({ reading, owner: await options.ownerOf(reading.meter) })),
    )
    const key = ({ owner, reading }: (typeof owned)[number]) => owner + reading.meter
    return owned.sort((a, b) => (key(a) < key(b) ? -1 : 1)).map(({ reading }) => reading)
  }

  const submitReadings = async (): Promise<Settlements['readings']> => {
    const waiting = await grouped()
    const sent: Settlements['readings'] = []
    for (let i = 0; i < waiting.length; i += readingsAtOnce) {
      const part = waiting.slice(i, i + readingsAtOnce)
      const gas = gasOfReadings + gasOfReading * BigInt(part.length)
      const limit = gas > 16_000_000n ? 16_000_000n : gas
      const { transaction, gasUsed, receipt } = await sender.send(
        House.meterCall(meter, 'submit', [Batch.encodeReadings(part)], limit),
      )
      for (const reading of part) if (readings.get(reading.meter) === reading) readings.delete(reading.meter)
      sent.push({ transaction, gasUsed, ...House.countReadings(receipt) })
    }
    return sent
  }

  const submitBatches = async (): Promise<Settlements['transactions']> => {
    const planned = Plan.plan(Ledger.toSettle(ledger), options.limits)
    return Promise.all(
      planned.map(async ({ batch, members, gas }) => {
        const sent = await sender.send(House.call(house, 'settle', [batch], gas))
        watcher.expect(sent.transaction, { members, gasUsed: sent.gasUsed, serialized: sent.serialized })
        return { transaction: sent.transaction, gasUsed: sent.gasUsed, members: members.length }
      }),
    )
  }

  const run = async (): Promise<Settlements> => {
    await sync.now()
    const submitted = readings.size > 0 ? await submitReadings() : []
    const transactions = await submitBatches()
    await sync.now()
    return { transactions, readings: submitted, block: ledger.block }
  }

  const begin = (): Promise<Settlements> => {
    running = run().finally(() => {
      running = undefined
    })
    return running
  }

  return {
    enqueue(reading) {
      const known = readings.get(reading.meter)
      if (known === undefined || known.timestamp < reading.timestamp) readings.set(reading.meter, reading)
    },
    get queued() {
      return readings.size
    },
    now() {
      if (running === undefined) return begin()
      queued ??= running
        .catch(() => undefined)
        .then(() => {
          queued = undefined
          return begin()
        })
      return queued
    },
  }
}
