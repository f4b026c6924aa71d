/**
 * Reads what the chain did to the clearing house since a block, as one chain record: which slots changed and to what, which events
 * happened, which settlements were confirmed. The service journals it; the ledger's settled figures are a copy of the chain's (I13), never a guess of its own.
 */
import { type Log, parseEventLogs } from 'viem'
import * as Batch from '../core/Batch.ts'
import type { Address, Hex } from '../core/Payment.ts'
import type { ChainEvent, ChainRecord, Settlement, Slot } from '../core/Record.ts'
import * as Digest from '../crypto/Digest.ts'
import * as Signature from '../crypto/Signature.ts'
import { clearingHouse } from './abi/ClearingHouse.ts'
import type { Client } from './Client.ts'
import * as House from './House.ts'

/** A settlement's members and size; the sender knows its own and saves the watcher the reading. */
export interface Sent {
  readonly members: readonly { readonly asset: Address; readonly account: Address }[]
  readonly gasUsed: bigint
  readonly serialized: Hex
}

export interface WatcherOptions {
  readonly client: Client
  readonly house: Address
  /** Listed assets. */
  readonly assets: readonly Address[]
  readonly domain: Digest.Domain
  /** Blocks that must follow before something counts. */
  readonly confirmations: bigint
  /** Length of a transaction after FastLZ. */
  readonly fastLz: (bytes: Uint8Array) => number
  /** Whether an exit of the account was running before these blocks. */
  readonly isLeaving: (asset: Address, account: Address) => boolean
}

export interface Watcher {
  /** Tells of a settlement that this process sent. */
  expect(transaction: Hex, sent: Sent): void
  /** The next blocks after `block`, or undefined where there are none yet. */
  next(block: bigint): Promise<ChainRecord | undefined>
}

/** Blocks asked for at once; public nodes refuse more. */
const range = 2000n

const lower = (address: string): Address => address.toLowerCase() as Address

/** The accounts of a batch: credits name theirs, signers are recovered. */
const membersOf = (domain: Digest.Domain, batch: Hex): Sent['members'] =>
  Batch.decode(batch).flatMap(({ asset, debits, boths, credits }) => {
    const signed = [...debits, ...boths.map((entry) => ({ ...entry, total: entry.debitTotal }))]
    const signers = signed.map(({ total, history, signature }) =>
      Signature.recover(Digest.debit(domain, asset, total, history), signature),
    )
    const accounts = [...signers, ...credits.map((entry) => entry.account)]
    return accounts.flatMap((account) => (account === undefined ? [] : [{ asset, account }]))
  })

type Parsed = ReturnType<typeof parseEventLogs<typeof clearingHouse.abi>>[number]

const types: { [name: string]: ChainEvent['type'] } = {
  Deposited: 'deposited',
  Withdrawn: 'withdrawn',
  Redeemed: 'redeemed',
  Collected: 'collected',
  ExitRequested: 'exitRequested',
  ExitFinalized: 'exitFinalized',
  Funded: 'funded',
  Drained: 'drained',
  Reserved: 'reserved',
  Released: 'released',
  OwnerBound: 'ownerBound',
}

const zeroAddress: Address = `0x${'0'.repeat(40)}`

/** One event in the record's form, or undefined for those that touch no account. */
const eventOf = (log: Parsed): ChainEvent | undefined => {
  const type = types[log.eventName]
  if (type === undefined) return undefined
  const args = log.args as {
    asset?: string
    account?: string
    amount?: bigint
    moved?: bigint
    fromReserve?: bigint
    fromPool?: bigint
  }
  return {
    type,
    asset: lower(args.asset ?? zeroAddress),
    account: lower(args.account ?? zeroAddress),
    amount: args.amount ?? args.moved ?? (args.fromReserve ?? 0n) + (args.fromPool ?? 0n),
    transaction: log.transactionHash,
  }
}

export const create = (options: WatcherOptions): Watcher => {
  const { client, house, domain, fastLz } = options
  const expected = new Map<Hex, Sent>()

  const sentBy = async (transaction: Hex): Promise<Sent> => {
    const own = expected.get(transaction)
    if (own !== undefined) return own
    const [{ input }, receipt] = await Promise.all([
      client.getTransaction({ hash: transaction }),
      client.getTransactionReceipt({ hash: transaction }),
    ])
    // settle(bytes): selector, offset, length, data.
    const length = Number(BigInt(`0x${input.slice(74, 138)}`))
    const members = membersOf(domain, `0x${input.slice(138, 138 + 2 * length)}`)
    return { members, gasUsed: receipt.gasUsed, serialized: input }
  }

  const settlementsOf = async (logs: readonly Parsed[]) => {
    const found = new Map<Hex, { settlement: Settlement; members: Sent['members'] }>()
    for (const log of logs) {
      if (log.eventName !== 'Settled' || found.has(log.transactionHash)) continue
      const { members, gasUsed, serialized } = await sentBy(log.transactionHash)
      const bytes = Buffer.from(serialized.slice(2), 'hex')
      found.set(log.transactionHash, {
        members,
        settlement: {
          transaction: log.transactionHash,
          block: log.blockNumber,
          gasUsed,
          members: members.length,
          bytes: bytes.length,
          fastLzBytes: fastLz(bytes),
        },
      })
    }
    return [...found.values()]
  }

  const slotsOf = async (touched: Map<Address, Set<Address>>, events: readonly ChainEvent[], block: bigint) => {
    const slots: Slot[] = []
    for (const [asset, accounts] of touched) {
      const list = [...accounts].sort()
      const read = await House.slots(client, house, asset, list, block)
      read.forEach((slot, i) => {
        const account = list[i] as Address
        slots.push({ asset, account, ...slot, leaving: leavingAfter(asset, account, events) })
      })
    }
    return slots
  }

  const leavingAfter = (asset: Address, account: Address, events: readonly ChainEvent[]): boolean => {
    let leaving = options.isLeaving(asset, account)
    for (const event of events) {
      if (event.account !== account) continue
      if (event.type === 'ownerBound') leaving = false
      if (event.asset !== asset) continue
      if (event.type === 'exitRequested') leaving = true
      if (event.type === 'exitFinalized') leaving = false
    }
    return leaving
  }

  return {
    expect: (transaction, sent) => expected.set(transaction, sent),
    async next(block) {
      const head = (await client.getBlockNumber()) - options.confirmations
      if (head <= block) return undefined
      const to = head - block > range ? block + range : head
      const [logs, { timestamp }] = await Promise.all([
        client.getLogs({ address: house, fromBlock: block + 1n, toBlock: to }) as Promise<Log[]>,
        client.getBlock({ blockNumber: to }),
      ])
      const parsed = parseEventLogs({ abi: clearingHouse.abi, logs })
      const events = parsed.flatMap((log) => eventOf(log) ?? [])
      const settlements = await settlementsOf(parsed)
      const touched = new Map<Address, Set<Address>>()
      const touch = ({ asset, account }: { asset: Address; account: Address }) => {
        if (account === zeroAddress) return
        const accounts = touched.get(asset) ?? new Set()
        touched.set(asset, accounts.add(account))
      }
      // Binding an owner ends the account's exits in every asset.
      for (const event of events)
        for (const asset of event.asset === zeroAddress ? options.assets : [event.asset])
          touch({ asset, account: event.account })
      for (const { members } of settlements) for (const member of members) touch(member)
      const slots = await slotsOf(touched, events, to)
      for (const { settlement } of settlements) expected.delete(settlement.transaction)
      return {
        type: 'chain',
        block: to,
        timestamp,
        slots,
        events,
        settlements: settlements.map(({ settlement }) => settlement),
        atMs: Date.now(),
      }
    },
  }
}
