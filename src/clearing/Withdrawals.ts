/**
 * Withdrawals with the operator's word. A withdrawal is journaled before it is sent, so that what it takes is not spent meanwhile and a
 * crash in between only delays it; the contract's nonce makes it happen once. Asked again with the same content, it gets the same answer.
 */

import { answered, type Client } from '../chain/Client.ts'
import * as House from '../chain/House.ts'
import * as Sender from '../chain/Sender.ts'
import * as Account from '../core/Account.ts'
import { SunledgerError } from '../core/Errors.ts'
import * as Ledger from '../core/Ledger.ts'
import type { Address, Hex } from '../core/Payment.ts'
import type { Record, WithdrawalRecord } from '../core/Record.ts'
import * as Turns from '../core/Turns.ts'
import type { Transaction, WithdrawalRequest } from '../core/Wire.ts'
import * as Digest from '../crypto/Digest.ts'
import * as Signature from '../crypto/Signature.ts'
import type { Commit } from './Commit.ts'
import { AmountTooSmallError, type Ticket } from './GasBudget.ts'
import type { Settle } from './Settle.ts'
import type { Spender } from './Spender.ts'
import type { Sync } from './Sync.ts'

export interface WithdrawalsOptions {
  readonly ledger: Ledger.Ledger
  readonly commit: Commit
  readonly client: Client
  readonly sender: Spender
  readonly sync: Sync
  readonly settle: Settle
  readonly house: Address
  readonly domain: Digest.Domain
  readonly nowSeconds: () => bigint
}

export interface Withdrawals {
  /**
   * @param from the range of addresses that it comes from
   * @throws {WithdrawalRefusedError} @throws {RevertedError} nothing moved, and the money is free again
   * @throws {AmountTooSmallError} @throws {TooManyTransactionsError} @throws {ShareSpentError} nothing was begun
   */
  withdraw(request: WithdrawalRequest, from?: string): Promise<Transaction>
  /** Numbers an account's next withdrawal, from what the chain says it is and what waits to be sent. */
  nextNonce(asset: Address, account: Address, onChain: bigint): bigint
  /** Sends again what was journaled and neither seen on chain nor refused by it. */
  resume(): Promise<void>
  /** Tells of a journal record, at start and later. */
  observe(record: Record): void
}

const gasOfWithdrawal = 250_000n
const zeroAddress: Address = `0x${'0'.repeat(40)}`

type Named = { readonly asset: Address; readonly account: Address; readonly nonce: bigint }

const key = ({ asset, account, nonce }: Named): string => `${asset}${account}${nonce}`

const isSame = (a: WithdrawalRecord, b: WithdrawalRecord): boolean =>
  key(a) === key(b) &&
  a.to === b.to &&
  a.amount === b.amount &&
  a.deadline === b.deadline &&
  a.signature === b.signature

export const create = (options: WithdrawalsOptions): Withdrawals => {
  const { ledger, commit, client, sender, sync, settle, house, domain } = options
  /** Journaled and not yet seen on chain. */
  const pending = new Map<string, WithdrawalRecord>()
  /** Admitted and not yet sent for the first time. */
  const tickets = new Map<string, Ticket>()
  /** Seen on chain, with their transaction. */
  const done = new Map<string, { readonly record: WithdrawalRecord; readonly transaction: Hex }>()
  /** Mined, and not yet confirmed by as many blocks as count. */
  const mined = new Map<string, Transaction>()
  /** Being brought forward. */
  const running = new Map<string, Promise<Transaction>>()
  /** An account's withdrawals reach the chain in the order of their nonces. */
  const turns = new Map<string, ReturnType<typeof Turns.queue>>()

  const inOrder = (): WithdrawalRecord[] =>
    [...pending.values()].sort((a, b) => (a.nonce === b.nonce ? 0 : a.nonce < b.nonce ? -1 : 1))

  const ofAccount = (asset: Address, account: Address): WithdrawalRecord[] =>
    inOrder().filter((w) => w.asset === asset && w.account === account)

  // What is mined and waits for its confirmations only is counted by the chain already.
  const nextNonce = (asset: Address, account: Address, onChain: bigint): bigint =>
    onChain + BigInt(ofAccount(asset, account).filter((w) => w.nonce >= onChain).length)

  /** Checks without waiting, so that nothing comes between the check and what follows it. */
  const check = (request: WithdrawalRequest, chain: Awaited<ReturnType<typeof House.nonces>>): void => {
    const { asset, account, amount, nonce, deadline, signature } = request
    const owner = chain.owner === zeroAddress ? account : chain.owner
    const signer = Signature.recover(Digest.withdraw(domain, request), Signature.compact(signature))
    if (signer !== owner)
      throw new WithdrawalRefusedError('the signature of the account’s owner', owner, signer ?? 'none')
    const next = nextNonce(asset, account, chain.nonces[0] as bigint)
    if (nonce !== next) throw new WithdrawalRefusedError('the account’s next nonce', `${next}`, `${nonce}`)
    const now = options.nowSeconds()
    if (deadline < now) throw new WithdrawalRefusedError('a deadline that lies ahead', `at least ${now}`, `${deadline}`)
    const available = Account.available(Ledger.account(ledger, asset, account))
    if (amount === 0n || amount > available)
      throw new WithdrawalRefusedError('an amount that is available', `1 to ${available}`, `${amount}`)
  }

  const answerOf = async (hash: Hex): Promise<Transaction> => {
    const { blockNumber, gasUsed } = await answered(client, client.getTransactionReceipt({ hash }))
    return { transaction: hash, block: blockNumber, gasUsed }
  }

  /** Blocks may be replaced, so a transaction that should have been seen by now and was not is sent again. */
  const isMined = (w: WithdrawalRecord): boolean => (mined.get(key(w))?.block ?? 0n) > sync.block

  const callOf = (w: WithdrawalRecord): Sender.Call => {
    const args = [w.asset, w.account, w.to, w.amount, w.deadline, w.signature]
    return House.call(house, 'withdraw', args, gasOfWithdrawal, true)
  }

  /** It was admitted once, before it was journaled; what is sent again after that is owed. */
  const ticketOf = (w: WithdrawalRecord): Ticket => {
    const ticket = tickets.get(key(w)) ?? sender.own('withdrawalAgain')
    tickets.delete(key(w))
    return ticket
  }

  const send = async (w: WithdrawalRecord): Promise<Transaction> => {
    const before = done.get(key(w))
    if (before !== undefined) return answerOf(before.transaction)
    if (isMined(w)) return mined.get(key(w)) as Transaction
    if (Account.isUnsettled(Ledger.account(ledger, w.asset, w.account)))
      await settle.due({ asset: w.asset, account: w.account })
    try {
      const { transaction, block, gasUsed } = await sender.send(callOf(w), ticketOf(w))
      mined.set(key(w), { transaction, block, gasUsed })
      await sync.now(block)
      return { transaction, block, gasUsed }
    } catch (error) {
      // Only the contract's refusal frees the money; after any other error the withdrawal may still happen.
      if (!(error instanceof Sender.RevertedError)) throw error
      return free(w, error)
    }
  }

  /** The contract refused: for what the withdrawal says, or because an earlier transaction of ours has carried it out. */
  const free = async (w: WithdrawalRecord, error: Sender.RevertedError): Promise<Transaction> => {
    await sync.reached(await answered(client, client.getBlockNumber()))
    const carriedOut = done.get(key(w))
    if (carriedOut !== undefined) return answerOf(carriedOut.transaction)
    const { asset, account, amount, nonce } = w
    // A transaction that is still on its way may yet carry it out: then the money would be there twice.
    if (await sender.isOpen(callOf(w).data)) throw new WithdrawalUnderWayError(error)
    pending.delete(key(w))
    await commit.add({ type: 'withdrawalFailed', asset, account, amount, nonce })
    throw error
  }

  const bring = (w: WithdrawalRecord): Promise<Transaction> => {
    const id = key(w)
    const already = running.get(id)
    if (already !== undefined) return already
    const line = w.asset + w.account
    const inTurn = turns.get(line) ?? Turns.queue()
    turns.set(line, inTurn)
    const answer = inTurn(() => send(w)).finally(() => {
      running.delete(id)
      if (ofAccount(w.asset, w.account).length === 0) turns.delete(line)
    })
    running.set(id, answer)
    return answer
  }

  const seen = (asset: Address, account: Address, amount: bigint, transaction: Hex): void => {
    // Events name no nonce; an account's withdrawals are carried out in order.
    const record = ofAccount(asset, account).find((w) => w.amount === amount)
    if (record === undefined) return
    pending.delete(key(record))
    mined.delete(key(record))
    done.set(key(record), { record, transaction })
  }

  /** The blocks that carried it out are gone: it is on its way again. */
  const unseen = (transaction: Hex): void => {
    for (const [id, { record, transaction: by }] of done) {
      if (by !== transaction) continue
      done.delete(id)
      pending.set(id, record)
    }
  }

  return {
    async withdraw(request, from) {
      const record: WithdrawalRecord = {
        type: 'withdrawal',
        ...request,
        signature: Signature.compact(request.signature),
      }
      const { minimumAtomic } = sender.budget.limits
      if (request.amount < minimumAtomic) throw new AmountTooSmallError('The withdrawal', minimumAtomic, request.amount)
      await sender.ready()
      const chain = await House.nonces(client, house, [request.asset], request.account)
      const known = pending.get(key(record)) ?? done.get(key(record))?.record
      if (known !== undefined && isSame(known, record)) return bring(known)
      check(request, chain)
      const ticket = sender.admit('withdrawal', { account: request.account, from })
      pending.set(key(record), record)
      tickets.set(key(record), ticket)
      try {
        await commit.add(record)
      } catch (error) {
        pending.delete(key(record))
        tickets.delete(key(record))
        sender.budget.unused(ticket)
        throw error
      }
      return bring(record)
    },
    nextNonce,
    async resume() {
      const waiting = inOrder().filter((w) => !isMined(w))
      const failed = (await Promise.allSettled(waiting.map(bring))).find(
        (result) => result.status === 'rejected' && !(result.reason instanceof Sender.RevertedError),
      )
      if (failed?.status === 'rejected') throw failed.reason
    },
    observe(record) {
      if (record.type === 'withdrawal') pending.set(key(record), record)
      if (record.type === 'withdrawalFailed') pending.delete(key(record))
      if (record.type !== 'chain') return
      if (record.undone !== null) mined.clear()
      for (const event of record.undone?.events ?? []) if (event.type === 'withdrawn') unseen(event.transaction)
      for (const event of record.events)
        if (event.type === 'withdrawn') seen(event.asset, event.account, event.amount, event.transaction)
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

/** The contract refuses a withdrawal now, and an earlier transaction of ours may still carry it out. */
export class WithdrawalUnderWayError extends SunledgerError {
  override readonly name = 'WithdrawalUnderWayError'
  constructor(cause: SunledgerError) {
    super('SL518', 'The withdrawal is under way, and not decided.', {
      actual: cause.actual,
      hint: 'Its money stays set aside until its transaction is mined, or cannot be any more. Ask again with the same message.',
      status: 503,
      cause,
    })
  }
}
