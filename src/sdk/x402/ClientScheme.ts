/**
 * The scheme `clearing` for the official x402 client: `client.register('eip155:*', new ClearingScheme(robot))`, and `@x402/fetch` pays with
 * receipts. Types are structural, so that nobody who does not use that client has to install it.
 */

import { randomUUID } from 'node:crypto'
import type { Hex } from '../../core/Payment.ts'
import * as X402 from '../../core/X402.ts'
import { OtherResourceError } from './Fetch.ts'
import * as Offer from './Offer.ts'

/** Other clients, and other versions of this one, may name less. */
interface Creation {
  readonly paymentRequired: { readonly resource?: { readonly url?: string } | undefined }
  readonly selectedRequirements: object
}

/** What an offer is for, and how many payments of it are to be made. */
interface Named {
  /** Undefined: more than one resource, which cannot be told apart. */
  readonly url: string | undefined
  readonly times: number
}

/** What it needs of a `Robot`. */
export interface PayingRobot {
  readonly payer: Offer.Payer
}

export class ClearingScheme {
  readonly scheme = 'clearing'
  readonly #robot: PayingRobot
  /**
   * What each offer is for: the client hands the offer alone to `createPaymentPayload`, and the resource to the hook before it. One call of
   * the hook is good for one payment, so that a client that keeps offers never pays for a resource that it named earlier.
   */
  readonly #named = new WeakMap<object, Named>()

  /** @param robot pays, within its `spend` limits */
  constructor(robot: PayingRobot) {
    this.#robot = robot
  }

  readonly schemeHooks = {
    onBeforePaymentCreation: async ({ paymentRequired, selectedRequirements }: Creation): Promise<void> => {
      const url = paymentRequired?.resource?.url
      if (typeof url !== 'string' || Object(selectedRequirements) !== selectedRequirements) return
      const before = this.#named.get(selectedRequirements)
      const isSame = before === undefined || before.url === url
      this.#named.set(selectedRequirements, { url: isSame ? url : undefined, times: (before?.times ?? 0) + 1 })
    },
  }

  /** What a payment is for that is about to be made. @throws {OtherResourceError} the client has not said so */
  #resourceOf(requirements: object): string {
    const { url, times } = this.#named.get(requirements) ?? { url: undefined, times: 0 }
    this.#named.delete(requirements)
    if (url === undefined)
      throw new OtherResourceError(
        'one resource, named to the hook before the payment',
        times === 0 ? 'none' : 'several',
      )
    if (times > 1) this.#named.set(requirements, { url, times: times - 1 })
    return url
  }

  /** The client's own spend controls then know what dollars are. */
  readonly findDefaultAsset = (asset: string, network: string) => {
    const { deployment } = this.#robot.payer
    const { dollar, trust } = deployment
    return asset.toLowerCase() === dollar.asset && network === X402.networkOf(trust.chainId)
      ? { asset: dollar.asset as string, decimals: dollar.decimals, symbol: dollar.symbol }
      : undefined
  }

  /** Pays, and hands over the receipt. @throws {OtherResourceError} @throws {NotPayableError} @throws {PriceTooHighError} */
  async createPaymentPayload(x402Version: number, requirements: object) {
    const { payer } = this.#robot
    const url = this.#resourceOf(requirements)
    const { accepts } = X402.parseRequired({ x402Version, resource: { url }, accepts: [requirements] })
    const offer = Offer.choose(payer, { x402Version, resource: { url }, accepts })
    const { key = randomUUID() } = offer.extra
    const { payload } = await Offer.pay(payer, { url }, { ...offer, asset: offer.asset as Hex }, String(key))
    return { x402Version, payload: payload.payload as Record<string, unknown> }
  }
}
