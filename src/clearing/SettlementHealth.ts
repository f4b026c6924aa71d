/**
 * Whether what was accepted gets on chain, and if not, why: how the last settlements went, what the keys have to pay for gas, how long the
 * oldest money has waited. Payments are accepted whatever it says, so an operator who is not told of it finds out by the sum.
 */
import { ChainUnreachableError } from '../chain/Client.ts'
import { SunledgerError } from '../core/Errors.ts'

/** Why settlement does not proceed. An unreachable chain is said by itself. */
export type Reason = 'refused' | 'stuck' | 'coin' | 'key'

export interface View {
  /** Empty: it proceeds, or there is nothing to do. */
  readonly reasons: Reason[]
  /** Of the last one that succeeded since the start, milliseconds since 1970. */
  readonly lastAtMs: number | null
  /** In a row. */
  readonly failures: number
  /** Of the last failure in a row. */
  readonly code: string | null
  /** How long the oldest money that the chain does not show has waited; null: there is none. */
  readonly oldestSeconds: number | null
  /** What the keys have for gas, wei; null: not known yet. */
  readonly coinWei: { readonly settlement: bigint | null; readonly issuer: bigint | null }
}

/** A settlement that sent nothing has shown nothing. */
export interface Run {
  readonly transactions: readonly unknown[]
}

export interface SettlementHealth {
  /** Runs a settlement, and takes note of how it went. */
  watch<T extends Run>(settle: () => Promise<T>): Promise<T>
  /** To be called now and then: whether anything is unsettled. */
  observe(isUnsettled: boolean): void
  /** What was left out of the last settlement has waited since then (monotonic); undefined: nothing was. */
  leftOut(sinceMs: number | undefined): void
  view(): View
}

export interface HealthOptions {
  readonly coinWei: () => View['coinWei']
  /** What the next settlement takes at least, wei; undefined: not known yet. */
  readonly costWei: () => bigint | undefined
  /** Whether the contract takes settlements of this key; undefined: not known. */
  readonly isOurKey: () => boolean | undefined
  /** Told when the reasons change. */
  readonly onChange?: (reasons: readonly Reason[], code: string | null) => void
  readonly wallMs?: () => number
  readonly nowMs?: () => number
}

/** One failure may be a block that was replaced. */
const fewFailures = 2
/** A settlement takes seconds; where it waits for longer, something is in its way. */
const stuckMs = 60_000

export const create = (options: HealthOptions): SettlementHealth => {
  const { wallMs = Date.now, nowMs = () => performance.now() } = options
  let lastAtMs: number | null = null
  let failures = 0
  let code: string | null = null
  let beganMs: number | undefined
  /** What is unsettled now has come since then at most. */
  let oldestMs: number | undefined
  let leftMs: number | undefined
  let told = ''

  const reasons = (): Reason[] => {
    const found: Reason[] = []
    const coin = options.coinWei().settlement
    const cost = options.costWei()
    if (options.isOurKey() === false) found.push('key')
    if (coin !== null && (coin === 0n || (cost !== undefined && coin < cost))) found.push('coin')
    if (failures >= fewFailures) found.push('refused')
    if (beganMs !== undefined && nowMs() - beganMs >= stuckMs) found.push('stuck')
    return found
  }

  return {
    async watch(settle) {
      const began = nowMs()
      beganMs ??= began
      try {
        const settled = await settle()
        const hasSent = settled.transactions.length > 0
        if (hasSent) lastAtMs = wallMs()
        if (hasSent || leftMs === undefined) {
          failures = 0
          code = null
        }
        oldestMs = leftMs ?? began
        return settled
      } catch (error) {
        if (!(error instanceof ChainUnreachableError)) {
          failures++
          code = error instanceof SunledgerError ? error.code : 'SL607'
        }
        throw error
      } finally {
        beganMs = undefined
      }
    },
    observe(isUnsettled) {
      const now = reasons()
      if (now.join() !== told) options.onChange?.(now, code)
      told = now.join()
      if (!isUnsettled) oldestMs = undefined
      else oldestMs ??= nowMs()
    },
    leftOut(sinceMs) {
      leftMs = sinceMs
    },
    view: () => ({
      reasons: reasons(),
      lastAtMs,
      failures,
      code,
      oldestSeconds: oldestMs === undefined ? null : Math.floor((nowMs() - oldestMs) / 1000),
      coinWei: options.coinWei(),
    }),
  }
}
