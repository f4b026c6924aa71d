/**
 * Every message that somebody signs, once as EIP-712 typed data for wallets (viem, ethers) and once as a digest for keys that sign by
 * themselves. Both come from `crypto/Digest.types`, so they cannot drift apart.
 */
import type { Budget } from '../core/Budget.ts'
import type { Order } from '../core/Order.ts'
import type { Address, Hex } from '../core/Payment.ts'
import * as Digest from '../crypto/Digest.ts'

/** An EIP-712 domain with its separator, computed once. */
export interface Domain {
  readonly name: string
  readonly version: string
  readonly chainId: number
  readonly verifyingContract: Address
  readonly separator: Digest.Domain
}

/** The domain of a contract; `name` and `version` are Sunledger's own unless a token's are given. */
export const domain = (chainId: number, verifyingContract: Address, name = 'Sunledger', version = '1'): Domain => ({
  name,
  version,
  chainId,
  verifyingContract,
  separator: Digest.domain(chainId, verifyingContract, name, version),
})

/** What each kind of message says. Domain: the clearing house, the energy meter, or (the last two) the token. */
export interface Messages {
  readonly Debit: { readonly asset: Address; readonly total: bigint; readonly history: Hex }
  readonly Withdraw: Digest.Withdrawal
  readonly Exit: Omit<Digest.Withdrawal, 'amount'>
  readonly Owner: { readonly account: Address; readonly owner: Address; readonly nonce: bigint }
  readonly Budget: Budget
  readonly Order: Order
  readonly Reading: Digest.Reading
  readonly Approval: Digest.Approval
  readonly Delivery: {
    readonly owner: Address
    readonly toClearing: boolean
    readonly accountOwner: Address
    readonly nonce: bigint
  }
  readonly ReceiveWithAuthorization: Digest.Authorization
  readonly TransferWithAuthorization: Digest.Authorization
}

/** A kind of message. */
export type Kind = keyof Messages

const digests: { readonly [K in Kind]: (d: Digest.Domain, message: Messages[K]) => Hex } = {
  Debit: (d, m) => Digest.debit(d, m.asset, m.total, m.history),
  Withdraw: Digest.withdraw,
  Exit: Digest.exit,
  Owner: (d, m) => Digest.owner(d, m.account, m.owner, m.nonce),
  Budget: Digest.budget,
  Order: Digest.order,
  Reading: Digest.reading,
  Approval: Digest.approval,
  Delivery: (d, m) => Digest.delivery(d, m.owner, m.toClearing, m.accountOwner, m.nonce),
  ReceiveWithAuthorization: Digest.receiveAuthorization,
  TransferWithAuthorization: Digest.transferAuthorization,
}

/** The digest that a signature over the message is made on. */
export const digest = <K extends Kind>(kind: K, of: Domain, message: Messages[K]): Hex =>
  digests[kind](of.separator, message)

/** One field of an EIP-712 type. */
export interface Field {
  readonly name: string
  readonly type: string
}

/** `Debit(address asset,…)` as the list of fields that wallets take. */
export const fields = (kind: keyof typeof Digest.types): Field[] => {
  const type = Digest.types[kind]
  return type
    .slice(type.indexOf('(') + 1, -1)
    .split(',')
    .map((field) => {
      const [fieldType = '', name = ''] = field.split(' ')
      return { name, type: fieldType }
    })
}

/** The domain as wallets take it. */
export const walletDomain = (of: Domain) => ({
  name: of.name,
  version: of.version,
  chainId: of.chainId,
  verifyingContract: of.verifyingContract,
})
