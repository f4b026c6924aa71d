/**
 * Deposits that others have signed, sent for them. What comes while a deposit is on its way waits for it, and then goes together, in one
 * transaction (IClearingHouse.depositMany): under one key, transactions are mined in order, so nothing would be there any sooner. Each
 * deposit is tried on the chain first, by itself, and stands by itself in the batch; one that the chain refuses there all the same, because
 * somebody was faster, is sent once more alone, which says by name what is wrong with it. An authorization counts once, in whatever
 * transaction it comes: that is what keeps a deposit from being taken twice. Whoever sends one again that was made, because its answer was
 * lost for example, is told the transaction that made it.
 */
import { parseEventLogs, type TransactionReceipt } from 'viem'
import * as Authorization from '../chain/Authorization.ts'
import { clearingHouse } from '../chain/abi/ClearingHouse.ts'
import type { Client } from '../chain/Client.ts'
import * as House from '../chain/House.ts'
import * as Sender from '../chain/Sender.ts'
import * as Batch from '../core/Batch.ts'
import type { Address } from '../core/Payment.ts'
import type { DepositRequest, Transaction } from '../core/Wire.ts'
import * as Digest from '../crypto/Digest.ts'
import * as Signature from '../crypto/Signature.ts'
import type { Ticket } from './GasBudget.ts'
import { AmountTooSmallError } from './GasBudget.ts'
import type { Spender } from './Spender.ts'
import type { Sync } from './Sync.ts'

export interface DepositsOptions {
  readonly client: Client
  readonly house: Address
  /** Nothing was deposited before it. */
  readonly startBlock: bigint
  readonly sender: Spender
  readonly sync: Sync
}

/**
 * Resolves when the deposit is mined.
 * @param from the range of addresses that it comes from
 * @throws {RevertedError} @throws {AmountTooSmallError} @throws {TooManyTransactionsError} @throws {ShareSpentError}
 */
export type Deposit = (request: DepositRequest, from?: string) => Promise<Transaction>

/** In one transaction, which with dear tokens too stays within half of what one may use (EIP-7825). */
const mostTogether = 50
/** For one by itself. */
const gasAlone = 250_000n
/** In a batch: what every batch needs, and what a deposit needs in it. What is not used costs nothing. */
const gasOfBatch = 200_000n
const gasEach = 150_000n

interface Waiting {
  readonly request: DepositRequest
  readonly from: string | undefined
  readonly resolve: (sent: Transaction) => void
  readonly reject: (reason: unknown) => void
}

interface Admitted extends Waiting {
  readonly ticket: Ticket
}

const answer = ({ transaction, block, gasUsed }: Sender.Sent): Transaction => ({ transaction, block, gasUsed })

/** Whether a batch has room for it: its times in five bytes, its amount in ten, and a plain key's signature. */
export const fits = ({ amount, validAfter, validBefore, signature }: DepositRequest): boolean =>
  amount < 1n << 80n && validAfter < 1n << 40n && validBefore < 1n << 40n && /^0x.{128}(1b|1c)?$/i.test(signature)

const entryOf = ({ signature, ...request }: DepositRequest): Batch.DepositEntry => ({
  ...request,
  signature: Signature.compact(signature),
})

const alone = (house: Address, d: DepositRequest) => {
  const args = [d.asset, d.from, d.account, d.owner, d.amount, d.validAfter, d.validBefore, d.salt, d.signature]
  return House.call(house, 'depositWithAuthorization', args, gasAlone, true)
}

const together = (house: Address, asset: Address, requests: readonly DepositRequest[]) => {
  const batch = Batch.encodeDeposits(requests.map(entryOf))
  return House.call(house, 'depositMany', [asset, batch], gasOfBatch + gasEach * BigInt(requests.length), true)
}

const nameOf = (from: string, nonce: string): string => `${from} ${nonce}`.toLowerCase()

/** Which of a batch's deposits were refused. Of the same one twice the first counts, as on chain. */
const refusedIn = (receipt: TransactionReceipt, house: Address, waiting: readonly Waiting[]): ReadonlySet<Waiting> => {
  const logs = receipt.logs.filter(({ address }) => address.toLowerCase() === house)
  const refusals = parseEventLogs({ abi: clearingHouse.abi, eventName: 'DepositRefused', logs })
  const left = refusals.map(({ args }) => nameOf(args.from, args.nonce))
  return new Set(
    waiting.toReversed().filter(({ request: { from, account, owner, salt } }) => {
      const index = left.indexOf(nameOf(from, Digest.depositNonce(account, owner, salt)))
      if (index >= 0) left.splice(index, 1)
      return index >= 0
    }),
  )
}

/** What says that no deposit of a batch was made, so that each may be sent again by itself. */
const isRefusal = (error: unknown): boolean =>
  error instanceof Sender.RevertedError || error instanceof Sender.TransactionRefusedError

/** Whether the house took an authorization's money for the deposit, and not as a gift: its event follows those of the token. */
const isDeposit = (request: DepositRequest, house: Address, { receipt, logIndex }: Authorization.Made): boolean => {
  const logs = receipt.logs.filter((log) => log.address.toLowerCase() === house && log.logIndex === logIndex + 2)
  const [made] = parseEventLogs({ abi: clearingHouse.abi, eventName: 'Deposited', logs })
  return made?.args.account.toLowerCase() === request.account
}

/** The transaction that made a deposit, where one did. Its nonce binds account, owner and salt. */
const madeBefore = async (
  { client, house, startBlock }: DepositsOptions,
  request: DepositRequest,
): Promise<Transaction | undefined> => {
  const { asset, from, account, owner, salt, amount, validAfter, validBefore } = request
  const nonce = Digest.depositNonce(account, owner, salt)
  const terms = { from, to: house, value: amount, validAfter, validBefore, nonce }
  const made = await Authorization.used(client, asset, terms, startBlock)
  if (made === undefined || made === 'otherwise' || !isDeposit(request, house, made)) return undefined
  const { transactionHash, blockNumber, gasUsed } = made.receipt
  return { transaction: transactionHash, block: blockNumber, gasUsed }
}

export const create = (options: DepositsOptions): Deposit => {
  const { house, sender, sync } = options
  let queue: Waiting[] = []
  let isBusy = false

  /** Refused on chain: because it was made before, or for the reason given; also where that cannot be found out, of what is no token for example. */
  const refuse = async ({ request, resolve, reject }: Waiting, reason: unknown): Promise<void> => {
    const isRefused = reason instanceof Sender.RevertedError
    const made = isRefused ? await madeBefore(options, request).catch(() => undefined) : undefined
    if (made === undefined) return reject(reason)
    try {
      await sync.now(made.block)
      resolve(made)
    } catch (error) {
      reject(error)
    }
  }

  const sendAlone = async (one: Waiting, ticket?: Ticket): Promise<void> => {
    try {
      const call = alone(house, one.request)
      const sent = await (ticket === undefined
        ? sender.serve('deposit', { account: one.request.account, from: one.from }, call)
        : sender.send({ ...call, tryFirst: false }, ticket))
      await sync.now(sent.block)
      one.resolve(answer(sent))
    } catch (error) {
      await refuse(one, error)
    }
  }

  /** Of those that the chain would take as things are, who may have a transaction; the others are told why not. */
  const admitted = async (waiting: readonly Waiting[]): Promise<Admitted[]> => {
    try {
      await sender.ready()
    } catch (error) {
      for (const { reject } of waiting) reject(error)
      return []
    }
    const outcomes = await Promise.allSettled(waiting.map(({ request }) => sender.attempt(alone(house, request))))
    const good: Admitted[] = []
    const refusals: Promise<void>[] = []
    for (const [i, outcome] of outcomes.entries()) {
      const one = waiting[i] as Waiting
      if (outcome.status === 'rejected') {
        refusals.push(refuse(one, outcome.reason))
        continue
      }
      try {
        good.push({ ...one, ticket: sender.admit('deposit', { account: one.request.account, from: one.from }) })
      } catch (error) {
        one.reject(error)
      }
    }
    await Promise.all(refusals)
    return good
  }

  const sendTogether = async (asset: Address, waiting: readonly Admitted[]): Promise<void> => {
    const [first, ...others] = waiting.map(({ ticket }) => ticket) as [Ticket, ...Ticket[]]
    const requests = waiting.map(({ request }) => request)
    const call = together(house, asset, requests)
    try {
      await sender.attempt(call)
    } catch (error) {
      for (const { ticket } of waiting) sender.budget.unused(ticket)
      if (isRefusal(error)) await Promise.all(waiting.map((one) => sendAlone(one)))
      else for (const { reject } of waiting) reject(error)
      return
    }
    try {
      const sent = await sender.send({ ...call, tryFirst: false }, first, ...others)
      await sync.now(sent.block)
      const refused = refusedIn(sent.receipt, house, waiting)
      for (const one of waiting) if (!refused.has(one)) one.resolve(answer(sent))
      await Promise.all([...refused].map((one) => sendAlone(one)))
    } catch (error) {
      if (isRefusal(error)) await Promise.all(waiting.map((one) => sendAlone(one)))
      else for (const { reject } of waiting) reject(error)
    }
  }

  /** Of those that wait: as many of one asset as go together, or one that goes alone. */
  const take = (): [first: Waiting, ...others: Waiting[]] => {
    const first = queue[0] as Waiting
    const others = fits(first.request)
      ? queue.slice(1).filter(({ request }) => request.asset === first.request.asset && fits(request))
      : []
    const taken = new Set([first, ...others.slice(0, mostTogether - 1)])
    queue = queue.filter((one) => !taken.has(one))
    return [...taken] as [Waiting, ...Waiting[]]
  }

  const run = async (): Promise<void> => {
    if (isBusy) return
    isBusy = true
    while (queue.length > 0) {
      const [first, ...others] = take()
      if (others.length === 0) {
        await sendAlone(first)
        continue
      }
      const good = await admitted([first, ...others])
      const [only, ...more] = good
      if (more.length > 0) await sendTogether(first.request.asset, good)
      else if (only !== undefined) await sendAlone(only, only.ticket)
    }
    isBusy = false
  }

  return (request, from) =>
    new Promise((resolve, reject) => {
      const { minimumAtomic } = sender.budget.limits
      if (request.amount < minimumAtomic) throw new AmountTooSmallError('The deposit', minimumAtomic, request.amount)
      queue.push({ request, from, resolve, reject })
      void run()
    })
}
