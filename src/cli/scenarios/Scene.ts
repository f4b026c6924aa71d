/**
 * What a play has in hand: the running chain, service and operator's token, and participants with keys from the seed. Payments that are made through
 * `pay` are timed and counted, refusals too, so that the report and its checks know of all of them.
 */
import * as ChainClient from '../../chain/Client.ts'
import { SunledgerError } from '../../core/Errors.ts'
import type { Hex, Receipt } from '../../core/Payment.ts'
import type { Status } from '../../core/Wire.ts'
import * as Keccak from '../../crypto/Keccak.ts'
import type { Basis, Finding } from '../../report/Answer.ts'
import type { Client } from '../../sdk/Client.ts'
import { type PayOptions, Robot, type RobotOptions } from '../../sdk/Robot.ts'
import type { Outcome } from '../../sim/Economy.ts'
import * as Random from '../../sim/Random.ts'
import type * as Network from '../Network.ts'

/** Observations that a play fills in. */
export interface Observed extends Omit<Outcome, 'acceptMs' | 'receiptIds' | 'rejected'> {
  readonly acceptMs: number[]
  readonly receiptIds: Hex[]
  readonly rejected: { [code: string]: number }
}

export const nothing = (): Observed => ({
  acceptMs: [],
  receiptIds: [],
  payingMs: 0,
  firstSettledAtMs: undefined,
  rejected: {},
  jobs: { requested: 0, bought: 0, unaffordable: 0, unpowered: 0 },
  tasks: { wanted: 0, done: 0, unaffordable: 0, unpowered: 0 },
  timedPayments: 0,
  settledAfterSeconds: [],
  signedOrders: [],
  sales: new Map(),
  settledIn: new Map(),
  wealth: [],
  orders: { placed: 0, faults: 0, lastFault: undefined },
  slots: [],
  complete: false,
})

export interface SceneOptions {
  readonly network: Network.Network
  readonly chain: ChainClient.Client
  readonly client: Client
  readonly status: Status
  readonly token: string
  readonly seed: number
  /** How many robots were asked for. */
  readonly robots: number
  /** Chain time until which payments hold. */
  readonly validUntilSeconds: bigint
  readonly signal: AbortSignal
  readonly say: (text: string) => void
}

export class Scene {
  readonly options: SceneOptions
  readonly outcome: Observed
  readonly notes: Finding[] = []
  readonly #robots: Robot[] = []

  constructor(options: SceneOptions, outcome: Observed = nothing()) {
    this.options = options
    this.outcome = outcome
  }

  get client(): Client {
    return this.options.client
  }

  /** A participant of this play. */
  async connect(role: string, index: number, options: Partial<RobotOptions> = {}): Promise<Robot> {
    const { client, status, seed } = this.options
    const robot = await Robot.connect(client, {
      account: Random.key(seed, role, index),
      status,
      keep: false,
      ...options,
    })
    this.#robots.push(robot)
    return robot
  }

  /** A deposit from outside, the same for the same seed. */
  deposit(robot: Robot, amountAtomic: bigint): Promise<unknown> {
    const salt = Keccak.ofText(`deposit ${this.options.seed} ${robot.address}`)
    return robot.deposit(amountAtomic, { salt, validBefore: this.options.validUntilSeconds })
  }

  /** A payment, timed and counted; undefined where it was refused. */
  async pay(robot: Robot, options: PayOptions): Promise<Receipt | undefined> {
    const began = performance.now()
    try {
      const receipt = await robot.pay({ validUntil: this.options.validUntilSeconds, key: '', ...options })
      this.outcome.acceptMs.push(performance.now() - began)
      this.outcome.receiptIds.push(receipt.payment.id)
      return receipt
    } catch (error) {
      if (this.options.signal.aborted) return undefined
      const code = error instanceof SunledgerError ? error.code : 'unknown'
      this.outcome.rejected[code] = (this.outcome.rejected[code] ?? 0) + 1
      return undefined
    }
  }

  /** Settles everything now. */
  async settle(): Promise<{
    readonly members: number
    readonly gas: bigint
    readonly transactions: number
    readonly tookMs: number
  }> {
    const began = performance.now()
    const { transactions } = await this.client.settle(this.options.token)
    this.outcome.firstSettledAtMs ??= performance.now()
    return {
      members: transactions.reduce((sum, { members }) => sum + members, 0),
      gas: transactions.reduce((sum, { gasUsed }) => sum + gasUsed, 0n),
      transactions: transactions.length,
      tookMs: performance.now() - began,
    }
  }

  /** A method of the local chain's own, such as `evm_snapshot`. */
  raw(method: string, ...params: unknown[]): Promise<unknown> {
    return ChainClient.raw(this.options.chain, method, params)
  }

  note(name: string, value: string, basis: Basis = 'measured'): void {
    this.notes.push({ name, value, basis })
  }

  /** Time that payments took, and how many they were, for the report's rate: nothing that is paid outside of it counts. */
  async paying<T>(run: () => Promise<T>): Promise<T> {
    const [began, before] = [performance.now(), this.outcome.acceptMs.length]
    try {
      return await run()
    } finally {
      this.outcome.payingMs += performance.now() - began
      this.outcome.timedPayments += this.outcome.acceptMs.length - before
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#robots.map((robot) => robot.close()))
  }
}
