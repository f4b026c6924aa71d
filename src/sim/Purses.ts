/**
 * What everybody holds of one asset, packed: eight bytes an account. It refuses what the clearing house's ledger refuses (nothing, to oneself, more
 * than is held), so a plan that spends too much fails here as it would there.
 */
import type { Party, Role } from './plan/State.ts'
import type { Scenario } from './Scenario.ts'

export class Purses {
  readonly of: { readonly [role in Role]: BigInt64Array }

  constructor({ customers, robots, producers, sites, stations, storages }: Scenario) {
    this.of = {
      customer: new BigInt64Array(customers),
      robot: new BigInt64Array(robots),
      producer: new BigInt64Array(producers + 1),
      site: new BigInt64Array(sites),
      station: new BigInt64Array(stations),
      storage: new BigInt64Array(storages),
    }
  }

  held({ role, index }: Party): bigint {
    return this.of[role][index] ?? 0n
  }

  /** From outside: a deposit, or credits that are minted. A negative amount goes there. */
  add({ role, index }: Party, amount: bigint): void {
    this.of[role][index] = (this.of[role][index] ?? 0n) + amount
  }

  /** False where a ledger would refuse it; nothing has moved then. */
  move(from: Party, to: Party, amount: bigint): boolean {
    const held = this.held(from)
    if (amount <= 0n || held < amount || (from.role === to.role && from.index === to.index)) return false
    this.add(from, -amount)
    this.add(to, amount)
    return true
  }

  /** What everybody holds from now on. */
  fill(held: { readonly [role in Role]: ArrayLike<bigint> }): void {
    for (const role of Object.keys(this.of) as Role[]) this.of[role].set(held[role])
  }

  /** What everybody of each role holds, as it is now. */
  copy(): { readonly [role in Role]: BigInt64Array } {
    return Object.fromEntries(Object.entries(this.of).map(([role, held]) => [role, held.slice()])) as never
  }

  /** All that everybody holds. */
  get sum(): bigint {
    return Object.values(this.of).reduce((total, list) => total + list.reduce((sum, held) => sum + held, 0n), 0n)
  }
}
