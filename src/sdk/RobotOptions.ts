/** What a robot is told when it connects, and when it pays. */
import type { Address, Hex } from '../core/Payment.ts'
import type { Status } from '../core/Wire.ts'
import type { ClientOptions } from './Client.ts'
import type * as Deployment from './Deployment.ts'
import type { Keep } from './Keep.ts'
import type * as Signer from './Signer.ts'
import type { SpendLimits } from './Spending.ts'

export interface RobotOptions extends ClientOptions, Deployment.Pins {
  /** A private key (0x and 64 hex digits), a viem account or an ethers signer. */
  readonly account: Signer.AccountLike
  /** What it pays with unless told otherwise; default: dollars. */
  readonly asset?: Address | undefined
  /**
   * Where it keeps what it signs, so that it survives a crash; default: a file of its own in `$XDG_STATE_HOME/sunledger` (see `KeepState`).
   * false: nowhere, for keys that end with the process.
   */
  readonly keep?: Keep | false | undefined
  /** How often it asks whether the service has lost receipts that it keeps (`ReceiptKeeper`), ms; default: a minute. */
  readonly receiptsEveryMs?: number | undefined
  /** The service's status, where it is known already; saves a request for each robot. */
  readonly status?: Status | undefined
  /** Bounds what it pays by itself because a server asked (`fetch`, `stream`); default: 0.10 a request. */
  readonly spend?: SpendLimits | undefined
  /** How long a payment may wait to be accepted, unless it says; default 120. */
  readonly validForSeconds?: number | undefined
}

export interface PayOptions {
  /** The payee's address. */
  readonly to: string
  /** Decimal text in whole units ('0.000125'), or atomic units (125n). */
  readonly amount: string | bigint
  /** What it is for: a URL, an invoice. Only its hash is sent. */
  readonly for?: string | undefined
  /** Idempotency key: the same `for` and `key` are charged once, ever. Default: random. */
  readonly key?: string | undefined
  /** Instead of `for` and `key`: 32 bytes that name the purchase. */
  readonly reference?: Hex | undefined
  /** Chain time in seconds after which the payment is refused for good. */
  readonly validUntil?: bigint | undefined
  readonly asset?: Address | undefined
}
