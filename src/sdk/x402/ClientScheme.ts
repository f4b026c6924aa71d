/**
 * The scheme `clearing` for the official x402 client: `client.register('eip155:*', new ClearingScheme(robot))`, and `@x402/fetch` pays with
 * receipts. Types are structural, so that nobody who does not use that client has to install it.
 */

import { randomUUID } from 'node:crypto'
import type { Hex } from '../../core/Payment.ts'
import * as X402 from '../../core/X402.ts'
import { OtherResourceError } from './Fetch.ts'
import * as Offer from './Offer.ts'

interface Creation {
  readonly paymentRequired: { readonly resource: { readonly url: string } }
  readonly selectedRequirements: object
}

/** What it needs of a `Robot`. */
export interface PayingRobot {
  readonly payer: Offer.Payer
}

export class ClearingScheme {
  readonly scheme = 'clearing'
  readonly #robot: PayingRobot
  /** What each offer is for: the client hands the offer alone to `createPaymentPayload`, and the resource to the hook before it. */
  readonly #urls = new WeakMap<object, string>()

  /** @param robot pays, within its `spend` limits */
  constructor(robot: PayingRobot) {
    this.#robot = robot
  }

  readonly schemeHooks = {
    onBeforePaymentCreation: async ({ paymentRequired, selectedRequirements }: Creation): Promise<void> => {
      this.#urls.set(selectedRequirements, paymentRequired.resource.url)
    },
  }

  /** The client's own spend controls then know what dollars are. */
  readonly findDefaultAsset = (asset: string, network: string) => {
    const { deployment } = this.#robot.payer
    const { dollar, trust } = deployment
    return asset.toLowerCase() === dollar.asset && network === X402.networkOf(trust.chainId)
      ? { asset: dollar.asset as string, decimals: dollar.decimals, symbol: dollar.symbol }
      : undefined
  }

  /** Pays, and hands over the receipt. @throws {NotPayableError} @throws {PriceTooHighError} */
  async createPaymentPayload(x402Version: number, requirements: object) {
    const { payer } = this.#robot
    const url = this.#urls.get(requirements)
    if (url === undefined) throw new OtherResourceError('a resource, named to the hook before the payment', 'none')
    const { accepts } = X402.parseRequired({ x402Version, resource: { url }, accepts: [requirements] })
    const offer = Offer.choose(payer, { x402Version, resource: { url }, accepts })
    const { key = randomUUID() } = offer.extra
    const { payload } = await Offer.pay(payer, { url }, { ...offer, asset: offer.asset as Hex }, String(key))
    return { x402Version, payload: payload.payload as Record<string, unknown> }
  }
}
