/**
 * Leaving without the operator's word: exits, which are settled within their window, finalized after it and paid out; and binding an owner,
 * which ends a running exit. Both come from anybody with the right signature; the contract judges them.
 */

import type { Client } from '../chain/Client.ts'
import * as House from '../chain/House.ts'
import * as Sender from '../chain/Sender.ts'
import * as Account from '../core/Account.ts'
import * as Ledger from '../core/Ledger.ts'
import type { Address } from '../core/Payment.ts'
import type { Record } from '../core/Record.ts'
import type { ExitRequest, OwnerRequest, Transaction } from '../core/Wire.ts'
import * as Signature from '../crypto/Signature.ts'
import { AmountTooSmallError, ShareSpentError } from './GasBudget.ts'
import type { Settle } from './Settle.ts'
import type { Spender } from './Spender.ts'
import type { Sync } from './Sync.ts'

export interface LeaveOptions {
  readonly ledger: Ledger.Ledger
  readonly client: Client
  readonly sender: Spender
  readonly sync: Sync
  readonly settle: Settle
  readonly house: Address
  readonly nowSeconds: () => bigint
}

export interface Leave {
  /**
   * @param from the range of addresses that it comes from
   * @throws {RevertedError} @throws {AmountTooSmallError} @throws {TooManyTransactionsError} @throws {ShareSpentError}
   */
  exit(request: ExitRequest, from?: string): Promise<Transaction>
  /** @throws as `exit` */
  bindOwner(request: OwnerRequest, from?: string): Promise<Transaction>
  /** Tells of a journal record, at start and later. */
  observe(record: Record): void
  /** Whether an account whose exit runs has something unsettled. */
  isPressing(): boolean
  /** Finalizes exits whose window has passed, and pays them out. */
  finalizeExits(): Promise<void>
}

const gasOfExit = 200_000n
const gasOfDraw = 250_000n
const gasOfBinding = 150_000n

/** After a finalization that the contract refused. */
const firstPauseMs = 15_000
const longestPauseMs = 3_600_000

/** Our clock and the chain's may differ by a little. */
const marginSeconds = 2n

const answer = ({ transaction, block, gasUsed }: Sender.Sent): Transaction => ({ transaction, block, gasUsed })

export const create = (options: LeaveOptions): Leave => {
  const { ledger, client, sender, sync, settle, house } = options
  const { minimumAtomic } = sender.budget.limits
  /** Accounts whose exit runs. */
  const leaving = new Map<string, { readonly asset: Address; readonly account: Address }>()
  /** Exits that the contract refused to finalize. */
  const pauses = new Map<string, { readonly forMs: number; readonly untilMs: number }>()

  const isUnsettled = (asset: Address, account: Address): boolean =>
    Account.isUnsettled(Ledger.account(ledger, asset, account))

  const finalize = async (asset: Address, account: Address): Promise<void> => {
    const { to, endsAt } = await House.exit(client, house, asset, account)
    if (endsAt === 0n || endsAt + marginSeconds > options.nowSeconds()) return
    // The last chance to take what the account still owes (I6), and to give it what it is owed.
    if (isUnsettled(asset, account)) await settle.due({ asset, account })
    // Not tried first: a trial would run at the last block's time, which may lie within the window still.
    await sender.ready()
    const finalized = sender.own('finalizeExit')
    const sent = await sender.send(House.call(house, 'finalizeExit', [asset, account], gasOfExit), finalized)
    await sync.now(sent.block)
    // A receiver that the token refuses draws by itself once it is accepted again; its money is set apart for it.
    if ((await House.setApart(client, house, asset, to)) > 0n)
      await sender.send(House.call(house, 'draw', [asset, to], gasOfDraw, true), sender.own('draw'))
  }

  const inAsset = (asset: Address, account: Address): bigint => Account.position(Ledger.account(ledger, asset, account))

  /** What holds less than a transaction costs, its owner finalizes, or anybody else. */
  const isWorth = (asset: Address, account: Address): boolean => inAsset(asset, account) >= minimumAtomic

  /** Of the asset in which it holds most. */
  const assertHolds = (account: Address, assets: readonly Address[]): void => {
    const held = assets.map((asset) => inAsset(asset, account)).reduce((a, b) => (a > b ? a : b), 0n)
    if (held < minimumAtomic) throw new AmountTooSmallError('What the account holds', minimumAtomic, held)
  }

  /** Each time twice as long, so that what the contract refuses costs little. */
  const pause = (name: string): void => {
    const { forMs = firstPauseMs / 2 } = pauses.get(name) ?? {}
    const nextMs = Math.min(2 * forMs, longestPauseMs)
    pauses.set(name, { forMs: nextMs, untilMs: performance.now() + nextMs })
  }

  /**
   * What it owes has to be on chain before the window ends (I6). What it is owed stays due after it, too: else anybody could have everything
   * settled every few seconds, by paying a millionth to somebody who leaves.
   */
  const isPressing = (asset: Address, account: Address): boolean => {
    const holder = Ledger.account(ledger, asset, account)
    const credit = Account.unsettledCredit(holder)
    return Account.unsettledDebit(holder) > 0n || (credit > 0n && credit >= minimumAtomic)
  }

  const isTurn = (name: string): boolean => performance.now() >= (pauses.get(name)?.untilMs ?? 0)

  return {
    async exit({ asset, account, to, deadline, signature }, from) {
      assertHolds(account, [asset])
      const args = [asset, account, to, deadline, Signature.compact(signature)]
      const call = House.call(house, 'requestExit', args, gasOfExit, true)
      const sent = await sender.serve('exit', { account, from }, call)
      await sync.now(sent.block)
      // The exit runs whether or not settling succeeds now; if not, the heartbeat tries again until the window ends.
      await settle.due({ asset, account }).catch(() => undefined)
      return answer(sent)
    },
    async bindOwner({ account, owner, signature }, from) {
      assertHolds(account, [...ledger.assets])
      const args = [account, owner, Signature.compact(signature)]
      const call = House.call(house, 'bindOwner', args, gasOfBinding, true)
      const sent = await sender.serve('owner', { account, from }, call)
      await sync.now(sent.block)
      return answer(sent)
    },
    observe(record) {
      if (record.type !== 'chain') return
      for (const { asset, account, leaving: isLeaving } of record.slots) {
        if (isLeaving) leaving.set(asset + account, { asset, account })
        else {
          leaving.delete(asset + account)
          pauses.delete(asset + account)
        }
      }
    },
    isPressing: () => [...leaving.values()].some(({ asset, account }) => isPressing(asset, account)),
    async finalizeExits() {
      // One at a time, and each for itself: one that fails holds up no other (I8).
      const failures: unknown[] = []
      for (const [name, { asset, account }] of [...leaving]) {
        if (!isWorth(asset, account) || !isTurn(name)) continue
        try {
          await finalize(asset, account)
          pauses.delete(name)
        } catch (error) {
          // Where strangers have had their share of this hour, it waits for the next one.
          if (error instanceof ShareSpentError) return
          // A revert costs gas each time, for example while this machine's clock is ahead of the chain's.
          if (error instanceof Sender.RevertedError) pause(name)
          failures.push(error)
        }
      }
      if (failures.length > 0) throw failures[0]
    },
  }
}
