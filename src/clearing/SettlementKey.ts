/**
 * Whether the contract takes settlements of our key. Checked before the service starts: with another key everything would be accepted and
 * nothing ever settled. Where it is replaced later, payments go on, since the credit key decides about those, and the service says that it
 * cannot settle.
 */
import type { Client } from '../chain/Client.ts'
import * as House from '../chain/House.ts'
import { SunledgerError } from '../core/Errors.ts'
import type { Address } from '../core/Payment.ts'

export interface SettlementKey {
  /** @throws {SettlementKeyReplacedError} @throws {ChainUnreachableError} */
  verify(): Promise<void>
  /** Looks again, but not more often than needed. @throws {ChainUnreachableError} */
  look(): Promise<void>
  /** As of the last look; undefined before the first. */
  readonly isOurs: boolean | undefined
}

const everyMs = 5000

export const create = (client: Client, house: Address, ours: Address): SettlementKey => {
  let honoured: Address | undefined
  let lookedMs = Number.NEGATIVE_INFINITY
  const read = async (): Promise<Address> => {
    lookedMs = performance.now()
    honoured = await House.settlementKey(client, house)
    return honoured
  }
  return {
    async verify() {
      const key = await read()
      if (key !== ours) throw new SettlementKeyReplacedError(key, ours)
    },
    async look() {
      if (performance.now() - lookedMs >= everyMs) await read()
    },
    get isOurs() {
      return honoured === undefined ? undefined : honoured === ours
    },
  }
}

/** The clearing house takes settlements of another key. */
export class SettlementKeyReplacedError extends SunledgerError {
  override readonly name = 'SettlementKeyReplacedError'
  constructor(expected: Address, actual: Address) {
    super('SL520', 'The clearing house takes settlements of another key.', {
      expected,
      actual,
      hint: 'Put the settlement key that it honours into the key file, and start the service again. Nothing was accepted.',
      status: 503,
    })
  }
}
