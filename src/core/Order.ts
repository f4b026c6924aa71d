/**
 * A limit order for energy in one slot's auction, as its owner signs it (EIP-712, in the clearing house's domain). It commits nobody to pay: the
 * deal that comes of it is carried out as a sale, delivery versus payment, whose legs are signed by themselves.
 */
import type { Address, Hex } from './Payment.ts'

/** 1: buys, 2: sells. */
export type Side = 1 | 2

export const buys: Side = 1
export const sells: Side = 2

export interface Order {
  readonly account: Address
  readonly side: Side
  /** The auction that it is for. */
  readonly slot: bigint
  /** The most that it takes or gives, mWh. */
  readonly energyMilliWh: bigint
  /** The most that it pays for a kWh, or the least that it sells one for. */
  readonly limitAtomicPerKwh: bigint
  /** Tells the orders of an account in a slot apart. */
  readonly nonce: bigint
  /** Whose account takes the credits in the owner's stead, such as its charging station's; the owner's own where nobody does. */
  readonly via: Address
}

export interface SignedOrder extends Order {
  readonly signature: Hex
}
