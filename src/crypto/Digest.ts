/**
 * Every hash that the protocol signs or chains, byte for byte as the contracts compute it (PROTOCOL 3). Written out by hand because
 * generic typed-data hashing is fifty times slower; `test/src/crypto` holds each one against viem, ethers and Solidity.
 *
 * Values are 32-byte words as 64 hex digits. Addresses and hashes are lower-case hex.
 */
import type { Budget } from '../core/Budget.ts'
import type { Order } from '../core/Order.ts'
import type { Address, Credit, Hex, SaleTerms } from '../core/Payment.ts'
import * as Keccak from './Keccak.ts'

const padding = '0'.repeat(64)

/** An unsigned integer as a word. */
const uint = (value: bigint | number): string => {
  const digits = value.toString(16)
  return padding.slice(digits.length) + digits
}
/** An address as a word. */
const address = (value: Address): string => padding.slice(40) + value.slice(2)
/** A 32-byte value as a word. */
const word = (value: Hex): string => value.slice(2)

const typeHash = (type: string): string => word(Keccak.ofText(type))

/** The EIP-712 type of every message, as Solidity states it. */
export const types = {
  Debit: 'Debit(address asset,uint80 total,bytes32 history)',
  Credit: 'Credit(address asset,address account,uint80 total,bytes32 history,bytes32 debit)',
  Credits: 'Credits(bytes32 root)',
  Withdraw: 'Withdraw(address asset,address account,address to,uint80 amount,uint64 nonce,uint64 deadline)',
  Exit: 'Exit(address asset,address account,address to,uint64 nonce,uint64 deadline)',
  Owner: 'Owner(address account,address owner,uint64 nonce)',
  Budget:
    'Budget(address account,address asset,uint64 sequence,uint80 perPayment,uint80 perDay,uint80 total,uint64 validUntil)',
  Order:
    'Order(address account,uint8 side,uint64 slot,uint80 energyMilliWh,uint80 limitAtomicPerKwh,uint64 nonce,address via)',
  Reading: 'Reading(address meter,uint64 timestamp,uint128 energyMilliWh,uint128 computeUnits,bytes32 detail)',
  Approval:
    'Approval(address meter,address owner,uint8 kind,uint64 capacityWatts,uint16 marginBps,uint128 startMilliWh,uint128 startComputeUnits,bytes32 region,bytes32 vintage)',
  Delivery: 'Delivery(address owner,bool toClearing,address accountOwner,uint64 nonce)',
  ReceiveWithAuthorization:
    'ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)',
  TransferWithAuthorization:
    'TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)',
} as const

const hashes = Object.fromEntries(Object.entries(types).map(([name, type]) => [name, typeHash(type)])) as {
  [name in keyof typeof types]: string
}

const domainType = typeHash('EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)')

/** An EIP-712 domain's separator; every digest is bound to one. */
export type Domain = Hex

/** The domain of a contract; `name` and `version` are Sunledger's own unless a token's are given. */
export const domain = (chainId: number, contract: Address, name = 'Sunledger', version = '1'): Domain =>
  Keccak.ofDigits(domainType + typeHash(name) + typeHash(version) + uint(chainId) + address(contract))

const digest = (separator: Domain, struct: string): Hex =>
  Keccak.ofDigits(`1901${word(separator)}${word(Keccak.ofDigits(struct))}`)

export const debit = (d: Domain, asset: Address, total: bigint, history: Hex): Hex =>
  digest(d, hashes.Debit + address(asset) + uint(total) + word(history))

export const credit = (d: Domain, c: Credit): Hex =>
  digest(d, hashes.Credit + address(c.asset) + address(c.account) + uint(c.total) + word(c.history) + word(c.debit))

export const credits = (d: Domain, root: Hex): Hex => digest(d, hashes.Credits + word(root))

/** A debit's history after one more payment. */
export const debitHistory = (before: Hex, payee: Address, amount: bigint, reference: Hex, validUntil: bigint): Hex =>
  Keccak.ofDigits(word(before) + address(payee) + uint(amount) + word(reference) + uint(validUntil))

/** A credit's history after one more payment. */
export const creditHistory = (before: Hex, payer: Address, amount: bigint, reference: Hex): Hex =>
  Keccak.ofDigits(word(before) + address(payer) + uint(amount) + word(reference))

/** What an owner signs to take money out, with the operator or without. */
export interface Withdrawal {
  readonly asset: Address
  readonly account: Address
  readonly to: Address
  readonly amount: bigint
  readonly nonce: bigint
  readonly deadline: bigint
}

export const withdraw = (d: Domain, w: Withdrawal): Hex =>
  digest(
    d,
    hashes.Withdraw +
      address(w.asset) +
      address(w.account) +
      address(w.to) +
      uint(w.amount) +
      uint(w.nonce) +
      uint(w.deadline),
  )

export const exit = (d: Domain, e: Omit<Withdrawal, 'amount'>): Hex =>
  digest(d, hashes.Exit + address(e.asset) + address(e.account) + address(e.to) + uint(e.nonce) + uint(e.deadline))

export const owner = (d: Domain, account: Address, newOwner: Address, nonce: bigint): Hex =>
  digest(d, hashes.Owner + address(account) + address(newOwner) + uint(nonce))

/** What an owner lets an account spend. Only the service checks it. */
export const budget = (d: Domain, b: Budget): Hex =>
  digest(
    d,
    hashes.Budget +
      address(b.account) +
      address(b.asset) +
      uint(b.sequence) +
      uint(b.perPayment) +
      uint(b.perDay) +
      uint(b.total) +
      uint(b.validUntil),
  )

export const order = (d: Domain, o: Order): Hex =>
  digest(
    d,
    hashes.Order +
      address(o.account) +
      uint(o.side) +
      uint(o.slot) +
      uint(o.energyMilliWh) +
      uint(o.limitAtomicPerKwh) +
      uint(o.nonce) +
      address(o.via),
  )

/** A meter's signed, cumulative total. */
export interface Reading {
  readonly meter: Address
  readonly timestamp: bigint
  readonly energyMilliWh: bigint
  readonly computeUnits: bigint
  /** Commits to what lies behind: interval data, a site's jobs. */
  readonly detail: Hex
}

/** Domain: the EnergyMeter. */
export const reading = (d: Domain, r: Reading): Hex =>
  digest(
    d,
    hashes.Reading +
      address(r.meter) +
      uint(r.timestamp) +
      uint(r.energyMilliWh) +
      uint(r.computeUnits) +
      word(r.detail),
  )

/** An owner's word that a device is its meter (IEnergyMeter.Approval). */
export interface Approval {
  readonly meter: Address
  readonly owner: Address
  /** 1 producer, 2 consumer. */
  readonly kind: number
  readonly capacityWatts: bigint
  readonly marginBps: number
  readonly startMilliWh: bigint
  readonly startComputeUnits: bigint
  readonly region: Hex
  readonly vintage: Hex
}

/** Domain: the EnergyMeter. */
export const approval = (d: Domain, a: Approval): Hex =>
  digest(
    d,
    hashes.Approval +
      address(a.meter) +
      address(a.owner) +
      uint(a.kind) +
      uint(a.capacityWatts) +
      uint(a.marginBps) +
      uint(a.startMilliWh) +
      uint(a.startComputeUnits) +
      word(a.region) +
      word(a.vintage),
  )

/** Domain: the EnergyMeter. */
export const delivery = (d: Domain, of: Address, toClearing: boolean, accountOwner: Address, nonce: bigint): Hex =>
  digest(d, hashes.Delivery + address(of) + uint(toClearing ? 1 : 0) + address(accountOwner) + uint(nonce))

/** An EIP-3009 authorization to receive. */
export interface Authorization {
  readonly from: Address
  readonly to: Address
  readonly value: bigint
  readonly validAfter: bigint
  readonly validBefore: bigint
  readonly nonce: Hex
}

const authorization = (hash: string, d: Domain, a: Authorization): Hex =>
  digest(
    d,
    hash + address(a.from) + address(a.to) + uint(a.value) + uint(a.validAfter) + uint(a.validBefore) + word(a.nonce),
  )

/** Domain: the token. */
export const receiveAuthorization = (d: Domain, a: Authorization): Hex =>
  authorization(hashes.ReceiveWithAuthorization, d, a)

/** Domain: the token. */
export const transferAuthorization = (d: Domain, a: Authorization): Hex =>
  authorization(hashes.TransferWithAuthorization, d, a)

/** The EIP-3009 nonce that binds a deposit's account, expected owner and salt. */
export const depositNonce = (account: Address, expectedOwner: Address, salt: Hex): Hex =>
  Keccak.ofDigits(address(account) + address(expectedOwner) + word(salt))

/** Purposes come again and again: a server's few URLs. */
let lastPurpose = { text: '', digits: word(Keccak.ofText('')) }

const purposeOf = (text: string): string => {
  if (lastPurpose.text !== text) lastPurpose = { text, digits: word(Keccak.ofText(text)) }
  return lastPurpose.digits
}

/** The reference of a purchase: what it was for, and the idempotency key. */
export const reference = (purpose: string, key: string): Hex =>
  Keccak.ofDigits(purposeOf(purpose) + word(Keccak.ofText(key)))

/** The reference that both legs of a sale carry; so each party's signature binds the terms of both legs. */
export const sale = (terms: SaleTerms): Hex =>
  Keccak.ofDigits(
    address(terms.seller) +
      address(terms.buyer) +
      address(terms.creditAsset) +
      uint(terms.credits) +
      address(terms.dollarAsset) +
      uint(terms.price) +
      word(terms.salt),
  )

/** keccak256 of two nodes, the smaller first: OpenZeppelin's commutative Merkle node. */
export const node = (a: Hex, b: Hex): Hex => Keccak.ofDigits(a < b ? a.slice(2) + b.slice(2) : b.slice(2) + a.slice(2))

/** The address of a public key's 64 bytes (x, y), given as hex digits. */
export const addressOf = (publicKeyDigits: string): Address => `0x${Keccak.ofDigits(publicKeyDigits).slice(26)}`
