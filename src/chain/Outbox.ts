/**
 * What one key has sent, until it is deep in the chain. A transaction on its way may be dropped by the node, priced out by a rising base
 * fee, overtaken by another one with its nonce, or lose its block to a reorganisation; and each holds up all that come after it. So what
 * is missing is sent again, the very same bytes; what is offered too little is replaced by the same call at a higher fee under the same
 * nonce. Of all forms of one nonce the chain takes one, ever.
 */
import type { Address, Hex } from '../core/Payment.ts'
import * as Turns from '../core/Turns.ts'
import * as Keccak from '../crypto/Keccak.ts'
import * as Signature from '../crypto/Signature.ts'
import type { Client } from './Client.ts'
import * as Rlp from './Rlp.ts'

export interface Call {
  /** undefined: deploys a contract. */
  readonly to: Address | undefined
  readonly data: Hex
  /** Limit; far above what is used costs nothing. */
  readonly gas: bigint
  /** Tried first without sending, so that nobody can make the sender pay for what reverts. */
  readonly tryFirst?: boolean
}

export interface Fees {
  readonly maxFeePerGas: bigint
  readonly maxPriorityFeePerGas: bigint
}

/** A signed transaction. */
export interface Form extends Fees {
  readonly transaction: Hex
  readonly serialized: Hex
}

/** A call on its way. */
export interface Flight {
  readonly call: Call
  nonce: number
  /** All of one nonce, the newest last. */
  forms: Form[]
  /** When the newest went out. */
  sentMs: number
  /** In which block it was seen; undefined: in none. */
  block: bigint | undefined
  /** Somebody waits for it. */
  isFollowed: boolean
}

const gwei = 1_000_000_000n
/** What is offered to the block's producer. */
const tipWei = gwei / 10n

export const feesAt = (baseFeeWei: bigint): Fees => ({
  maxFeePerGas: 2n * baseFeeWei + tipWei,
  maxPriorityFeePerGas: tipWei,
})

/** Pools take a replacement from a tenth more on; this is an eighth. */
const raised = (wei: bigint): bigint => (9n * wei + 7n) / 8n

const greater = (a: bigint, b: bigint): bigint => (a > b ? a : b)

/** The fees of a replacement, or undefined where that would be more than may be offered. */
export const replacement = (before: Fees, baseFeeWei: bigint, mostWei: bigint): Fees | undefined => {
  const fresh = feesAt(baseFeeWei)
  const maxFeePerGas = greater(raised(before.maxFeePerGas), fresh.maxFeePerGas)
  const maxPriorityFeePerGas = greater(raised(before.maxPriorityFeePerGas), fresh.maxPriorityFeePerGas)
  return maxFeePerGas > mostWei ? undefined : { maxFeePerGas, maxPriorityFeePerGas }
}

/** Whether a base fee keeps a transaction out of the blocks. */
const isPricedOut = ({ maxFeePerGas }: Fees, baseFeeWei: bigint): boolean => maxFeePerGas < baseFeeWei

export const sign = (privateKey: Hex, chainId: number, nonce: number, fees: Fees, { to, data, gas }: Call): Form => {
  const items = Rlp.payload({ chainId, nonce, to, data, gas, ...fees })
  const full = Signature.expand(Signature.sign(Keccak.ofDigits(Rlp.unsigned(items)), privateKey))
  const [r, s] = [BigInt(full.slice(0, 66)), BigInt(`0x${full.slice(66, 130)}`)]
  const digits = Rlp.signed(items, full.endsWith('1c') ? 1 : 0, r, s)
  return { ...fees, serialized: `0x${digits}`, transaction: Keccak.ofDigits(digits) }
}

export interface OutboxOptions {
  readonly client: Client
  readonly address: Address
  readonly sign: (nonce: number, fees: Fees, call: Call) => Form
  /** How long a transaction waits at the head of the line before it is offered more. */
  readonly bumpAfterMs: number
  readonly mostFeeWei: bigint
}

export interface Outbox {
  /** A call that a node has taken. */
  add(flight: Flight): void
  /** It was seen in a block. */
  mined(flight: Flight, block: bigint): void
  /** It is given up, because its nonce was used by another. */
  drop(flight: Flight): void
  /** Sends again what is missing, and offers more for what waits. Returns how many nonces the chain has used. */
  tend(): Promise<number>
  /** Whether there is nothing to tend. */
  readonly isEmpty: boolean
  /** Whether a call with this data may still be mined. */
  isOpen(data: Hex, used: number): boolean
}

/** A reorganisation deeper than this leaves what it undoes to those who notice that it is missing. */
const keptBlocks = 64n

export const create = ({ client, address, sign: signed, bumpAfterMs, mostFeeWei }: OutboxOptions): Outbox => {
  const flights = new Map<number, Flight>()

  const newest = (flight: Flight): Form => flight.forms.at(-1) as Form

  const isKnown = (hash: Hex): Promise<boolean> =>
    client.getTransaction({ hash }).then(
      () => true,
      () => false,
    )

  /** What the node answers is of no interest: whether it has the transaction is asked the next time. */
  const hand = (form: Form): Promise<unknown> =>
    client.sendRawTransaction({ serializedTransaction: form.serialized }).catch(() => undefined)

  const replace = async (flight: Flight, baseFeeWei: bigint): Promise<void> => {
    const fees = replacement(newest(flight), baseFeeWei, mostFeeWei)
    if (fees === undefined) return
    flight.forms = [...flight.forms, signed(flight.nonce, fees, flight.call)]
    flight.sentMs = performance.now()
    await hand(newest(flight))
  }

  /** What lies deep is forgotten. */
  const prune = (newestBlock: bigint): void => {
    for (const [nonce, { block }] of flights)
      if (block !== undefined && block + keptBlocks < newestBlock) flights.delete(nonce)
  }

  /** Sees in which block a call is that nobody waits for; one whose nonce another has used is forgotten. */
  const locate = async (flight: Flight): Promise<void> => {
    if (flight.block !== undefined || flight.isFollowed) return
    const asked = await Promise.allSettled(
      flight.forms.map(({ transaction }) => client.getTransactionReceipt({ hash: transaction })),
    )
    const found = asked.find((answer) => answer.status === 'fulfilled')
    if (found?.status === 'fulfilled') flight.block = found.value.blockNumber
    else flights.delete(flight.nonce)
  }

  const tend = Turns.shared(async (): Promise<number> => {
    const [used, { baseFeePerGas, number }] = await Promise.all([
      client.getTransactionCount({ address, blockTag: 'latest' }),
      client.getBlock(),
    ])
    prune(number)
    await Promise.all([...flights.values()].filter(({ nonce }) => nonce < used).map(locate))
    const open = [...flights.values()].filter(({ nonce }) => nonce >= used).sort((a, b) => a.nonce - b.nonce)
    const known = await Promise.all(open.map((flight) => isKnown(newest(flight).transaction)))
    for (const [i, flight] of open.entries()) {
      flight.block = undefined
      if (known[i] === false) await hand(newest(flight))
      const waitedMs = performance.now() - flight.sentMs
      const base = baseFeePerGas ?? gwei
      if (isPricedOut(newest(flight), base) || (flight.nonce === used && waitedMs >= bumpAfterMs))
        await replace(flight, base)
    }
    return used
  })

  return {
    add: (flight) => flights.set(flight.nonce, flight),
    mined(flight, block) {
      flight.block = block
      prune(block)
    },
    drop(flight) {
      if (flights.get(flight.nonce) === flight) flights.delete(flight.nonce)
    },
    tend,
    get isEmpty() {
      return flights.size === 0
    },
    isOpen: (data, used) => [...flights.values()].some(({ nonce, call }) => nonce >= used && call.data === data),
  }
}
