/**
 * What comes in besides payments: deposits (anybody's signed authorization, sent for them), readings of meters, and on a local chain the
 * faucet and the issuer's approvals. Everything that ends in a transaction is tried on the chain first, so that a bad request costs the
 * operator nothing.
 */

import type { Client } from '../chain/Client.ts'
import type { Deployment } from '../chain/Deployment.ts'
import * as House from '../chain/House.ts'
import type * as Sender from '../chain/Sender.ts'
import type { AmountAtomic } from '../core/Amount.ts'
import { SunledgerError } from '../core/Errors.ts'
import type { Address } from '../core/Payment.ts'
import type { MeterRequest, ReserveRequest, SignedReading, Transaction } from '../core/Wire.ts'
import * as Digest from '../crypto/Digest.ts'
import * as Signature from '../crypto/Signature.ts'
import * as Deposits from './Deposits.ts'
import type { Look } from './Purchases.ts'
import type { Settle } from './Settle.ts'
import type { Spender } from './Spender.ts'
import type { Sync } from './Sync.ts'

export interface IntakeOptions {
  readonly client: Client
  readonly deployment: Deployment
  readonly sender: Spender
  /** Approves meters; on a local chain it also mints test dollars. */
  readonly issuer: Spender
  readonly sync: Sync
  readonly settle: Settle
  /** Checks some readings when reads are done. */
  readonly look: Look
  /** The owner of a meter; the zero address for one that was never approved. */
  readonly ownerOf: (meter: Address) => Promise<Address>
}

export interface Intake {
  /** Resolves when the deposit is mined; it counts as soon as the configured number of blocks follows. @throws {RevertedError} */
  readonly deposit: Deposits.Deposit
  /**
   * Keeps readings for the next settlement. Returns how many wait.
   * @throws {ReadingRefusedError} @throws {MeterUnknownError} @throws {TooManyReadingsError} none of them is kept
   */
  read(readings: readonly SignedReading[]): Promise<number>
  /** Approves a device, and chooses where its owner's credits go. */
  approveMeter(request: MeterRequest): Promise<Transaction>
  /** Reserves pool money for a payee, or announces that it comes back. @throws {RevertedError} */
  reserve(request: ReserveRequest): Promise<Transaction>
  /** @throws {NoFaucetError} */
  faucet(to: Address, amount: AmountAtomic, from?: string): Promise<Transaction>
}

const gasOfApproval = 300_000n
const gasOfReserve = 150_000n
const gasOfMint = 120_000n
/** Readings that may wait for a settlement. */
const mostReadings = 100_000

const answer = ({ transaction, block, gasUsed }: Sender.Sent): Transaction => ({ transaction, block, gasUsed })

/** Readings whose signatures are checked in one go, and meters that the chain is asked about: the first that is none ends it. */
const [checkedAtOnce, askedAtOnce] = [8, 16]

const inParts = <T>(all: readonly T[], most: number): T[][] =>
  Array.from({ length: Math.ceil(all.length / most) }, (_, i) => all.slice(i * most, (i + 1) * most))

/** Who owns a meter, asked once for each. An unknown meter is asked again the next time. @param ready throws where the chain does not answer */
export const meterOwners = (
  client: Client,
  meter: Address,
  ready: () => Promise<void>,
): ((device: Address) => Promise<Address>) => {
  const known = new Map<Address, Address>()
  const ask = async (device: Address): Promise<Address> => {
    await ready()
    return House.meterOwner(client, meter, device)
  }
  return async (device) => {
    const found = known.get(device) ?? (await ask(device))
    if (BigInt(found) !== 0n) known.set(device, found)
    return found
  }
}

export const create = (options: IntakeOptions): Intake => {
  const { client, deployment, sender, issuer, sync, settle, ownerOf, look } = options
  const domain = Digest.domain(deployment.chainId, deployment.energyMeter)
  const assertSigned = (reading: SignedReading): void => {
    const signer = Signature.recover(Digest.reading(domain, reading), Signature.compact(reading.signature))
    if (signer !== reading.meter) throw new ReadingRefusedError(reading.meter, signer)
  }
  return {
    deposit: Deposits.create({
      ...{ client, sender, sync },
      ...{ house: deployment.clearingHouse, startBlock: deployment.startBlock },
    }),
    async read(readings) {
      if (settle.queued + readings.length > mostReadings) throw new TooManyReadingsError(mostReadings)
      for (const some of inParts(readings, checkedAtOnce)) await look(() => some.forEach(assertSigned))
      // Else anybody could fill the queue, and the operator would pay for putting it on chain.
      const meters = [...new Set(readings.map(({ meter }) => meter))]
      for (const some of inParts(meters, askedAtOnce)) {
        const owners = await Promise.all(some.map(ownerOf))
        const unknown = some[owners.findIndex((owner) => BigInt(owner) === 0n)]
        if (unknown !== undefined) throw new MeterUnknownError(unknown)
      }
      for (const reading of readings) settle.enqueue({ ...reading, signature: Signature.compact(reading.signature) })
      return settle.queued
    },
    async approveMeter({ signature, delivery, ...approval }) {
      const call = (name: string, args: readonly unknown[]) =>
        issuer.send(House.meterCall(deployment.energyMeter, name, args, gasOfApproval, true), issuer.own('approval'))
      if (delivery !== undefined) {
        const { toClearing, accountOwner, signature: chosen } = delivery
        await call('chooseDeliveryWithSignature', [approval.owner, toClearing, accountOwner, chosen])
      }
      return answer(await call('approve', [approval, signature]))
    },
    async reserve({ asset, account, amount, release = false }) {
      const call = release ? 'release' : 'reserve'
      const args = [asset, account, amount]
      const sent = await sender.send(
        House.call(deployment.clearingHouse, call, args, gasOfReserve, true),
        sender.own('reserve'),
      )
      await sync.now(sent.block)
      return answer(sent)
    },
    async faucet(to, amount, from) {
      if (!deployment.local) throw new NoFaucetError()
      await issuer.ready()
      const ticket = issuer.admit('faucet', { account: to, from })
      return answer(
        await issuer.send(House.dollarCall(deployment.dollar.asset, 'mint', [to, amount], gasOfMint), ticket),
      )
    },
  }
}

/** A reading is not signed by its meter. */
export class ReadingRefusedError extends SunledgerError {
  override readonly name = 'ReadingRefusedError'
  constructor(meter: Address, signer: Address | undefined) {
    super('SL340', 'The reading is not signed by its meter.', {
      expected: meter,
      actual: signer ?? 'no signature',
      hint: 'Sign Reading(…) with the device’s key, in the EIP-712 domain of the energy meter contract.',
    })
  }
}

/** A reading comes from a device that was never approved. */
export class MeterUnknownError extends SunledgerError {
  override readonly name = 'MeterUnknownError'
  constructor(meter: Address) {
    super('SL343', 'The meter is not approved.', {
      actual: meter,
      hint: 'An issuer approves a device once, with its owner’s signature: POST /v1/meters.',
      status: 404,
    })
  }
}

/** Too many readings wait for a settlement. */
export class TooManyReadingsError extends SunledgerError {
  override readonly name = 'TooManyReadingsError'
  constructor(most: number) {
    super('SL341', 'Too many readings wait for the chain.', {
      expected: `at most ${most}`,
      hint: 'Send the newest total later: totals are cumulative, so nothing is lost.',
      status: 503,
    })
  }
}

/** There is no faucet on this chain. */
export class NoFaucetError extends SunledgerError {
  override readonly name = 'NoFaucetError'
  constructor() {
    super('SL342', 'This chain has no faucet.', { hint: 'Only a local chain gives dollars away.', status: 404 })
  }
}
