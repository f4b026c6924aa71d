/**
 * Leaving without the operator's word: exits, which are settled within their window, finalized after it and paid out; and binding an owner,
 * which ends a running exit. Both come from anybody with the right signature; the contract judges them.
 */

import type { Client } from '../chain/Client.ts'
import * as House from '../chain/House.ts'
import type * as Sender from '../chain/Sender.ts'
import * as Account from '../core/Account.ts'
import * as Ledger from '../core/Ledger.ts'
import type { Address } from '../core/Payment.ts'
import type { Record } from '../core/Record.ts'
import type { ExitRequest, OwnerRequest, Transaction } from '../core/Wire.ts'
import * as Signature from '../crypto/Signature.ts'
import type { Settle } from './Settle.ts'
import type { Sync } from './Sync.ts'

export interface LeaveOptions {
  readonly ledger: Ledger.Ledger
  readonly client: Client
  readonly sender: Sender.Sender
  readonly sync: Sync
  readonly settle: Settle
  readonly house: Address
  readonly nowSeconds: () => bigint
}

export interface Leave {
  /** @throws {RevertedError} */
  exit(request: ExitRequest): Promise<Transaction>
  /** @throws {RevertedError} */
  bindOwner(request: OwnerRequest): Promise<Transaction>
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

/** Our clock and the chain's may differ by a little. */
const marginSeconds = 2n

const answer = ({ transaction, block, gasUsed }: Sender.Sent): Transaction => ({ transaction, block, gasUsed })

export const create = (options: LeaveOptions): Leave => {
  const { ledger, client, sender, sync, settle, house } = options
  /** Accounts whose exit runs. */
  const leaving = new Map<string, { readonly asset: Address; readonly account: Address }>()

  const isUnsettled = (asset: Address, account: Address): boolean =>
    Account.isUnsettled(Ledger.account(ledger, asset, account))

  const finalize = async (asset: Address, account: Address): Promise<void> => {
    const { to, endsAt } = await House.exit(client, house, asset, account)
    if (endsAt === 0n || endsAt + marginSeconds > options.nowSeconds()) return
    // The last chance to take what the account still owes (I6), and to give it what it is owed.
    if (isUnsettled(asset, account)) await settle.now()
    // Not tried first: a trial would run at the last block's time, which may lie within the window still.
    const sent = await sender.send(House.call(house, 'finalizeExit', [asset, account], gasOfExit))
    await sync.now(sent.block)
    // A receiver that the token refuses draws by itself once it is accepted again; its money is set apart for it.
    if ((await House.setApart(client, house, asset, to)) > 0n)
      await sender.send(House.call(house, 'draw', [asset, to], gasOfDraw, true))
  }

  return {
    async exit({ asset, account, to, deadline, signature }) {
      const args = [asset, account, to, deadline, Signature.compact(signature)]
      const sent = await sender.send(House.call(house, 'requestExit', args, gasOfExit, true))
      await sync.now(sent.block)
      // The exit runs whether or not settling succeeds now; if not, the heartbeat tries again until the window ends.
      await settle.now().catch(() => undefined)
      return answer(sent)
    },
    async bindOwner({ account, owner, signature }) {
      const args = [account, owner, Signature.compact(signature)]
      const sent = await sender.send(House.call(house, 'bindOwner', args, gasOfBinding, true))
      await sync.now(sent.block)
      return answer(sent)
    },
    observe(record) {
      if (record.type !== 'chain') return
      for (const { asset, account, leaving: isLeaving } of record.slots) {
        if (isLeaving) leaving.set(asset + account, { asset, account })
        else leaving.delete(asset + account)
      }
    },
    isPressing: () => [...leaving.values()].some(({ asset, account }) => isUnsettled(asset, account)),
    async finalizeExits() {
      // One at a time, and each for itself: one that fails holds up no other (I8).
      const failures: unknown[] = []
      for (const { asset, account } of [...leaving.values()]) {
        try {
          await finalize(asset, account)
        } catch (error) {
          failures.push(error)
        }
      }
      if (failures.length > 0) throw failures[0]
    },
  }
}
