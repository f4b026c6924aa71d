/** Whose accounts take part in `bench recovery`, and what a client tells of them: the same for the same seed. */
import type { Address, Hex } from '../../../src/core/Payment.ts'
import * as Keccak from '../../../src/crypto/Keccak.ts'
import * as Signature from '../../../src/crypto/Signature.ts'

/** A payment whose receipt a client holds. Amounts are decimal strings. */
export interface Paid {
  readonly id: Hex
  readonly payer: Address
  readonly payee: Address
  readonly amount: string
  readonly total: string
}

/** What a client says. `quiet`: it was told to pause, and has an answer to everything that it sent. */
export type Told = ({ readonly type: 'paid' } & Paid) | { readonly type: 'ready' } | { readonly type: 'quiet' }

export const of = (seed: number) => {
  const key = (client: number, robot: number): Hex => Keccak.ofText(`recovery ${seed} client ${client} robot ${robot}`)
  const known = new Map<string, Address>()
  return {
    key,
    address(client: number, robot: number): Address {
      const id = `${client} ${robot}`
      const found = known.get(id) ?? Signature.addressOf(key(client, robot))
      known.set(id, found)
      return found
    },
  }
}
