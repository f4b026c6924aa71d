/** Authorizations that are being served: whoever hands one in again meanwhile waits for nothing. */
import { ExactRefusedError } from './ExactErrors.ts'

/** The chain knows those that are over; these are only those of late. */
const mostNonces = 100_000

export class Nonces {
  readonly #seen = new Set<string>()

  /** @throws {ExactRefusedError} it is in use */
  take(nonce: string): void {
    if (this.#seen.has(nonce)) throw new ExactRefusedError('invalid_exact_evm_nonce_already_used')
    this.#seen.add(nonce)
    if (this.#seen.size > mostNonces) this.#seen.delete(this.#seen.values().next().value as string)
  }

  release(nonce: string): void {
    this.#seen.delete(nonce)
  }
}
