/**
 * Keeps what `Select` has to know about the members of the next settlement: who must not wait, since when the others have, what the pool holds
 * and what is left of the share of the coin. Since when is remembered in memory alone: after a start everybody's time begins anew.
 */
import type { Client } from '../chain/Client.ts'
import * as House from '../chain/House.ts'
import type { Account } from '../core/Account.ts'
import type { Address } from '../core/Payment.ts'
import * as Select from './Select.ts'
import type { Spender } from './Spender.ts'

export type Named = Pick<Account, 'asset' | 'account'>

export interface Due {
  /** The next settlement takes everybody. */
  everybody(): void
  /** The next settlement takes this one, whatever it is worth. */
  force(account: Named): void
  /** Who is settled now, of all that is unsettled. */
  choose(accounts: readonly Account[]): Promise<readonly Account[]>
  /** Since when the one that was left out first has waited (monotonic). */
  readonly leftSinceMs: number | undefined
  /** How many were left out. */
  readonly left: number
  /** Whether nothing was worth settling lately, and looking again would cost more than it brings. */
  readonly isResting: boolean
}

export interface DueOptions {
  readonly client: Client
  readonly house: Address
  readonly sender: Spender
  readonly nowMs?: () => number
}

/** What one member takes at most (`Plan`), less what a slot that was never written costs more. */
const gasOfMember = 16_000n
/** A settlement has so many whatever the share says, or a key with little coin would settle nothing. */
const leastMembers = 400
/** For each member that was left out, before it is looked at again; not longer than a minute. */
const restMs = 1
const longestRestMs = 60_000

const key = ({ asset, account }: Named): string => asset + account

export const create = ({ client, house, sender, nowMs = () => performance.now() }: DueOptions): Due => {
  const { limits } = sender.budget
  let isEverybody = false
  const forced = new Set<string>()
  let since = new Map<string, number>()
  let restUntilMs = 0

  /** As many as what is left of the share pays for; none where it is spent. */
  const most = (): number => {
    if (limits.settlementShareBpsPerHour >= 10_000) return Number.POSITIVE_INFINITY
    const { coinWei = 0n, weiPerGas = 0n } = sender
    const leftWei = (coinWei * BigInt(limits.settlementShareBpsPerHour)) / 10_000n - sender.budget.operatorWei
    if (leftWei <= 0n && sender.budget.operatorWei > 0n) return 0
    const each = gasOfMember * weiPerGas
    return each === 0n ? Number.POSITIVE_INFINITY : Math.max(leastMembers, Number(leftWei / each))
  }

  /** The configured minimum, or what a member costs where the coin's price is known. */
  const minimumAtomic = (): bigint => {
    const { weiPerGas = 0n } = sender
    const costAtomic = (gasOfMember * weiPerGas * limits.coinPriceAtomic) / 10n ** 18n
    return costAtomic > limits.minimumAtomic ? costAtomic : limits.minimumAtomic
  }

  const pools = async (accounts: readonly Account[]): Promise<ReadonlyMap<Address, bigint>> => {
    const assets = [...new Set(accounts.map(({ asset }) => asset))]
    const block = await client.getBlockNumber({ cacheTime: 0 })
    const held = await Promise.all(assets.map((asset) => House.holdings(client, house, asset, block)))
    return new Map(assets.map((asset, i) => [asset, held[i]?.pool ?? 0n]))
  }

  const note = (accounts: readonly Account[], chosen: ReadonlySet<Account>): void => {
    const now = nowMs()
    const left = accounts.filter((account) => !chosen.has(account)).map(key)
    since = new Map(left.map((name) => [name, since.get(name) ?? now]))
    restUntilMs = chosen.size === 0 ? now + Math.min(longestRestMs, left.length * restMs) : 0
  }

  return {
    everybody() {
      isEverybody = true
    },
    force: (account) => void forced.add(key(account)),
    async choose(accounts) {
      const [all, now] = [isEverybody, new Set(forced)]
      isEverybody = false
      forced.clear()
      if (all || accounts.length === 0) {
        since.clear()
        return accounts
      }
      await sender.ready()
      const minimum = minimumAtomic()
      const atMost = most()
      const pool = minimum === 0n && accounts.length <= atMost ? new Map<Address, bigint>() : await pools(accounts)
      const oldest = nowMs() - limits.settledWithinMs
      const chosen = Select.select(accounts, {
        minimumAtomic: minimum,
        most: atMost,
        poolOf: (asset) => pool.get(asset) ?? 0n,
        isForced: (account) => now.has(key(account)),
        isAged: (account) => (since.get(key(account)) ?? Number.POSITIVE_INFINITY) <= oldest,
      })
      note(accounts, new Set(chosen))
      return chosen
    },
    get leftSinceMs() {
      return since.size === 0 ? undefined : Math.min(...[...since.values()].slice(0, 10_000))
    },
    get left() {
      return since.size
    },
    get isResting() {
      return nowMs() < restUntilMs
    },
  }
}
