/**
 * Money in and out of a robot's account, and who may take it out. Everything is a signed message that the service puts on the chain; the
 * signer needs no native coin.
 */
import { randomBytes } from 'node:crypto'
import { SunledgerError } from '../core/Errors.ts'
import type { Address, Hex } from '../core/Payment.ts'
import type { Transaction } from '../core/Wire.ts'
import * as Digest from '../crypto/Digest.ts'
import * as AddressText from './Address.ts'
import { type Client, ServiceError } from './Client.ts'
import * as Deployment from './Deployment.ts'
import * as Option from './Option.ts'
import * as Signer from './Signer.ts'

/** What money matters need of a robot. */
export interface Purse {
  readonly client: Client
  readonly signer: Signer.Signer
  readonly deployment: Deployment.Deployment
  readonly clock: Deployment.Clock
}

export interface DepositOptions {
  /** Default: dollars. */
  readonly asset?: Address | undefined
  /** Whose wallet pays; default: the robot's own. */
  readonly from?: Signer.AccountLike | undefined
  /** The owner that the account must have for the deposit to be made; default: the one it had when the robot connected. */
  readonly owner?: Address | undefined
  /** Chain time in seconds until which the authorization holds; default: an hour from now. */
  readonly validBefore?: bigint | undefined
  /** 32 bytes that make the authorization unique; default: random. */
  readonly salt?: Hex | undefined
  /** On a local chain the wallet is first given the amount; false: it has it already. */
  readonly faucet?: boolean | undefined
}

export interface WithdrawOptions {
  /** Default: dollars. */
  readonly asset?: Address | undefined
  /** Default: the address of whoever signs. */
  readonly to?: string | undefined
  /** Chain time in seconds until which the word holds; default: an hour from now. */
  readonly deadline?: bigint | undefined
  /** Needed once an owner is bound: it signs, not the robot. */
  readonly owner?: Signer.AccountLike | undefined
}

/** 64 random bits keep a payer's deposits apart; the zeros before them cost a quarter of what random bytes would. */
const freshSalt = (): Hex => `0x${'0'.repeat(48)}${randomBytes(8).toString('hex')}`

/** The zero address: no owner. */
export const nobody: Address = `0x${'0'.repeat(40)}`

const hour = 3_600n

export const deposit = async (
  { client, signer, deployment, clock }: Purse,
  amount: string | bigint,
  options: DepositOptions & { readonly owner: Address },
): Promise<Transaction> => {
  const token = Deployment.token(
    deployment,
    options.asset === undefined ? deployment.dollar.asset : Option.asset(options.asset),
  )
  const value = Deployment.amount(token, amount)
  const wallet = options.from === undefined ? signer : await Signer.from(options.from)
  const account = signer.address
  const salt = options.salt === undefined ? freshSalt() : Option.bytes32('salt', options.salt)
  const owner = AddressText.parse(options.owner)
  if (options.validBefore !== undefined) Option.seconds('validBefore', options.validBefore)
  const authorization = {
    from: wallet.address,
    to: deployment.trust.clearingHouse,
    value,
    validAfter: 0n,
    validBefore: options.validBefore ?? clock.now() + hour,
    nonce: Digest.depositNonce(account, owner, salt),
  }
  const signature = await wallet.sign('ReceiveWithAuthorization', token.domain, authorization)
  if (deployment.status.faucet && options.faucet !== false && token === deployment.dollar)
    await client.faucet(wallet.address, value)
  const { from, validAfter, validBefore } = authorization
  const terms = {
    asset: token.asset,
    from,
    account,
    owner,
    amount: value,
    validAfter,
    validBefore,
    salt,
  }
  return client.deposit({ ...terms, signature })
}

export const withdraw = async (
  purse: Purse,
  amount: string | bigint,
  options: WithdrawOptions,
): Promise<Transaction> => {
  const token = Deployment.token(
    purse.deployment,
    options.asset === undefined ? purse.deployment.dollar.asset : Option.asset(options.asset),
  )
  const { by, message } = await leaving(purse, token, options)
  const withdrawal = { ...message, amount: Deployment.amount(token, amount) }
  const signature = await by.sign('Withdraw', purse.deployment.clearing, withdrawal)
  return purse.client.withdraw({ ...withdrawal, signature })
}

export const exit = async (purse: Purse, options: WithdrawOptions): Promise<Transaction> => {
  const token = Deployment.token(
    purse.deployment,
    options.asset === undefined ? purse.deployment.dollar.asset : Option.asset(options.asset),
  )
  const { by, message } = await leaving(purse, token, options)
  return purse.client.exit({ ...message, signature: await by.sign('Exit', purse.deployment.clearing, message) })
}

/** What only the chain can say, of an account whose service could ask it. @throws {ServiceError} SL503 it could not, and nothing is signed */
export const ofChain = <T>(value: T | null): T => {
  if (value !== null) return value
  throw new ServiceError({
    ...{ type: '/docs/errors#sl503', title: 'ChainUnreachable', code: 'SL503', status: 503 },
    detail: 'The chain does not answer, so the account’s owner and nonces are not known.',
    hint: 'Payments go on meanwhile. Try again when the service reaches its chain; nothing was signed.',
  })
}

/** What withdrawals and exits have in common, and who has to sign them. */
const leaving = async ({ client, signer, clock }: Purse, token: Deployment.Token, options: WithdrawOptions) => {
  const view = await client.account(signer.address)
  const by = options.owner === undefined ? signer : await Signer.from(options.owner)
  const bound = ofChain(view.owner)
  const owner = bound === nobody ? signer.address : bound
  if (by.address !== owner) throw new OwnerNeededError(owner, by.address)
  const message = {
    asset: token.asset,
    account: signer.address,
    to: options.to === undefined ? by.address : AddressText.parse(options.to),
    nonce: ofChain(view.assets.find((line) => line.asset === token.asset)?.nonce ?? null),
    deadline: options.deadline === undefined ? clock.now() + hour : Option.seconds('deadline', options.deadline),
  }
  return { by, message }
}

/** @param by the owner bound before; left out: the robot's own key, which may bind the first one */
export const bindOwner = async (
  { client, signer, deployment }: Purse,
  owner: Address,
  by: Signer.AccountLike | undefined,
): Promise<Transaction> => {
  const view = await client.account(signer.address)
  const signs = by === undefined ? signer : await Signer.from(by)
  const bound = ofChain(view.owner)
  const present = bound === nobody ? signer.address : bound
  if (signs.address !== present) throw new OwnerNeededError(present, signs.address)
  const message = { account: signer.address, owner, nonce: ofChain(view.ownerNonce) }
  return client.bindOwner({
    account: signer.address,
    owner,
    signature: await signs.sign('Owner', deployment.clearing, message),
  })
}

/** Only the account's owner can do this. Nothing has been sent. */
export class OwnerNeededError extends SunledgerError {
  override readonly name = 'OwnerNeededError'
  constructor(expected: Address, actual: Address) {
    super('SL659', 'Only the account’s owner can do this.', {
      expected: `a signature by ${expected}`,
      actual: `one by ${actual}`,
      hint: 'Pass the owner’s account: robot.withdraw(amount, { owner }), robot.exit({ owner }), robot.bindOwner(next, { by: owner }).',
      status: 403,
    })
  }
}
