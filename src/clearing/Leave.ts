/**
 * Money out: withdrawals with the operator's word, exits without it, and binding an owner. A withdrawal is journaled before it is sent, so
 * that what it takes is not spent meanwhile and a crash in between only delays it.
 */

import type { Client } from '../chain/Client.ts'
import { ChainUnreachableError } from '../chain/Client.ts'
import * as House from '../chain/House.ts'
import type * as Sender from '../chain/Sender.ts'
import * as Account from '../core/Account.ts'
import { SunledgerError } from '../core/Errors.ts'
import * as Ledger from '../core/Ledger.ts'
import type { Address } from '../core/Payment.ts'
import type { ChainRecord, Record, WithdrawalRecord } from '../core/Record.ts'
import type { ExitRequest, OwnerRequest, Transaction, WithdrawalRequest } from '../core/Wire.ts'
import * as Digest from '../crypto/Digest.ts'
import * as Signature from '../crypto/Signature.ts'
import type { Commit } from './Commit.ts'
import type { Settle } from './Settle.ts'
import type { Sync } from './Sync.ts'

export interface LeaveOptions {
  readonly ledger: Ledger.Ledger
  readonly commit: Commit
  readonly client: Client
  readonly sender: Sender.Sender
  readonly sync: Sync
  readonly settle: Settle
  readonly house: Address
  readonly domain: Digest.Domain
  readonly nowSeconds: () => bigint
}

export interface Leave {
  withdraw(request: WithdrawalRequest): Promise<Transaction>
  exit(request: ExitRequest): Promise<Transaction>
  bindOwner(request: OwnerRequest): Promise<Transaction>
  /** Sends withdrawals again that were journaled and not seen on chain. */
  resume(): Promise<void>
  /** Tells of a journal record, at start and later. */
  observe(record: Record): void
  /** Finalizes exits whose window has passed, and pays them out. */
  finalizeExits(): Promise<void>
}

const gasOfWithdrawal = 250_000n
const gasOfExit = 200_000n
const gasOfBinding = 150_000n

const key = (w: { asset: Address; account: Address; nonce: bigint }): string => `${w.asset}${w.account}${w.nonce}`
const zeroAddress: Address = `0x${'0'.repeat(40)}`
const answer = ({ transaction, block, gasUsed }: Sender.Sent): Transaction => ({ transaction, block, gasUsed })

export const create = (options: LeaveOptions): Leave => {
  const { ledger, commit, client, sender, sync, settle, house, domain } = options
  /** Journaled and not yet seen on chain. */
  const pending = new Map<string, WithdrawalRecord>()
  /** Accounts whose exit runs. */
  const leaving = new Map<string, { asset: Address; account: Address }>()

  const forget = (asset: Address, account: Address, amount: bigint): void => {
    for (const [id, w] of pending)
      if (w.asset === asset && w.account === account && w.amount === amount) {
        pending.delete(id)
        return
      }
  }

  const observeChain = (record: ChainRecord): void => {
    for (const event of record.events) if (event.type === 'withdrawn') forget(event.asset, event.account, event.amount)
    for (const { asset, account, leaving: isLeaving } of record.slots) {
      if (isLeaving) leaving.set(asset + account, { asset, account })
      else leaving.delete(asset + account)
    }
  }

  /** Checks without waiting, so that nothing comes between the check and what follows it. */
  const check = (request: WithdrawalRequest, chain: Awaited<ReturnType<typeof House.nonces>>): void => {
    const { asset, account, amount, nonce, deadline, to, signature } = request
    const state = Ledger.account(ledger, asset, account)
    const owner = chain.owner === zeroAddress ? account : chain.owner
    const signer = Signature.recover(
      Digest.withdraw(domain, { asset, account, to, amount, nonce, deadline }),
      Signature.compact(signature),
    )
    if (signer !== owner)
      throw new WithdrawalRefusedError('the signature of the account’s owner', owner, signer ?? 'none')
    const waiting = [...pending.values()].filter((w) => w.asset === asset && w.account === account).length
    const next = (chain.nonces[0] as bigint) + BigInt(waiting)
    if (nonce !== next) throw new WithdrawalRefusedError('the account’s next nonce', `${next}`, `${nonce}`)
    if (deadline < options.nowSeconds())
      throw new WithdrawalRefusedError('a deadline that lies ahead', `at least ${options.nowSeconds()}`, `${deadline}`)
    const available = Account.available(state)
    if (amount === 0n || amount > available)
      throw new WithdrawalRefusedError('an amount that is available', `1 to ${available}`, `${amount}`)
  }

  const send = async (w: WithdrawalRecord): Promise<Transaction> => {
    if (Account.isUnsettled(Ledger.account(ledger, w.asset, w.account))) await settle.now()
    try {
      const args = [w.asset, w.account, w.to, w.amount, w.deadline, w.signature]
      const sent = await sender.send(House.call(house, 'withdraw', args, gasOfWithdrawal, true))
      await sync.now()
      return answer(sent)
    } catch (error) {
      // Only a refusal by the contract frees the money; if the chain cannot be reached the withdrawal may still happen.
      if (!(error instanceof ChainUnreachableError)) {
        const { asset, account, amount, nonce } = w
        pending.delete(key(w))
        await commit.add({ type: 'withdrawalFailed', asset, account, amount, nonce })
      }
      throw error
    }
  }

  return {
    async withdraw(request) {
      check(request, await House.nonces(client, house, [request.asset], request.account))
      const record: WithdrawalRecord = {
        type: 'withdrawal',
        ...request,
        signature: Signature.compact(request.signature),
      }
      pending.set(key(record), record)
      await commit.add(record)
      return send(record)
    },
    async exit({ asset, account, to, deadline, signature }) {
      const args = [asset, account, to, deadline, Signature.compact(signature)]
      const sent = await sender.send(House.call(house, 'requestExit', args, gasOfExit, true))
      // Whatever was accepted of the account is settled within the window (I6).
      await sync.now()
      await settle.now()
      return answer(sent)
    },
    async bindOwner({ account, owner, signature }) {
      const args = [account, owner, Signature.compact(signature)]
      const sent = await sender.send(House.call(house, 'bindOwner', args, gasOfBinding, true))
      await sync.now()
      return answer(sent)
    },
    async resume() {
      await Promise.allSettled([...pending.values()].map(send))
    },
    observe(record) {
      if (record.type === 'withdrawal') pending.set(key(record), record)
      if (record.type === 'withdrawalFailed') pending.delete(key(record))
      if (record.type === 'chain') observeChain(record)
    },
    async finalizeExits() {
      for (const { asset, account } of [...leaving.values()]) {
        const exit = await House.exit(client, house, asset, account)
        if (exit.endsAt === 0n || exit.endsAt > options.nowSeconds()) continue
        await sender.send(House.call(house, 'finalizeExit', [asset, account], gasOfExit, true))
        await sender.send(House.call(house, 'draw', [asset, exit.to], gasOfWithdrawal, true))
        await sync.now()
      }
    },
  }
}

/** A withdrawal was refused before it was sent; nothing moved. */
export class WithdrawalRefusedError extends SunledgerError {
  override readonly name = 'WithdrawalRefusedError'
  constructor(what: string, expected: string, actual: string) {
    super('SL330', `A withdrawal needs ${what}.`, {
      expected,
      actual,
      hint: 'GET /v1/accounts/:address has the owner, the next nonce and what is available.',
      status: 409,
    })
  }
}
