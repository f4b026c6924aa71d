/**
 * The debits that a line has signed and has no receipt of, by their history. A service that shows one of them as accepted, also one that
 * it refused before, has thereby accepted every payment on the way to it: none of those is signed again.
 */
import type { Hex, PaymentRequest } from '../core/Payment.ts'
import type * as Digest from '../crypto/Digest.ts'
import * as Entry from './Entry.ts'

interface Link {
  readonly request: PaymentRequest
  /** The history that it continues. */
  readonly before: Hex
}

/** What was refused is forgotten in the end; then only its receipt counts. */
const mostLinks = 4_096
const mostCharged = 1_000

/** No history of ours. */
const nothing: Hex = '0x'

const addTo = <V>(map: Map<Hex, V>, key: Hex, value: V, most: number): void => {
  map.set(key, value)
  if (map.size > most) map.delete(map.keys().next().value as Hex)
}

export class Signed {
  readonly #links = new Map<Hex, Link>()
  /** Charged, and nobody waits for the receipt; by reference. */
  readonly #charged = new Map<Hex, PaymentRequest>()

  add(request: PaymentRequest, before: Hex): void {
    addTo(this.#links, request.history, { request, before }, mostLinks)
  }

  /** What an earlier process signed, in its order. */
  addAll(requests: readonly PaymentRequest[]): void {
    for (const [i, request] of requests.entries()) {
      const before = requests[i - 1]
      const follows = before !== undefined && Entry.continues(before, request)
      this.add(request, follows ? before.history : nothing)
    }
  }

  /** The receipt of its purchase is there. */
  settled(reference: Hex): void {
    this.#charged.delete(reference)
  }

  /** It is charged, and its receipt is not there: whoever pays the same again gets the receipt of this one. */
  remember(request: PaymentRequest): void {
    addTo(this.#charged, request.reference, request, mostCharged)
  }

  charged(reference: Hex): PaymentRequest | undefined {
    return this.#charged.get(reference)
  }

  /**
   * A debit with this history has been accepted: what is still open of the payments that it includes is sent as it was accepted.
   * @returns those that are not open any more: they were refused before
   */
  accept(history: Hex, open: ReadonlyMap<Hex, Entry.Entry>, domain: Digest.Domain): readonly PaymentRequest[] {
    const decided: PaymentRequest[] = []
    for (let link = this.#links.get(history); link !== undefined; link = this.#links.get(link.before)) {
      const { request } = link
      const entry = open.get(request.reference)
      this.#links.delete(request.history)
      if (entry !== undefined) Entry.include(entry, request, domain)
      else {
        this.remember(request)
        decided.push(request)
      }
    }
    return decided
  }
}
