/**
 * Reads what the chain did to the clearing house since a block, as one chain record: which slots changed and to what, which events
 * happened, which settlements were confirmed. The service journals it; the ledger's settled figures are a copy of the chain's (I13), never a guess of its own.
 */
import { type Log, parseEventLogs, serializeTransaction, type Transaction } from 'viem'
import * as Batch from '../core/Batch.ts'
import type { Address, Hex } from '../core/Payment.ts'
import type { ChainEvent, ChainRecord, Settlement, Slot } from '../core/Record.ts'
import * as Digest from '../crypto/Digest.ts'
import * as Keccak from '../crypto/Keccak.ts'
import * as Signature from '../crypto/Signature.ts'
import { clearingHouse } from './abi/ClearingHouse.ts'
import { answered, type Client } from './Client.ts'
import * as House from './House.ts'

/** A settlement's members and size; the sender knows its own and saves the watcher the reading. */
export interface Sent {
  readonly members: readonly { readonly asset: Address; readonly account: Address }[]
  readonly block: bigint
  readonly gasUsed: bigint
  /** The signed transaction. */
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
  /** Blocks asked for at once. */
  readonly range?: bigint
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

/** Public nodes refuse more. */
const usualRange = 2000n

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

/**
 * The signed transaction as it went out, put together again from what the chain's node tells of it; where it is of a form that cannot
 * be, its calldata.
 */
const serializedOf = (t: Transaction): Hex => {
  if (t.type !== 'eip1559') return t.input
  const { chainId, nonce, to, input: data, value, gas, maxFeePerGas, maxPriorityFeePerGas, accessList } = t
  const fields = { chainId, nonce, to, data, value, gas, maxFeePerGas, maxPriorityFeePerGas, accessList }
  const serialized = serializeTransaction({ type: t.type, ...fields }, { r: t.r, s: t.s, yParity: t.yParity })
  return Keccak.ofDigits(serialized.slice(2)) === t.hash ? serialized : t.input
}

/** A settlement that another process sent, such as this service before it was killed. */
const readSent = async ({ client, domain }: WatcherOptions, hash: Hex): Promise<Sent> => {
  const [transaction, { gasUsed, blockNumber }] = await Promise.all([
    client.getTransaction({ hash }),
    client.getTransactionReceipt({ hash }),
  ])
  // settle(bytes): selector, offset, length, data.
  const { input } = transaction
  const length = Number(BigInt(`0x${input.slice(74, 138)}`))
  const members = membersOf(domain, `0x${input.slice(138, 138 + 2 * length)}`)
  return { members, block: blockNumber, gasUsed, serialized: serializedOf(transaction) }
}

/** What an account's exit is after these events. */
const leavingAfter = (was: boolean, asset: Address, account: Address, events: readonly ChainEvent[]): boolean => {
  let leaving = was
  for (const event of events) {
    if (event.account !== account) continue
    if (event.type === 'ownerBound') leaving = false
    if (event.asset !== asset) continue
    if (event.type === 'exitRequested') leaving = true
    if (event.type === 'exitFinalized') leaving = false
  }
  return leaving
}

/** The accounts whose slots may have changed, by asset. */
const touchedBy = (
  assets: readonly Address[],
  events: readonly ChainEvent[],
  members: Sent['members'],
): Map<Address, Set<Address>> => {
  const touched = new Map<Address, Set<Address>>()
  const touch = (asset: Address, account: Address) => {
    if (account !== zeroAddress) touched.set(asset, (touched.get(asset) ?? new Set()).add(account))
  }
  // Binding an owner names no asset: it ends the account's exits in all of them.
  for (const { asset, account } of events)
    for (const each of asset === zeroAddress ? assets : [asset]) touch(each, account)
  for (const { asset, account } of members) touch(asset, account)
  return touched
}

export const create = (options: WatcherOptions): Watcher => {
  const { client, house, fastLz, range = usualRange } = options
  const expected = new Map<Hex, Sent>()
  let readTo = 0n

  const settlementsOf = async (logs: readonly Parsed[]) => {
    const hashes = new Set(logs.filter((log) => log.eventName === 'Settled').map((log) => log.transactionHash))
    const settlements: Settlement[] = []
    const members: Sent['members'][] = []
    for (const transaction of hashes) {
      const sent = expected.get(transaction) ?? (await readSent(options, transaction))
      const bytes = Buffer.from(sent.serialized.slice(2), 'hex')
      const size = { bytes: bytes.length, fastLzBytes: fastLz(bytes) }
      members.push(sent.members)
      settlements.push({
        transaction,
        block: sent.block,
        gasUsed: sent.gasUsed,
        members: sent.members.length,
        ...size,
      })
    }
    return { settlements, members: members.flat() }
  }

  const slotsOf = async (touched: Map<Address, Set<Address>>, events: readonly ChainEvent[], block: bigint) => {
    const slots: Slot[] = []
    for (const [asset, accounts] of touched) {
      const list = [...accounts].sort()
      const read = await House.slots(client, house, asset, list, block)
      read.forEach((slot, i) => {
        const account = list[i] as Address
        slots.push({
          asset,
          account,
          ...slot,
          leaving: leavingAfter(options.isLeaving(asset, account), asset, account, events),
        })
      })
    }
    return slots
  }

  const next = async (block: bigint): Promise<ChainRecord | undefined> => {
    const head = (await client.getBlockNumber()) - options.confirmations
    if (head <= block) return undefined
    const to = head - block > range ? block + range : head
    const [logs, { timestamp }] = await Promise.all([
      client.getLogs({ address: house, fromBlock: block + 1n, toBlock: to }) as Promise<Log[]>,
      client.getBlock({ blockNumber: to }),
    ])
    const parsed = parseEventLogs({ abi: clearingHouse.abi, logs })
    const events = parsed.flatMap((log) => eventOf(log) ?? [])
    const { settlements, members } = await settlementsOf(parsed)
    const slots = await slotsOf(touchedBy(options.assets, events, members), events, to)
    for (const { transaction } of settlements) expected.delete(transaction)
    readTo = to
    return { type: 'chain', block: to, timestamp, slots, events, settlements, atMs: Date.now() }
  }

  return {
    expect(transaction, sent) {
      if (sent.block > readTo) expected.set(transaction, sent)
    },
    next: (block) => answered(client, next(block)),
  }
}
