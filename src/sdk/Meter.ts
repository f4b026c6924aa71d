/**
 * A meter's own key: signs cumulative readings, which anybody may hand in. And its owner's word for it, which the issuer needs to
 * approve the device.
 */
import type { Address, Hex } from '../core/Payment.ts'
import { genesisHistory } from '../core/Payment.ts'
import type { MeterRequest, SignedReading } from '../core/Wire.ts'
import type * as Digest from '../crypto/Digest.ts'
import * as Guard from './Guard.ts'
import * as Json from './Json.ts'
import * as Signer from './Signer.ts'
import * as TypedData from './TypedData.ts'

/** Which energy meter contract: `GET /v1/status` names both. */
export interface MeterDeployment {
  readonly chainId: number
  readonly energyMeter: Address
}

/** Totals since the device was made; they never fall. */
export interface Totals {
  /** Chain time in seconds, later than the reading before. */
  readonly timestamp: bigint
  readonly energyMilliWh: bigint
  readonly computeUnits?: bigint | undefined
  /** Commits to what lies behind: interval data, a site's jobs. Left out: zero. */
  readonly detail?: Hex | undefined
}

export class Meter {
  readonly address: Address
  readonly #signer: Signer.Signer
  readonly #domain: TypedData.Domain

  private constructor(signer: Signer.Signer, domain: TypedData.Domain) {
    this.address = signer.address
    this.#signer = signer
    this.#domain = domain
  }

  /**
   * @throws {KeyInvalidError} @throws {AccountInvalidError}
   * @example const meter = await Meter.open(deviceKey, await client.status())
   */
  static async open(account: Signer.AccountLike, deployment: MeterDeployment): Promise<Meter> {
    const { chainId, energyMeter } = deployment
    return new Meter(await Signer.from(account), TypedData.domain(chainId, energyMeter))
  }

  /**
   * A signed reading, to be handed in with `client.submit([reading])`.
   * @example await meter.read({ timestamp, energyMilliWh: 1_250_000n })
   */
  async read({ timestamp, energyMilliWh, computeUnits = 0n, detail = genesisHistory }: Totals): Promise<SignedReading> {
    const reading = { meter: this.address, timestamp, energyMilliWh, computeUnits, detail }
    return Json.readable({ ...reading, signature: await this.#signer.sign('Reading', this.#domain, reading) })
  }
}

Guard.methods('meter', Meter)
Meter.open = Guard.guarded('Meter.open', Meter.open)

/** Where an owner's new credits go (`IEnergyMeter.chooseDelivery`). */
export interface Delivery {
  readonly toClearing: boolean
  /** The owner that the owner's clearing-house account is expected to have; left out: none. */
  readonly accountOwner?: Address | undefined
  /** `EnergyMeter.deliveryNonceOf(owner)`; 0 the first time. */
  readonly nonce?: bigint | undefined
}

/**
 * The owner's word that a device is its meter, as `client.approveMeter` takes it.
 * @example
 * const request = await approveMeter(ownerKey, status, {
 *   meter: meter.address, kind: 1, capacityWatts: 5_000n, marginBps: 1_000,
 *   startMilliWh: 0n, startComputeUnits: 0n, region, vintage, delivery: { toClearing: true },
 * })
 * await client.approveMeter(request, operatorToken)
 */
export const approveMeter = Guard.guarded(
  'approveMeter',
  async (
    owner: Signer.AccountLike,
    deployment: MeterDeployment,
    {
      delivery,
      kind,
      ...device
    }: Omit<Digest.Approval, 'owner' | 'kind'> & { readonly kind: 1 | 2; readonly delivery?: Delivery | undefined },
  ): Promise<MeterRequest> => {
    const signer = await Signer.from(owner)
    const domain = TypedData.domain(deployment.chainId, deployment.energyMeter)
    const approval = { ...device, kind, owner: signer.address }
    const signature = await signer.sign('Approval', domain, approval)
    if (delivery === undefined) return Json.readable({ ...approval, signature })
    const { toClearing, accountOwner = nobody, nonce = 0n } = delivery
    const chosen = { owner: signer.address, toClearing, accountOwner, nonce }
    return Json.readable({
      ...approval,
      signature,
      delivery: { toClearing, accountOwner, signature: await signer.sign('Delivery', domain, chosen) },
    })
  },
)

/** The zero address: no owner is bound. */
const nobody: Address = `0x${'0'.repeat(40)}`
