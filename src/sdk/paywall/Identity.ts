/**
 * Whose receipts a paywall takes: chain, clearing house, credit key, and the asset it is paid in. Read once from the service, when the
 * paywall is made; afterwards receipts are checked without it. Read again where a receipt is signed by another key than the known one (the
 * operator's key may have been replaced), at most once a second, and where the chain's clock runs ahead of this machine's.
 *
 * What the payee had been credited before this process first took its receipts counts as served: one receipt buys once, also across a
 * restart. A till that is kept (`served`, `store`) knows better, and is believed instead.
 */
import { SunledgerError } from '../../core/Errors.ts'
import type { Address, Receipt as ReceiptType } from '../../core/Payment.ts'
import * as X402 from '../../core/X402.ts'
import type { Client } from '../Client.ts'
import * as Deployment from '../Deployment.ts'
import { ReceiptKeeper } from '../ReceiptKeeper.ts'
import type { Range } from '../Till.ts'
import type { TillStore } from '../TillStore.ts'
import type { Memory } from './Answers.ts'
import * as Risk from './Risk.ts'
import * as Served from './Served.ts'

export interface IdentityOptions extends Deployment.Pins {
  readonly client: Client
  readonly payTo: Address
  /** Default: dollars. */
  readonly asset?: Address | undefined
  readonly served?: readonly Range[] | undefined
  /** Decimal text or atomic units. */
  readonly maxUnsettled?: string | bigint | undefined
  readonly memory?: Memory | undefined
  readonly store?: TillStore | undefined
}

export interface Identity {
  readonly deployment: Deployment.Deployment
  readonly network: X402.Network
  readonly token: Deployment.Token
  /** How far the chain's clock is ahead of this machine's, in seconds; 0 where it is not. */
  readonly leadSeconds: number
  readonly served: Served.Served
  /** undefined: whatever the operator owes is borne. */
  readonly risk: Risk.Risk | undefined
}

export interface Identities {
  /** What is known now; undefined before the service has answered. */
  readonly present: Identity | undefined
  /** @throws {PaywallUnreadyError} */
  ready(): Promise<Identity>
  /** Reads the service again in the background, if that was not done in the last second: its clock runs ahead. */
  tick(): void
  /** Keeps a receipt that was taken until it is settled, and brings it to a service that has lost it. */
  keep(receipt: ReceiptType): void
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
  const receipts = new ReceiptKeeper({ client, account: payTo })
  let present: Identity | undefined
  let loading: Promise<Identity> | undefined
  let readAtMs = Number.NEGATIVE_INFINITY

  const load = async (): Promise<Identity> => {
    readAtMs = performance.now()
    const status = await client.status()
    const deployment = Deployment.from(status, options)
    const token = Deployment.token(deployment, options.asset ?? deployment.dollar.asset)
    const { asset } = token
    const lineOf = async () => (await client.account(payTo)).assets.find((line) => line.asset === asset)
    const credited = async () => (await lineOf())?.credit.total ?? 0n
    const { served: ranges, maxUnsettled, memory, store } = options
    const served =
      present?.served ??
      (await Served.of({ trust: deployment.trust, payee: payTo, asset, served: ranges, credited, memory, store }))
    const most = maxUnsettled === undefined ? undefined : Deployment.amount(token, maxUnsettled)
    const risk = present?.risk ?? (most === undefined ? undefined : Risk.create(most, lineOf))
    const network = X402.networkOf(deployment.trust.chainId)
    present = { deployment, network, token, leadSeconds: leadOf(status.nowSeconds), served, risk }
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
        // A store that cannot be used says so by its own name.
        throw /^SL63[89]$/.test((cause as SunledgerError).code) ? cause : new PaywallUnreadyError(cause)
      }
    },
    tick() {
      if (performance.now() - readAtMs >= refreshEveryMs) reload().catch(() => {})
    },
    keep: (receipt) => receipts.add(receipt),
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
