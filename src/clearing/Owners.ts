/**
 * Who owns an account on chain, and the numbers of its next messages there. Asked of the chain each time, since anybody may change them without
 * asking us; where it does not answer, what it said last stands, with the block of that, or nothing: a robot that only pays needs none of it.
 */
import type { Client } from '../chain/Client.ts'
import * as House from '../chain/House.ts'
import type { Address } from '../core/Payment.ts'
import type { Reach } from './Reach.ts'

export interface Known extends Awaited<ReturnType<typeof House.nonces>> {
  /** Read at this block or a later one. */
  readonly block: bigint
}

export interface Owners {
  /** Undefined: the chain does not answer, and was never asked before. */
  of(account: Address): Promise<Known | undefined>
}

/** How long an answer is waited for: where one is remembered; where none is. A chain that is in doubt is not waited for at all. */
const patienceMs = { known: 1_000, unknown: 8_000 }
const lookMs = 100
/** Accounts that are remembered, the least recently asked for first to go. */
const mostKnown = 10_000
/** Accounts that the chain is asked about at once; others wait for their turn. */
const mostAsked = 64

export interface Options {
  readonly client: Client
  readonly house: Address
  readonly assets: readonly Address[]
  /** The last block that was read. */
  readonly block: () => bigint
  readonly reach: Reach
}

export const create = ({ client, house, assets, block, reach }: Options): Owners => {
  const known = new Map<Address, Known>()
  const waiting: (() => void)[] = []
  let asked = 0

  const ask = async (account: Address): Promise<Known> => {
    if (asked >= mostAsked) await new Promise<void>((resolve) => waiting.push(resolve))
    asked++
    try {
      const at = block()
      const found = { ...(await House.nonces(client, house, assets, account)), block: at }
      known.delete(account)
      known.set(account, found)
      if (known.size > mostKnown) known.delete(known.keys().next().value as Address)
      return found
    } finally {
      asked--
      waiting.shift()?.()
    }
  }

  /** The answer; undefined once it is not worth waiting for. */
  const within = (answer: Promise<Known | undefined>, mostMs: number): Promise<Known | undefined> =>
    new Promise((resolve) => {
      const began = performance.now()
      const timer = setInterval(() => {
        if (reach.isDoubtful() || performance.now() - began > mostMs) end(undefined)
      }, lookMs)
      const end = (found: Known | undefined): void => {
        clearInterval(timer)
        resolve(found)
      }
      void answer.then(end)
    })

  return {
    async of(account) {
      const before = known.get(account)
      if (reach.isDoubtful()) {
        // Whether it is back is found out beside; who asks next may be told more.
        reach.assert().catch(() => {})
        return before
      }
      // What the chain refuses or does not answer is not known now; the heartbeat says what is wrong with it.
      const answer = ask(account).catch(() => undefined)
      return (await within(answer, before === undefined ? patienceMs.unknown : patienceMs.known)) ?? known.get(account)
    },
  }
}
