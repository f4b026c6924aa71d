/**
 * The scheme `clearing` for official x402 resource servers (`@x402/express` and the like): `resourceServer.register('eip155:*', new
 * ClearingServerScheme({ clearing, payTo }))`. The clearing service, as facilitator, says whether a receipt is genuine; that each buys
 * once, and only what it was paid for, is the payee's own affair and decided here. Types are structural.
 */
import type { Address } from '../../core/Payment.ts'
import * as X402 from '../../core/X402.ts'
import * as AddressText from '../Address.ts'
import { Client } from '../Client.ts'
import * as Deployment from '../Deployment.ts'
import * as Identity from '../paywall/Identity.ts'
import type { Range } from '../Till.ts'

export interface ClearingServerOptions extends Deployment.Pins {
  readonly clearing: string | URL | Client
  readonly payTo: string
  /** See `PaywallOptions.served`. */
  readonly served?: readonly Range[] | undefined
}

interface Context {
  readonly paymentPayload: unknown
  readonly requirements: { readonly payTo: string }
  readonly transportContext?: unknown
}

type Abort = { readonly abort: true; readonly reason: string; readonly message?: string }

/** The request's address, where the transport is HTTP. */
const urlOf = ({ transportContext }: Context): string | undefined =>
  (transportContext as { request?: { adapter?: { getUrl?: () => string } } } | undefined)?.request?.adapter?.getUrl?.()

const rangeOf = ({ receipt }: X402.ClearingPayload): Range => ({
  asset: receipt.payment.asset,
  from: receipt.credit.total - receipt.payment.amount,
  to: receipt.credit.total,
})

const flow = { supported: ['authorization' as const], default: 'authorization' as const }

export class ClearingServerScheme {
  readonly scheme = 'clearing'
  readonly defaultAssetTransferMethod = 'receipt'
  readonly paymentFlows = { receipt: flow }
  readonly #payTo: Address
  readonly #service: string
  readonly #identities: Identity.Identities

  /** @throws {AddressInvalidError} @throws {UrlInvalidError} */
  constructor(options: ClearingServerOptions) {
    const client = options.clearing instanceof Client ? options.clearing : new Client(options.clearing)
    this.#payTo = AddressText.parse(options.payTo)
    this.#service = client.url.href.replace(/\/$/, '')
    this.#identities = Identity.create({ ...options, client, payTo: this.#payTo })
  }

  /** Resolves when the service has been read. */
  async ready(): Promise<void> {
    await this.#identities.ready()
  }

  /** A price in dollars ('0.0005', '$0.0005', 0.0005), or an amount of an asset as it is. */
  async parsePrice(price: string | number | { asset: string; amount: string; extra?: Record<string, unknown> }) {
    if (typeof price === 'object') return { ...price, extra: price.extra ?? {} }
    const { token } = await this.#identities.ready()
    return {
      asset: token.asset as string,
      amount: `${Deployment.amount(token, String(price).replace(/^\$/, ''))}`,
      extra: {},
    }
  }

  getAssetDecimals(): number {
    return 6
  }

  async enhancePaymentRequirements<T extends { extra?: Record<string, unknown> }>(requirements: T): Promise<T> {
    const { deployment } = await this.#identities.ready()
    const { clearingHouse } = deployment.trust
    return { ...requirements, extra: { ...requirements.extra, clearingHouse, service: this.#service } }
  }

  readonly schemeHooks = {
    onBeforeVerify: (context: Context) => this.#take(context),
    onAfterVerify: async (context: Context & { readonly result: { readonly isValid: boolean } }): Promise<void> => {
      if (!context.result.isValid) await this.#release(context)
    },
    onVerifyFailure: (context: Context): Promise<void> => this.#release(context),
    onVerifiedPaymentCanceled: (context: Context): Promise<void> => this.#release(context),
    onSettleFailure: (context: Context): Promise<void> => this.#release(context),
  }

  /** Before anything is served: for this request, and not served before. */
  async #take(context: Context): Promise<Abort | undefined> {
    // A hook that throws is passed over, so nothing may throw here.
    try {
      const payload = X402.parsePayload(context.paymentPayload)
      const url = urlOf(context)
      if (url !== undefined && payload.resource?.url !== url)
        return { abort: true, reason: 'invalid_clearing_resource' }
      if (AddressText.parse(context.requirements.payTo) !== this.#payTo)
        return { abort: true, reason: 'invalid_clearing_recipient_mismatch' }
      const { till } = await this.#identities.ready()
      till.take(rangeOf(X402.parseClearing(payload.payload)))
      return undefined
    } catch (error) {
      return { abort: true, reason: 'invalid_clearing_receipt', message: (error as Error).message }
    }
  }

  async #release({ paymentPayload }: Context): Promise<void> {
    const { payload } = X402.parsePayload(paymentPayload)
    this.#identities.present?.till.release(rangeOf(X402.parseClearing(payload)))
  }
}
