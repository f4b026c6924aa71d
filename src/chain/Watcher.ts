/**
 * Reads what the chain did to the clearing house since a block, as one chain record: which slots changed and to what, which events
 * happened, which settlements were confirmed. The service journals it; the ledger's settled figures are a copy of the chain's (I13), never a guess of its own.
 *
 * Where the chain has replaced blocks that had been read, the record says what is undone, and has the slots that they had changed as they
 * are now: the ledger follows the chain backwards, too.
 */
import { BlockNotFoundError, type Log, parseEventLogs } from 'viem'
import { SunledgerError } from '../core/Errors.ts'
import type { Address, Hex } from '../core/Payment.ts'
import type { ChainEvent, ChainRecord, SignedDebit, Slot } from '../core/Record.ts'
import { clearingHouse } from './abi/ClearingHouse.ts'
import { answered, type Client } from './Client.ts'
import * as House from './House.ts'
import * as Past from './Past.ts'
import * as Settled from './Settled.ts'

export interface WatcherOptions extends Settled.SettledOptions {
  readonly house: Address
  /** Listed assets. */
  readonly assets: readonly Address[]
  /** Blocks that must follow before something counts. */
  readonly confirmations: bigint
  /** The chain's first block, and the first one that concerns the clearing house. */
  readonly genesisHash: Hex
  readonly startBlock: bigint
  /** Blocks asked for at once. */
  readonly range?: bigint
  /** How long a chain may be shorter than it was before that counts as replaced blocks, not as a node that lags behind. */
  readonly behindMs?: number
  /** Whether an exit of the account was running before these blocks. */
  readonly isLeaving: (asset: Address, account: Address) => boolean
  /** Whether a settled debit is one that the ledger does not have, and asks for; left out: it never does. */
  readonly isMissing?: (debit: SignedDebit) => boolean
}

export interface Watcher {
  /** Tells of a settlement that this process sent. */
  expect(transaction: Hex, sent: Settled.Sent): void
  /** Tells of a record from the journal, at start. */
  remember(record: ChainRecord): void
  /**
   * What happened after `block`, up to which the chain has been read; undefined where nothing has.
   * @throws {ChainReplacedError} @throws {ChainUnsteadyError} @throws {ChainUnreachableError}
   */
  next(block: bigint): Promise<ChainRecord | undefined>
  /** Whether the chain has this block, up to which it has been read, as it was then. An unclear answer is none: false. */
  confirms(block: bigint): Promise<boolean>
}

/** Public nodes refuse more. */
const usualRange = 2000n
const usualBehindMs = 10_000
/** How often blocks are read anew that are replaced while they are read. */
const mostReadings = 5

const lower = (address: string): Address => address.toLowerCase() as Address

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
const eventOf = (log: Settled.Event): ChainEvent | undefined => {
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
  members: Settled.Sent['members'],
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

const hashAt = (client: Client, blockNumber: bigint): Promise<Hex | undefined> =>
  client.getBlock({ blockNumber }).then(
    ({ hash }) => hash,
    (error) => {
      if (error instanceof BlockNotFoundError) return undefined
      throw error
    },
  )

/** Whether blocks that were read have been replaced, and what that undoes. */
const reorganisations = ({ client, behindMs = usualBehindMs, genesisHash, startBlock }: WatcherOptions) => {
  const past = Past.create({ hash: genesisHash, quietTo: startBlock > 0n ? startBlock - 1n : 0n })
  let behindSinceMs: number | undefined

  /** A node that has not got the block may only lag behind others. */
  const isReplaced = (known: Hex, today: Hex | undefined): boolean => {
    if (today !== undefined) {
      behindSinceMs = undefined
      return today !== known
    }
    behindSinceMs ??= performance.now()
    return performance.now() - behindSinceMs >= behindMs
  }

  return {
    remember: past.remember,
    async confirms(block: bigint): Promise<boolean> {
      if ((await hashAt(client, 0n)) !== genesisHash) return false
      const known = past.hashOf(block)
      return known === undefined || (await hashAt(client, block)) === known
    },
    /** What the chain has undone of all up to `block`; undefined: nothing. */
    async since(block: bigint): Promise<Past.Gone | undefined> {
      const known = past.hashOf(block)
      if (known === undefined || !isReplaced(known, await hashAt(client, block))) return undefined
      const gone = await past.gone((at) => hashAt(client, at))
      if (gone === undefined) throw new ChainReplacedError(block)
      return gone
    },
  }
}

export const create = (options: WatcherOptions): Watcher => {
  const { client, house, range = usualRange } = options
  const expected = new Map<Hex, Settled.Sent>()
  const settlementsOf = Settled.reader(options, expected)
  const past = reorganisations(options)
  let readTo = 0n

  const slotsOf = async (
    touched: Map<Address, Set<Address>>,
    block: bigint,
    isLeaving: (asset: Address, account: Address) => boolean | Promise<boolean>,
  ) => {
    const slots: Slot[] = []
    for (const [asset, accounts] of touched) {
      const list = [...accounts].sort()
      const [read, leaving] = await Promise.all([
        House.slots(client, house, asset, list, block),
        Promise.all(list.map((account) => isLeaving(asset, account))),
      ])
      read.forEach((slot, i) => {
        slots.push({ asset, account: list[i] as Address, ...slot, leaving: leaving[i] as boolean })
      })
    }
    return slots
  }

  /** The record of the blocks from one to another, of which nothing was counted, or all of it is undone. */
  const read = async (from: bigint, to: bigint, gone: Past.Gone | undefined): Promise<ChainRecord | undefined> => {
    const [logs, { timestamp, hash }] = await Promise.all([
      from > to ? [] : (client.getLogs({ address: house, fromBlock: from, toBlock: to }) as Promise<Log[]>),
      client.getBlock({ blockNumber: to }),
    ])
    const parsed = parseEventLogs({ abi: clearingHouse.abi, logs })
    const events = parsed.flatMap((log) => eventOf(log) ?? [])
    const { settlements, members, debits } = await settlementsOf(parsed)
    const missing = debits.filter((debit) => options.isMissing?.(debit) === true)
    const touched = touchedBy(options.assets, events, [...members, ...(gone?.touched ?? [])])
    const slots = await slotsOf(touched, to, async (asset, account) =>
      gone === undefined
        ? leavingAfter(options.isLeaving(asset, account), asset, account, events)
        : (await House.exit(client, house, asset, account, to)).endsAt > 0n,
    )
    // What was read in several questions has to be of one chain.
    if (slots.length > 0 && (await hashAt(client, to)) !== hash) return undefined
    const undone = gone && { after: gone.after, events: gone.events, settlements: gone.settlements }
    return {
      ...{ type: 'chain', block: to, hash, timestamp, undone: undone ?? null },
      ...{ slots, events, settlements, atMs: Date.now() },
      ...(missing.length === 0 ? {} : { debits: missing }),
    }
  }

  const next = async (block: bigint): Promise<ChainRecord | undefined> => {
    for (let i = 0; i < mostReadings; i++) {
      const [number, gone] = await Promise.all([client.getBlockNumber(), past.since(block)])
      const head = number - options.confirmations
      const after = gone?.after ?? block
      if (gone === undefined && head <= block) return undefined
      const to = head > after + range ? after + range : head < after ? after : head
      const record = await read(after + 1n, to, gone)
      if (record === undefined) continue
      for (const { transaction } of record.settlements) expected.delete(transaction)
      readTo = to
      past.remember(record)
      return record
    }
    throw new ChainUnsteadyError()
  }

  return {
    expect(transaction, sent) {
      if (sent.block > readTo) expected.set(transaction, sent)
    },
    remember: past.remember,
    next: (block) => answered(client, next(block)),
    confirms: (block) => answered(client, past.confirms(block)),
  }
}

/** The chain has replaced more blocks than the service can undo. */
export class ChainReplacedError extends SunledgerError {
  override readonly name = 'ChainReplacedError'
  constructor(block: bigint) {
    super('SL516', 'The chain has replaced more blocks than can be undone.', {
      expected: `a chain that has something in common with the one that was read up to block ${block}`,
      hint: 'Nothing is accepted until the node shows the chain that was read; that is looked at again by itself. Make sure that it is the right node.',
      status: 503,
    })
  }
}

/** Blocks were replaced over and over while they were read. */
export class ChainUnsteadyError extends SunledgerError {
  override readonly name = 'ChainUnsteadyError'
  constructor() {
    super('SL517', 'The chain’s newest blocks were replaced while they were read.', {
      actual: `${mostReadings} times`,
      hint: 'They are read again soon. If it goes on, the nodes behind the chain’s URL do not agree: raise --confirmations.',
      status: 503,
    })
  }
}
