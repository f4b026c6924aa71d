/**
 * Budgets in the SDK: an owner sets what a robot's key may spend, and anybody can look what is left of it. The service enforces it, so it
 * holds for whoever has the robot's key; see `Spending` for limits that a program sets itself.
 */
import * as Amount from '../core/Amount.ts'
import type { Address } from '../core/Payment.ts'
import type { BudgetView } from '../core/Wire.ts'
import * as AddressText from './Address.ts'
import * as Deployment from './Deployment.ts'
import { ServiceImplausibleError } from './Deployment.ts'
import { OwnerNeededError, ofChain, type Purse } from './Funds.ts'
import * as Option from './Option.ts'

/** What an owner allows; whatever is left out has no bound. Decimal text in whole units, or atomic units. */
export interface Limits {
  readonly perPayment?: string | bigint | undefined
  /** A day of chain time, UTC. */
  readonly perDay?: string | bigint | undefined
  /** All the account may ever have paid, what it paid before included. */
  readonly total?: string | bigint | undefined
  /** Chain time in seconds; afterwards it may pay nothing. */
  readonly validUntil?: bigint | undefined
  /** Default: dollars. */
  readonly asset?: Address | undefined
}

/** The budget of an account, atomic units; undefined where it has none. */
export const read = async (
  { client, deployment }: Purse,
  of: string,
  asset?: Address,
): Promise<BudgetView | undefined> => {
  const view = await client.account(AddressText.parse(of))
  const token = Deployment.token(deployment, asset === undefined ? deployment.dollar.asset : Option.asset(asset))
  return view.assets.find((line) => line.asset === token.asset)?.budget
}

const lastMoment = (1n << 64n) - 1n
/** Sequences rise by one, so a higher one is made up: after it no owner could ever set another. */
const lastSequence = 1n << 32n

/** @throws {OwnerNeededError} the signer is not the account's bound owner */
export const set = async (
  { client, signer, deployment }: Purse,
  of: string,
  { asset, perPayment, perDay, total, validUntil = lastMoment }: Limits,
): Promise<BudgetView> => {
  const token = Deployment.token(deployment, asset === undefined ? deployment.dollar.asset : Option.asset(asset))
  const view = await client.account(AddressText.parse(of))
  const owner = ofChain(view.owner)
  if (owner !== signer.address) throw new OwnerNeededError(owner, signer.address)
  const present = view.assets.find((line) => line.asset === token.asset)?.budget
  const sequence = (present?.sequence ?? 0n) + 1n
  if (sequence > lastSequence)
    throw new ServiceImplausibleError('budget sequence', `below ${lastSequence}`, `${sequence - 1n}`)
  Option.seconds('validUntil', validUntil)
  const amount = (limit: string | bigint | undefined): Amount.AmountAtomic =>
    limit === undefined ? Amount.maxTotal : Deployment.amount(token, limit)
  const message = {
    account: view.account,
    asset: token.asset,
    sequence,
    perPayment: amount(perPayment),
    perDay: amount(perDay),
    total: amount(total),
    validUntil,
  }
  const signature = await signer.sign('Budget', deployment.clearing, message)
  return client.setBudget({ ...message, signature })
}
