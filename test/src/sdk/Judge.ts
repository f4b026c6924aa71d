/**
 * A judge who believes nobody: it sees what was asked of a robot, what answers reached it, and what its signer was given to sign. What must
 * hold at each signature (I21):
 * - a debit's total ≤ the highest total that a receipt has shown + what was asked and has no answer;
 * - a debit's total ≤ all that was ever asked, each call once (so that no receipt makes one call count twice);
 * - authorizations, withdrawals, exits, owners and budgets say what was asked, for the pinned deployment.
 */
import type { Address, Hex, Receipt } from '../../../src/core/Payment.ts'
import * as Wire from '../../../src/core/Wire.ts'
import * as ReceiptCheck from '../../../src/sdk/Receipt.ts'
import { trust } from './FakeService.ts'
import { Observer } from './Observer.ts'

export type Json = { [field: string]: unknown }

/** What the program asked, and whether it has its answer. */
export interface Ask {
  readonly asset: Address
  readonly amount: bigint
  isOpen: boolean
}

/** Sees asks, answers and signatures; writes down what must not be. */
export class Judge {
  readonly asks: Ask[] = []
  readonly violations: string[] = []
  /** Deposits, withdrawals …: what each may say. */
  readonly words: Json[] = []
  readonly #receipted = new Map<Address, bigint>()
  readonly #self: Address

  constructor(self: Address) {
    this.#self = self
  }

  ask(asset: Address, amount: bigint): Ask {
    const ask = { asset, amount, isOpen: true }
    this.asks.push(ask)
    return ask
  }

  /** What reached the robot. */
  heard(value: unknown): void {
    for (const each of [value].flat()) {
      const { data } = Wire.receipt.safeParse(each)
      if (data === undefined || data.payment.payer !== this.#self) continue
      try {
        ReceiptCheck.verify(data as Receipt, { ...trust, payer: this.#self })
      } catch {
        continue
      }
      const before = this.#receipted.get(data.payment.asset) ?? 0n
      if (data.payment.total > before) this.#receipted.set(data.payment.asset, data.payment.total)
    }
  }

  signed(kind: string, chainId: number, contract: Address, message: Json): void {
    if (kind === 'Debit') return this.#debit(contract, chainId, message['asset'] as Address, message['total'] as bigint)
    if (kind === 'TransferWithAuthorization') return
    const isAsked = this.words.some((word) => Object.entries(word).every(([field, value]) => message[field] === value))
    if (!isAsked) this.violations.push(`${kind} that nobody asked for: ${Wire.stringify(message)}`)
    if (chainId !== trust.chainId) this.violations.push(`${kind} for chain ${chainId}`)
  }

  #debit(contract: Address, chainId: number, asset: Address, total: bigint): void {
    const sum = (asks: readonly Ask[]): bigint =>
      asks.reduce((all, ask) => (ask.asset === asset ? all + ask.amount : all), 0n)
    const most = (this.#receipted.get(asset) ?? 0n) + sum(this.asks.filter(({ isOpen }) => isOpen))
    if (total > most) this.violations.push(`a total of ${total} where ${most} was receipted and asked`)
    if (total > sum(this.asks)) this.violations.push(`a total of ${total} where ${sum(this.asks)} was ever asked`)
    if (contract !== trust.clearingHouse || chainId !== trust.chainId) this.violations.push(`a debit for ${contract}`)
  }
}

/** A signer that shows the judge each message first. */
export class Watched extends Observer {
  readonly judge: Judge
  constructor(secret: Hex) {
    super(secret)
    this.judge = new Judge(this.address)
  }
  override sign: Observer['sign'] = (kind, of, message) => {
    this.judge.signed(kind, of.chainId, of.verifyingContract, message as never)
    return Observer.prototype.sign.call(this, kind, of, message as never) as Hex
  }
}
