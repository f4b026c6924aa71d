/**
 * A small world around a ledger: accounts that deposit, pay, trade, settle and withdraw, a chain that does what the clearing house's
 * interface says, and a book kept in the plainest way to hold the ledger against. Actions that the ledger's check refuses leave no trace.
 */
import fc from 'fast-check'
import * as Account from '../../../src/core/Account.ts'
import type { AmountAtomic } from '../../../src/core/Amount.ts'
import * as Ledger from '../../../src/core/Ledger.ts'
import type { Address, Hex, Payment, Refusal } from '../../../src/core/Payment.ts'
import type { ChainEvent, ChainRecord, PaymentRecord, Record, Slot } from '../../../src/core/Record.ts'
import * as Digest from '../../../src/crypto/Digest.ts'

const name = (letter: string, index: number): Address => `0x${letter.repeat(39)}${index}`
export const assets = [name('a', 1), name('b', 2)] as const
export const members = [1, 2, 3, 4, 5].map((index) => name('c', index))
const domain = Digest.domain(1, name('d', 1))
const nowSeconds = 1000n

export type Action =
  | { readonly type: 'deposit'; readonly asset: number; readonly account: number; readonly amount: bigint }
  | {
      readonly type: 'pay'
      readonly asset: number
      readonly payer: number
      readonly payee: number
      readonly amount: bigint
    }
  | {
      readonly type: 'trade'
      readonly seller: number
      readonly buyer: number
      readonly amount: bigint
      readonly price: bigint
    }
  | { readonly type: 'settle'; readonly asset: number }
  | {
      readonly type: 'withdraw'
      readonly asset: number
      readonly account: number
      readonly amount: bigint
      readonly fails: boolean
    }
  | { readonly type: 'leave'; readonly asset: number; readonly account: number; readonly leaving: boolean }

const asset = fc.integer({ min: 0, max: assets.length - 1 })
const member = fc.integer({ min: 0, max: members.length - 1 })
const small = fc.bigInt({ min: 0n, max: 50n })

export const actions: fc.Arbitrary<Action[]> = fc.array(
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({ type: fc.constant('deposit' as const), asset, account: member, amount: small }),
    },
    {
      weight: 8,
      arbitrary: fc.record({ type: fc.constant('pay' as const), asset, payer: member, payee: member, amount: small }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        type: fc.constant('trade' as const),
        seller: member,
        buyer: member,
        amount: small,
        price: small,
      }),
    },
    { weight: 2, arbitrary: fc.record({ type: fc.constant('settle' as const), asset }) },
    {
      weight: 1,
      arbitrary: fc.record({
        type: fc.constant('withdraw' as const),
        asset,
        account: member,
        amount: small,
        fails: fc.boolean(),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ type: fc.constant('leave' as const), asset, account: member, leaving: fc.boolean() }),
    },
  ),
  { maxLength: 80 },
)

interface ChainSlot {
  balance: bigint
  debited: bigint
  credited: bigint
  leaving: boolean
}

export class World {
  readonly ledger = Ledger.create(assets)
  readonly journal: Record[] = []
  readonly refusals: Refusal[] = []
  /** What each account has, by the plainest count: in minus out. */
  readonly book = new Map<string, bigint>()
  readonly #chain = new Map<string, ChainSlot>()
  readonly #pool = new Map<Address, bigint>()
  #block = 0n

  run(action: Action): void {
    if (action.type === 'deposit')
      this.#deposit(assets[action.asset] as Address, members[action.account] as Address, action.amount)
    else if (action.type === 'pay') this.#pay([this.#payment(action.asset, action.payer, action.payee, action.amount)])
    else if (action.type === 'trade')
      this.#pay([
        this.#payment(0, action.seller, action.buyer, action.amount),
        this.#payment(1, action.buyer, action.seller, action.price),
      ])
    else if (action.type === 'settle') this.#settle(assets[action.asset] as Address)
    else if (action.type === 'withdraw') this.#withdraw(action)
    else this.#leave(assets[action.asset] as Address, members[action.account] as Address, action.leaving)
  }

  #write(record: Record): void {
    this.journal.push(record)
    Ledger.apply(this.ledger, record)
  }

  #count(of: Address, account: Address, change: bigint): void {
    this.book.set(of + account, (this.book.get(of + account) ?? 0n) + change)
  }

  #slot(of: Address, account: Address): ChainSlot {
    const found = this.#chain.get(of + account) ?? { balance: 0n, debited: 0n, credited: 0n, leaving: false }
    this.#chain.set(of + account, found)
    return found
  }

  #payment(assetIndex: number, payer: number, payee: number, amount: bigint): Payment {
    const [of, from, to] = [assets[assetIndex] as Address, members[payer] as Address, members[payee] as Address]
    const before = Ledger.account(this.ledger, of, from)
    const reference: Hex = `0x${this.journal.length.toString(16).padStart(64, '0')}`
    const validUntil = amount === 7n ? nowSeconds - 1n : nowSeconds
    const total = (before.debitTotal + amount) as AmountAtomic
    const history = Digest.debitHistory(before.debitHistory, to, amount, reference, validUntil)
    const id = Digest.debit(domain, of, total, history)
    const signature: Hex = `0x${id.slice(2).repeat(2)}`
    return {
      asset: of,
      payee: to,
      amount: amount as AmountAtomic,
      reference,
      validUntil,
      total,
      history,
      signature,
      id,
      payer: from,
    }
  }

  #pay(legs: readonly Payment[]): void {
    const problems = legs.flatMap((leg) => Ledger.check(this.ledger, leg, nowSeconds) ?? [])
    this.refusals.push(...problems.map(({ reason }) => reason))
    if (problems.length > 0) return
    const records = legs.map((leg): PaymentRecord => {
      const payee = Ledger.account(this.ledger, leg.asset, leg.payee)
      const creditHistory = Digest.creditHistory(payee.creditHistory, leg.payer, leg.amount, leg.reference)
      const creditTotal = (payee.creditTotal + leg.amount) as AmountAtomic
      return { type: 'payment', ...leg, creditBefore: payee.creditHistory, creditTotal, creditHistory, atMs: 1 }
    })
    const [first, second] = records as [PaymentRecord, PaymentRecord | undefined]
    this.#write(second === undefined ? first : { type: 'sale', legs: [first, second] })
    for (const { asset: of, payer, payee, amount } of legs) {
      this.#count(of, payer, -amount)
      this.#count(of, payee, amount)
    }
  }

  #report(of: Address, accounts: readonly Address[], events: readonly ChainEvent[] = []): void {
    this.#block++
    const slots = accounts.map((account): Slot => ({ asset: of, account, ...this.#slot(of, account) }))
    const record: ChainRecord = {
      type: 'chain',
      block: this.#block,
      hash: `0x${this.#block.toString(16).padStart(64, '0')}`,
      timestamp: this.#block,
      undone: null,
      slots,
      events,
      settlements: [],
      atMs: 1,
    }
    this.#write(record)
  }

  #event(type: ChainEvent['type'], of: Address, account: Address, amount: bigint): ChainEvent {
    return { type, asset: of, account, amount, transaction: `0x${this.#block.toString(16).padStart(64, '0')}` }
  }

  #deposit(of: Address, account: Address, amount: bigint): void {
    this.#slot(of, account).balance += amount
    this.#count(of, account, amount)
    this.#report(of, [account], [this.#event('deposited', of, account, amount)])
  }

  /** As IClearingHouse.settle says: debits into the pool, credits out of it as far as it reaches, net payers first. */
  #settle(of: Address): void {
    const due = Ledger.toSettle(this.ledger).filter((account) => account.asset === of)
    const net = (account: Account.Account) => Account.unsettledCredit(account) - Account.unsettledDebit(account)
    due.sort((a, b) => (net(a) < net(b) ? -1 : net(a) > net(b) ? 1 : 0))
    let pool = this.#pool.get(of) ?? 0n
    for (const account of due) {
      const slot = this.#slot(of, account.account)
      const credit = account.creditTotal - slot.credited
      const debit = account.debitTotal - slot.debited
      // An entry that is both nets: its credit counts towards its debit.
      const possible = debit < slot.balance + credit ? debit : slot.balance + credit
      const covered = pool + possible >= credit
      const moved = covered ? possible : debit < slot.balance ? debit : slot.balance
      slot.balance += (covered ? credit : 0n) - moved
      slot.debited += moved
      slot.credited += covered ? credit : 0n
      pool += moved - (covered ? credit : 0n)
    }
    this.#pool.set(of, pool)
    this.#report(
      of,
      due.map(({ account }) => account),
    )
  }

  #withdraw({ asset: index, account: who, amount, fails }: Action & { type: 'withdraw' }): void {
    const [of, account] = [assets[index] as Address, members[who] as Address]
    if (amount === 0n || amount > Account.available(Ledger.account(this.ledger, of, account))) return
    const word = { asset: of, account, amount: amount as AmountAtomic, nonce: 0n }
    this.#write({ type: 'withdrawal', ...word, to: account, deadline: 1n, signature: '0x' })
    this.#settle(of)
    const slot = this.#slot(of, account)
    if (fails || slot.balance < amount) {
      this.#write({ type: 'withdrawalFailed', ...word })
      return
    }
    slot.balance -= amount
    this.#count(of, account, -amount)
    this.#report(of, [account], [this.#event('withdrawn', of, account, amount)])
  }

  #leave(of: Address, account: Address, leaving: boolean): void {
    this.#slot(of, account).leaving = leaving
    this.#report(of, [account])
  }
}
