/**
 * What a service stands for, as a client sees it: chain, contracts, tokens, credit key and clock. Checked once when a robot connects;
 * whoever knows beforehand what it must be pins it, so that a false service cannot have anything signed for another deployment.
 */

import type { AmountAtomic } from '../core/Amount.ts'
import * as Amount from '../core/Amount.ts'
import { SunledgerError } from '../core/Errors.ts'
import type { Address } from '../core/Payment.ts'
import type { Status } from '../core/Wire.ts'
import { OptionInvalidError } from './Option.ts'
import type { Trust } from './Receipt.ts'
import * as TypedData from './TypedData.ts'

/** The version of the protocol that this SDK speaks. */
export const version = '1'

/** What is known beforehand; whatever is left out is taken from the service. */
export interface Pins {
  readonly chainId?: number | undefined
  readonly clearingHouse?: Address | undefined
  readonly creditKey?: Address | undefined
  /** The stablecoin's address. */
  readonly dollar?: Address | undefined
  /** The energy credit's address. */
  readonly energyCredit?: Address | undefined
  /** The stablecoin's decimals, where they are not 6: at most 6. */
  readonly decimals?: number | undefined
}

/** A token that the clearing house takes. */
export interface Token {
  readonly asset: Address
  readonly symbol: string
  readonly decimals: number
  readonly domain: TypedData.Domain
}

export interface Deployment {
  readonly status: Status
  /** Whose receipts count. */
  readonly trust: Trust
  readonly clearing: TypedData.Domain
  readonly meter: TypedData.Domain
  readonly dollar: Token
  readonly energyCredit: Token
}

/**
 * @throws {VersionMismatchError} the service speaks another version
 * @throws {DeploymentMismatchError} it stands for another chain, clearing house, credit key or token than the pinned one
 * @throws {ServiceImplausibleError} it states what would make amounts or deadlines something else than was meant
 */
export const from = (status: Status, pins: Pins = {}): Deployment => {
  if (status.version !== version) throw new VersionMismatchError(status.version)
  const { chainId, clearingHouse, creditKey } = status
  const claims = {
    chainId,
    clearingHouse,
    creditKey,
    dollar: status.dollar.asset,
    energyCredit: status.energyCredit.asset,
  }
  for (const field of ['chainId', 'clearingHouse', 'creditKey', 'dollar', 'energyCredit'] as const) {
    const pinned = pins[field]
    if (pinned !== undefined && String(pinned).toLowerCase() !== String(claims[field]))
      throw new DeploymentMismatchError(field, String(pinned), String(claims[field]))
  }
  check(status, pins)
  const token = ({ asset, symbol, decimals, name, version: of }: Status['dollar']): Token => ({
    asset,
    symbol,
    decimals,
    domain: TypedData.domain(chainId, asset, name, of),
  })
  return {
    status,
    trust: { chainId, clearingHouse, creditKey },
    clearing: TypedData.domain(chainId, clearingHouse),
    meter: TypedData.domain(chainId, status.energyMeter),
    dollar: token(status.dollar),
    energyCredit: token(status.energyCredit),
  }
}

/** Amounts as text are multiplied by these, so nobody but the caller may choose them: 6 (`Amount.decimals`), or fewer where they are pinned. */
const check = (status: Status, { decimals = Amount.decimals }: Pins): void => {
  if (!Number.isInteger(decimals) || decimals < 0 || decimals > Amount.decimals)
    throw new OptionInvalidError('decimals', `a whole number from 0 to ${Amount.decimals}`, decimals)
  if (status.dollar.decimals !== decimals)
    throw new ServiceImplausibleError('decimals of the dollar', `${decimals}`, `${status.dollar.decimals}`)
  if (status.energyCredit.decimals !== Amount.decimals)
    throw new ServiceImplausibleError(
      ...(['decimals of the energy credit', `${Amount.decimals}`, `${status.energyCredit.decimals}`] as const),
    )
  if (status.dollar.asset === status.energyCredit.asset)
    throw new ServiceImplausibleError(
      'address of the energy credit',
      'another one than the dollar’s',
      status.dollar.asset,
    )
  if (!(status.chainId > 0)) throw new ServiceImplausibleError('chain id', 'a positive number', `${status.chainId}`)
  checkClock(status)
}

/** Chains on developers' machines, where time is simulated. What is signed for them is worth nothing on any other. */
export const isSimulated = (chainId: number): boolean => chainId === 1337 || chainId === 31_337
/** How far the chain's clock and this machine's may be apart. */
const mostApartSeconds = 3_600n
/** Some time in the year 36 812: later ones fit no deadline. */
const lastSecond = 1n << 40n

/** Deadlines are counted from the service's clock: it has to be about ours. @throws {ServiceImplausibleError} */
export const checkClock = ({ chainId, nowSeconds }: Pick<Status, 'chainId' | 'nowSeconds'>): bigint => {
  const ours = BigInt(Math.floor(Date.now() / 1000))
  const [from, to] = isSimulated(chainId) ? [0n, lastSecond] : [ours - mostApartSeconds, ours + mostApartSeconds]
  if (nowSeconds < from || nowSeconds > to)
    throw new ServiceImplausibleError('clock', `${from} to ${to} seconds, by this machine’s own`, `${nowSeconds}`)
  return nowSeconds
}

/** @throws {AssetUnknownError} neither dollars nor energy credits */
export const token = ({ dollar, energyCredit }: Deployment, asset: Address): Token => {
  const known = [dollar, energyCredit].find((candidate) => candidate.asset === String(asset).toLowerCase())
  if (known === undefined) throw new AssetUnknownError([dollar.asset, energyCredit.asset], asset)
  return known
}

/** Atomic units as they are; text as whole units of the token. @throws {AmountInvalidError} @throws {AmountTooPreciseError} */
export const amount = (of: Token, value: string | bigint): AmountAtomic =>
  typeof value === 'bigint' ? Amount.from(value) : Amount.parse(value, of.decimals)

/** The service's clock (chain time), carried on by this machine's monotonic one. */
export class Clock {
  #seconds: bigint
  #atMs = performance.now()

  constructor(nowSeconds: bigint) {
    this.#seconds = nowSeconds
  }

  set(nowSeconds: bigint): void {
    this.#seconds = nowSeconds
    this.#atMs = performance.now()
  }

  now(): bigint {
    return this.#seconds + BigInt(Math.floor((performance.now() - this.#atMs) / 1000))
  }
}

/** SDK and service do not speak the same version of the protocol. */
export class VersionMismatchError extends SunledgerError {
  override readonly name = 'VersionMismatchError'
  constructor(actual: string) {
    super('SL644', 'The service speaks another version of the protocol.', {
      expected: version,
      actual,
      hint: 'Install the version of the package `sunledger` that the service runs.',
    })
  }
}

/** The service states a value with which something else would be signed than was meant. Nothing has been signed. */
export class ServiceImplausibleError extends SunledgerError {
  override readonly name = 'ServiceImplausibleError'
  constructor(what: string, expected: string, actual: string) {
    super('SL684', `The service states a value that nothing is signed with: ${what}.`, {
      expected,
      actual,
      hint: 'Is it the right service, and this machine’s clock right? A dollar with fewer decimals than 6 has to be pinned.',
      status: 502,
    })
  }
}

/** The service stands for another deployment than the caller expects. Nothing has been signed. */
export class DeploymentMismatchError extends SunledgerError {
  override readonly name = 'DeploymentMismatchError'
  constructor(field: string, expected: string, actual: string) {
    super('SL647', `The service stands for another ${field}.`, {
      expected,
      actual,
      hint: 'Is the address that of the service you mean? If keys or contracts were replaced, pin the new ones.',
    })
  }
}

/** An asset of which neither decimals nor EIP-712 domain are known. */
export class AssetUnknownError extends SunledgerError {
  override readonly name = 'AssetUnknownError'
  constructor(expected: readonly Address[], actual: Address) {
    super('SL658', 'The service does not name this asset.', { expected: expected.join(' or '), actual })
  }
}
