/**
 * Settlements as the chain has them: which transactions settled, for whom, at which cost. What this process sent it knows; of others, such
 * as those of this service before it was killed, everything is read from their calldata.
 */
import { type parseEventLogs, serializeTransaction, type Transaction } from 'viem'
import * as Batch from '../core/Batch.ts'
import type { Address, Hex } from '../core/Payment.ts'
import type { Origin, Settlement, SignedDebit } from '../core/Record.ts'
import * as Digest from '../crypto/Digest.ts'
import * as Keccak from '../crypto/Keccak.ts'
import * as Signature from '../crypto/Signature.ts'
import type { clearingHouse } from './abi/ClearingHouse.ts'
import type { Client } from './Client.ts'

/** A settlement's members and size; the sender knows its own and saves the watcher the reading. */
export interface Sent {
  readonly members: readonly { readonly asset: Address; readonly account: Address }[]
  readonly block: bigint
  readonly gasUsed: bigint
  /** The signed transaction. */
  readonly serialized: Hex
  readonly origin?: Origin | undefined
  /** Of what another process sent: the debits in it. */
  readonly debits?: readonly SignedDebit[] | undefined
}

export interface SettledOptions {
  readonly client: Client
  readonly domain: Digest.Domain
  /** Length of a transaction after FastLZ. */
  readonly fastLz: (bytes: Uint8Array) => number
}

/** An event of the clearing house. */
export type Event = ReturnType<typeof parseEventLogs<typeof clearingHouse.abi>>[number]

const originDigits = 32

/**
 * Puts behind a settlement's calldata how far the journal is: 8 bytes for the position, 8 for the term. The contract does not read them; they
 * cost 0.2 % of a settlement of a hundred members.
 */
export const withOrigin = (data: Hex, { position, term }: Origin): Hex =>
  `${data}${position.toString(16).padStart(16, '0')}${term.toString(16).padStart(16, '0')}`

/** Where the batch of `settle(bytes)` begins in its calldata: after selector, offset and length. */
const batchAt = 138

const batchOf = (input: Hex): { batch: Hex; after: string } => {
  const length = 2 * Number(BigInt(`0x${input.slice(74, batchAt)}`))
  const end = batchAt + Math.ceil(length / 64) * 64
  return { batch: `0x${input.slice(batchAt, batchAt + length)}`, after: input.slice(end) }
}

/** What a settlement's calldata says of the journal that it was sent from; undefined where it says nothing. */
export const originOf = (input: Hex): Origin | undefined => {
  const { after } = batchOf(input)
  if (after.length !== originDigits) return undefined
  const [position, term] = [Number(`0x${after.slice(0, 16)}`), Number(`0x${after.slice(16)}`)]
  return { position, term }
}

/** A settlement's calldata as the contract reads it: without what it says of the journal, which depends on how that was interleaved. */
export const withoutOrigin = (input: Hex): Hex => {
  const { after } = batchOf(input)
  return after.length === originDigits ? (input.slice(0, -originDigits) as Hex) : input
}

/** The accounts of a batch: credits name theirs, signers are recovered. */
const membersOf = (domain: Digest.Domain, batch: Hex): Pick<Sent, 'members' | 'debits'> => {
  const [members, all]: [Sent['members'][number][], SignedDebit[]] = [[], []]
  for (const { asset, debits, boths, credits } of Batch.decode(batch)) {
    for (const entry of [...debits, ...boths.map((both) => ({ ...both, total: both.debitTotal }))]) {
      const { total, history, signature } = entry
      const account = Signature.recover(Digest.debit(domain, asset, total, history), signature)
      if (account === undefined) continue
      members.push({ asset, account })
      all.push({ asset, account, total, history, signature })
    }
    for (const { account } of credits) members.push({ asset, account })
  }
  return { members, debits: all }
}

/**
 * The signed transaction as it went out, put together again from what the chain's node tells of it; where it is of a form that cannot
 * be, its calldata.
 */
export const serializedOf = (t: Transaction): Hex => {
  if (t.type !== 'eip1559') return t.input
  const { chainId, nonce, to, input: data, value, gas, maxFeePerGas, maxPriorityFeePerGas, accessList } = t
  const fields = { chainId, nonce, to, data, value, gas, maxFeePerGas, maxPriorityFeePerGas, accessList }
  const serialized = serializeTransaction({ type: t.type, ...fields }, { r: t.r, s: t.s, yParity: t.yParity })
  return Keccak.ofDigits(serialized.slice(2)) === t.hash ? serialized : t.input
}

/** A settlement that another process sent, such as this service before it was killed. */
const readSent = async ({ client, domain }: SettledOptions, hash: Hex): Promise<Sent> => {
  const [transaction, { gasUsed, blockNumber }] = await Promise.all([
    client.getTransaction({ hash }),
    client.getTransactionReceipt({ hash }),
  ])
  const { input } = transaction
  return {
    ...membersOf(domain, batchOf(input).batch),
    block: blockNumber,
    gasUsed,
    serialized: serializedOf(transaction),
    origin: originOf(input),
  }
}

/** @param expected what this process has sent itself */
export const reader = (options: SettledOptions, expected: ReadonlyMap<Hex, Sent>) => async (logs: readonly Event[]) => {
  const hashes = new Set(logs.filter((log) => log.eventName === 'Settled').map((log) => log.transactionHash))
  const settlements: Settlement[] = []
  const members: Sent['members'][] = []
  const debits: SignedDebit[] = []
  for (const transaction of hashes) {
    const known = expected.get(transaction)
    const block = logs.find((log) => log.transactionHash === transaction)?.blockNumber
    const sent = known?.block === block ? (known as Sent) : await readSent(options, transaction)
    const bytes = Buffer.from(sent.serialized.slice(2), 'hex')
    const size = { bytes: bytes.length, fastLzBytes: options.fastLz(bytes) }
    members.push(sent.members)
    debits.push(...(sent.debits ?? []))
    settlements.push({
      transaction,
      block: sent.block,
      gasUsed: sent.gasUsed,
      members: sent.members.length,
      ...size,
      ...(sent.origin === undefined ? {} : { origin: sent.origin }),
    })
  }
  return { settlements, members: members.flat(), debits }
}
