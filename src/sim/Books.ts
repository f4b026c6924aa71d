/**
 * What everybody holds, kept beside the ledger from what was really accepted, because a plan needs it between phases. Figures for a report
 * come from journal and chain, never from here.
 */
import type { Party, Role } from './PlanState.ts'

/** A participant's name: `robot 17`. */
export const nameOf = ({ role, index }: Party): string => `${role} ${index}`

export class Books {
  readonly #held = { dollars: new Map<string, bigint>(), credits: new Map<string, bigint>() }

  /** Moves an amount; without a payer it comes from outside, without a payee it goes there. */
  move(what: 'dollars' | 'credits', from: Party | undefined, to: Party | undefined, amount: bigint): void {
    const held = this.#held[what]
    if (from !== undefined) held.set(nameOf(from), (held.get(nameOf(from)) ?? 0n) - amount)
    if (to !== undefined) held.set(nameOf(to), (held.get(nameOf(to)) ?? 0n) + amount)
  }

  of(what: 'dollars' | 'credits', party: Party): bigint {
    return this.#held[what].get(nameOf(party)) ?? 0n
  }

  /** What each participant of a role holds, by index. */
  all(what: 'dollars' | 'credits', role: Role, count: number): bigint[] {
    return Array.from({ length: count }, (_, index) => this.of(what, { role, index }))
  }
}
