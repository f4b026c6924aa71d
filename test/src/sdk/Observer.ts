/**
 * Watches what a robot signs, from outside: a signer that writes down each message before it signs it. Knows nothing of the SDK but the
 * interface of a signer, so what the SDK believes of itself does not matter here.
 */
import type { Address, Hex } from '../../../src/core/Payment.ts'
import * as Signer from '../../../src/sdk/Signer.ts'
import type * as TypedData from '../../../src/sdk/TypedData.ts'

export interface Seen {
  readonly kind: TypedData.Kind
  readonly domain: TypedData.Domain
  readonly message: { readonly [field: string]: unknown }
}

export class Observer implements Signer.Signer {
  readonly address: Address
  readonly seen: Seen[] = []
  readonly #signer: Signer.Signer

  constructor(key: Hex) {
    this.#signer = Signer.fromKey(key)
    this.address = this.#signer.address
  }

  sign<K extends TypedData.Kind>(
    kind: K,
    domain: TypedData.Domain,
    message: TypedData.Messages[K],
  ): Hex | Promise<Hex> {
    this.seen.push({ kind, domain, message: { ...message } })
    return this.#signer.sign(kind, domain, message)
  }

  /** The highest total of a debit that was signed in an asset. */
  highest(asset: Address): bigint {
    const totals = this.of('Debit').flatMap(({ message }) =>
      message['asset'] === asset ? [message['total'] as bigint] : [],
    )
    return totals.reduce((a, b) => (b > a ? b : a), 0n)
  }

  of(kind: TypedData.Kind): readonly Seen[] {
    return this.seen.filter((seen) => seen.kind === kind)
  }
}
