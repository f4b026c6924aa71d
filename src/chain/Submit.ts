/**
 * Hands calls to the node, each under the next nonce. Whether a node has taken a transaction is asked where its answer does not say; a
 * nonce is given to the next call only when that is known.
 */
import { TransactionNotFoundError } from 'viem'
import type { Hex } from '../core/Payment.ts'
import * as Turns from '../core/Turns.ts'
import { isBusy } from './Client.ts'
import * as Outbox from './Outbox.ts'
import * as Revert from './Revert.ts'

/** How often another nonce is tried: more than one process must have used the key meanwhile. */
const mostNonces = 3
/** How long a base fee is good; twice of it is offered. */
const feeGoodMs = 2000

/** Who is asked before a nonce is used for the first time, and told when another transaction has used it. */
export interface Fence {
  /** Resolves when it may be used. @throws what forbids it */
  claim(nonce: number): Promise<void>
  /** A transaction of somebody else has used it. @throws where nobody else may have */
  overtaken(nonce: number): void
}

export const create = (options: Outbox.OutboxOptions, outbox: Outbox.Outbox, fence?: Fence) => {
  const { client, address, sign } = options
  const inTurn = Turns.queue()
  /** The next one; unknown at the start and after a failure. */
  let nonce: number | undefined
  /** All before it were used by others, such as this service before it was killed. */
  let first: number | undefined
  let baseFee: { wei: bigint; atMs: number } | undefined

  const baseFeeWei = async (): Promise<bigint> => {
    if (baseFee === undefined || performance.now() - baseFee.atMs > feeGoodMs) {
      const block = await client.getBlock()
      baseFee = { wei: block.baseFeePerGas ?? 1_000_000_000n, atMs: performance.now() }
    }
    return baseFee.wei
  }

  const pending = () => client.getTransactionCount({ address, blockTag: 'pending' })

  /** A node may have taken a transaction although its answer was an error or got lost. Undefined: that too was not answered. */
  const isKnown = (hash: Hex): Promise<boolean | undefined> =>
    client.getTransaction({ hash }).then(
      () => true,
      (error) => (error instanceof TransactionNotFoundError ? false : undefined),
    )

  /** Nobody else's turn comes before it is known whether the nonce is used. */
  const submit = async (flight: Outbox.Flight): Promise<void> => {
    for (let attempt = 1; ; attempt++) {
      const fees = Outbox.feesAt(await baseFeeWei())
      nonce ??= await pending()
      first ??= nonce
      await fence?.claim(nonce)
      const form = sign(nonce, fees, flight.call)
      try {
        await client.sendRawTransaction({ serializedTransaction: form.serialized })
      } catch (error) {
        const known = await isKnown(form.transaction)
        // The line or the node was busy: the very same again.
        if (known === false && attempt < mostNonces && isBusy(error)) continue
        if (known !== true) {
          nonce = undefined
          baseFee = undefined
          if (attempt >= mostNonces || !/nonce|already known|underpriced|fee/i.test(Revert.reasonOf(error, [])))
            throw error
          // A nonce that is too high: earlier transactions are missing, as after a reorganisation.
          await outbox.tend()
          continue
        }
      }
      flight.nonce = nonce++
      flight.forms = [form]
      flight.sentMs = performance.now()
      outbox.add(flight)
      return
    }
  }

  return {
    baseFeeWei,
    submit: (flight: Outbox.Flight) => inTurn(() => submit(flight)),
    /** Whether nonces from before this sender's time are still open. */
    async isHaunted(used: number): Promise<boolean> {
      return first === undefined ? (await pending()) > used : used < first
    },
  }
}
