/**
 * Watches that the credit key is the one that the clearing house honours. What another key signs draws on reserves alone, and collects nothing:
 * nobody may be given such a receipt for a payment. Once the cold key has replaced it, nothing more is accepted until the service has been
 * started with the new one; it then proves everything that was accepted before with that (`Commit.receiptOf`). It is read again and again
 * meanwhile: where a node was wrong for some seconds, acceptance goes on by itself.
 */
import type { Client } from '../chain/Client.ts'
import * as House from '../chain/House.ts'
import { SunledgerError } from '../core/Errors.ts'
import type { Address, Hex } from '../core/Payment.ts'
import * as Signature from '../crypto/Signature.ts'
import type { Commit } from './Commit.ts'

export interface CreditKeyOptions {
  readonly client: Client
  readonly house: Address
  readonly commit: Commit
}

export interface CreditKey {
  readonly address: Address
  /** Interrupts acceptance while it is replaced. @throws {CreditKeyReplacedError} @throws {ChainUnreachableError} */
  verify(): Promise<void>
  /** The same, but not more often than needed, and without a word. */
  look(): Promise<void>
}

const everyMs = 2000

export const create = ({ client, house, commit }: CreditKeyOptions, key: Hex): CreditKey => {
  const address = Signature.addressOf(key)
  let lookedMs = Number.NEGATIVE_INFINITY

  const verify = async (): Promise<void> => {
    lookedMs = performance.now()
    const honoured = await House.creditKey(client, house)
    if (honoured === address) {
      commit.release('creditKey')
      return
    }
    const error = new CreditKeyReplacedError(honoured, address)
    commit.hold('creditKey', error)
    throw error
  }

  return {
    address,
    verify,
    async look() {
      if (performance.now() - lookedMs < everyMs) return
      await verify()
    },
  }
}

/** The clearing house honours another credit key. */
export class CreditKeyReplacedError extends SunledgerError {
  override readonly name = 'CreditKeyReplacedError'
  constructor(expected: Address, actual: Address) {
    super('SL519', 'The credit key has been replaced, so nothing is accepted with the old one.', {
      expected,
      actual,
      hint: 'Put the new key into the key file and start the service again. Send the very same payment again then.',
      status: 503,
    })
  }
}
