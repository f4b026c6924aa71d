/**
 * Whose receipts a paywall takes: chain, clearing house, credit key, and the asset it is paid in. Read once from the service, when the
 * paywall is made; afterwards receipts are checked without it. Read again where a receipt is signed by another key than the known one (the
 * operator's key may have been replaced), at most once a second, and where the chain's clock runs ahead of this machine's.
 *
 * What the payee had been credited before the paywall was made counts as served: one receipt buys once, also across a restart. A till that
 * is kept (`served`) knows better, and is believed instead.
 */
import { SunledgerError } from '../../core/Errors.ts'
import type { Address } from '../../core/Payment.ts'
import * as X402 from '../../core/X402.ts'
import type { Client } from '../Client.ts'
import * as Deployment from '../Deployment.ts'
import { type Range, Till, type TillOptions } from '../Till.ts'

export interface IdentityOptions extends Deployment.Pins {
  readonly client: Client
  readonly payTo: Address
  /** Default: dollars. */
  readonly asset?: Address | undefined
  readonly served?: readonly Range[] | undefined
  readonly maxUnsettled?: TillOptions['maxUnsettled']
}

export interface Identity {
  readonly deployment: Deployment.Deployment
  readonly network: X402.Network
  readonly token: Deployment.Token
  /** How far the chain's clock is ahead of this machine's, in seconds; 0 where it is not. */
  readonly leadSeconds: number
  readonly till: Till
}

export interface Identities {
  /** What is known now; undefined before the service has answered. */
  readonly present: Identity | undefined
  /** @throws {PaywallUnreadyError} */
  ready(): Promise<Identity>
  /** Reads the service again in the background, if that was not done in the last second: its clock runs ahead. */
  tick(): void
  /** Reads the service again, at most once a second. True where the credit key has changed. */
  refresh(): Promise<boolean>
}

const refreshEveryMs = 1_000

const leadOf = (nowSeconds: bigint): number => {
  const ahead = Number(nowSeconds) - Math.floor(Date.now() / 1000)
  // Two clocks that show the same time read a second or two apart.
  return ahead > 2 ? ahead : 0
}

export const create = (options: IdentityOptions): Identities => {
  const { client, payTo } = options
  let present: Identity | undefined
  let loading: Promise<Identity> | undefined
  let readAtMs = Number.NEGATIVE_INFINITY

  const tillOf = async (deployment: Deployment.Deployment, token: Deployment.Token): Promise<Till> => {
    const line = (await client.account(payTo)).assets.find(({ asset }) => asset === token.asset)
    const total = line?.credit.total ?? 0n
    const before: readonly Range[] = total === 0n ? [] : [{ asset: token.asset, from: 0n, to: total }]
    return new Till({
      ...deployment.trust,
      payee: payTo,
      asset: token.asset,
      settled: total - (line?.unsettledCredit ?? 0n),
      maxUnsettled: options.maxUnsettled,
      served: options.served ?? before,
    })
  }

  const load = async (): Promise<Identity> => {
    readAtMs = performance.now()
    const status = await client.status()
    const deployment = Deployment.from(status, options)
    const token = Deployment.token(deployment, options.asset ?? deployment.dollar.asset)
    const till = present?.till ?? (await tillOf(deployment, token))
    const network = X402.networkOf(deployment.trust.chainId)
    present = { deployment, network, token, leadSeconds: leadOf(status.nowSeconds), till }
    return present
  }

  const reload = (): Promise<Identity> => {
    loading ??= load().finally(() => {
      loading = undefined
    })
    return loading
  }

  // Who asks first should not have to wait; that the service may be late is nobody's failure yet.
  reload().catch(() => {})

  return {
    get present() {
      return present
    },
    async ready() {
      try {
        return present ?? (await reload())
      } catch (cause) {
        throw new PaywallUnreadyError(cause)
      }
    },
    tick() {
      if (performance.now() - readAtMs >= refreshEveryMs) reload().catch(() => {})
    },
    async refresh() {
      const before = present?.deployment.trust.creditKey
      if (performance.now() - readAtMs < refreshEveryMs) return false
      const { deployment } = await reload()
      return deployment.trust.creditKey !== before
    },
  }
}

/** The paywall does not know yet whose receipts to take. */
export class PaywallUnreadyError extends SunledgerError {
  override readonly name = 'PaywallUnreadyError'
  constructor(cause: unknown) {
    super('SL667', 'The server cannot take payments yet: its clearing service has not answered.', {
      expected: 'an answer to GET /v1/status',
      actual: cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause),
      hint: 'Nothing was charged. Try again in a moment.',
      status: 503,
      cause,
    })
  }
}
