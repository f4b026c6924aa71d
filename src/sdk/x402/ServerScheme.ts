/**
 * The scheme `clearing` for official x402 resource servers (`@x402/express` and the like): `resourceServer.register('eip155:*', new
 * ClearingServerScheme({ clearing, payTo }))`. A receipt is checked here before anything is reserved for it, so that nobody can reserve what
 * others have paid for; that it buys once, and only what it was paid for, is the payee's own affair too. Types are structural.
 */
import type { Address } from '../../core/Payment.ts'
import * as Resource from '../../core/Resource.ts'
import * as X402 from '../../core/X402.ts'
import * as AddressText from '../Address.ts'
import { Client } from '../Client.ts'
import * as Deployment from '../Deployment.ts'
import * as Option from '../Option.ts'
import * as Clearing from '../paywall/Clearing.ts'
import * as Identity from '../paywall/Identity.ts'
import { assertStore, Hold, type Instances } from '../paywall/Served.ts'
import type { Range } from '../Till.ts'

export interface ClearingServerOptions extends Deployment.Pins, Instances {
  readonly clearing: string | URL | Client
  readonly payTo: string
  /** See `PaywallOptions.served`. */
  readonly served?: readonly Range[] | undefined
}

interface Context {
  readonly paymentPayload: unknown
  readonly requirements: { readonly payTo: string; readonly amount?: string }
  readonly transportContext?: unknown
}

/** What a 402 is about to say. */
interface RequiredContext {
  readonly resourceInfo?: { readonly url?: string }
  readonly transportContext?: unknown
}

type Abort = { readonly abort: true; readonly reason: string; readonly message?: string }

const abort = (reason: string, error?: unknown): Abort => ({
  abort: true,
  reason,
  ...(error instanceof Error ? { message: error.message } : {}),
})

/** The request's address, where the transport is HTTP. */
const urlOf = ({ transportContext }: Context): string | undefined =>
  (transportContext as { request?: { adapter?: { getUrl?: () => string } } } | undefined)?.request?.adapter?.getUrl?.()

const flow = { supported: ['authorization' as const], default: 'authorization' as const }

export class ClearingServerScheme {
  readonly scheme = 'clearing'
  readonly defaultAssetTransferMethod = 'receipt'
  readonly paymentFlows = { receipt: flow }
  readonly #payTo: Address
  readonly #service: string
  readonly #identities: Identity.Identities
  /** What each request's 402 names as its resource: the route may have a name of its own. */
  readonly #advertised = new WeakMap<object, string>()
  /** What was taken for a payment; each takes and gives back its own. */
  readonly #holds = new WeakMap<object, Hold>()

  /** @throws {AddressInvalidError} @throws {UrlInvalidError} @throws {StoreMissingError} */
  constructor(options: ClearingServerOptions) {
    assertStore(Option.object('the options', options))
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

  /** Changes nothing: remembers what the 402 names. */
  async enrichPaymentRequiredResponse({ resourceInfo, transportContext }: RequiredContext): Promise<undefined> {
    if (typeof transportContext === 'object' && transportContext !== null && typeof resourceInfo?.url === 'string')
      this.#advertised.set(transportContext, resourceInfo.url)
  }

  readonly schemeHooks = {
    onBeforeVerify: (context: Context) => this.#take(context),
    onAfterVerify: async (context: Context & { readonly result: { readonly isValid: boolean } }): Promise<void> => {
      if (!context.result.isValid) await this.#release(context)
    },
    onVerifyFailure: (context: Context): Promise<void> => this.#release(context),
    onVerifiedPaymentCanceled: (context: Context): Promise<void> => this.#release(context),
    onAfterSettle: (context: Context): Promise<void> => this.#end(context),
    onSettleFailure: (context: Context): Promise<void> => this.#release(context),
  }

  /** Before anything is served: genuine, for this request, and not served before. */
  async #take(context: Context): Promise<Abort | undefined> {
    // A hook that throws is passed over, so nothing may throw here.
    try {
      const payload = X402.parsePayload(context.paymentPayload)
      const { transportContext, requirements } = context
      const named = this.#advertised.get(Object(transportContext)) ?? urlOf(context)
      const paid = payload.resource?.url
      if (paid === undefined || (named !== undefined && !Resource.isSame(named, paid)))
        return abort('invalid_clearing_resource')
      if (AddressText.parse(requirements.payTo) !== this.#payTo) return abort('invalid_clearing_recipient_mismatch')
      const identity = await this.#identities.ready()
      const purchase = await Clearing.check(payload, paid, this.#payTo, identity, this.#identities)
      if (purchase.amount < BigInt(requirements.amount ?? 0)) return abort('invalid_clearing_amount')
      const hold = new Hold(identity.served, purchase.id, purchase.range)
      const met = await hold.take()
      // What a process that died had begun to answer stays charged: nobody here can pay it back.
      if (met === 'toPayBack') await hold.end()
      if (met !== undefined || !(await hold.begin())) return abort('invalid_clearing_receipt_spent')
      this.#holds.set(Object(context.paymentPayload), hold)
      return undefined
    } catch (error) {
      return abort('invalid_clearing_receipt', error)
    }
  }

  async #release({ paymentPayload }: Context): Promise<void> {
    const hold = this.#holds.get(Object(paymentPayload))
    this.#holds.delete(Object(paymentPayload))
    await hold?.release()
  }

  async #end({ paymentPayload }: Context): Promise<void> {
    const hold = this.#holds.get(Object(paymentPayload))
    this.#holds.delete(Object(paymentPayload))
    await hold?.end()
  }
}
