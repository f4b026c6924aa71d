/**
 * What a run shows while it goes on, on stderr: a line for each step of the set-up, then one line that is rewritten after each slot (on a
 * terminal) or a line now and then (elsewhere).
 */
import * as Amount from '../core/Amount.ts'
import type { EconomyState } from '../sim/Feed.ts'

export interface Screen {
  step(text: string): void
  slot(state: EconomyState): void
  /** Ends the line that is rewritten. */
  end(): void
}

const quietMs = 3000

const clock = (seconds: number): string =>
  `${String(Math.floor(seconds / 3600)).padStart(2, '0')}:${String(Math.floor((seconds % 3600) / 60)).padStart(2, '0')}`

const dollars = (atomic: bigint): string => `$${Number(Amount.format(atomic)).toFixed(2)}`

const kilowatts = (value: number): string =>
  value >= 1000 ? `${(value / 1000).toFixed(2)} MW` : `${value.toFixed(0)} kW`

const settledText = ({ members, gas, tookMs }: NonNullable<EconomyState['settled']>): string =>
  `settled ${members} accounts in ${(tookMs / 1000).toFixed(2)} s, ${(Number(gas) / 1e6).toFixed(1)} M gas`

/** For example: slot 48/96 12:00 | sun 1.02 MW | $0.043/kWh | 2 900 payments/s | … */
export const line = (p: EconomyState, lastSettled: string): string =>
  [
    `slot ${String(p.slot + 1).padStart(String(p.slots).length)}/${p.slots} ${clock(p.clockSeconds)}`,
    `sun ${kilowatts(p.sunKw)}`,
    `energy $${Amount.format(p.priceAtomicPerKwh)}/kWh`,
    `${Math.round(p.paymentsPerSecond)} payments/s`,
    `${dollars(p.unsettledAtomic)} unsettled`,
    lastSettled,
  ].join(' | ')

export const create = (stream: NodeJS.WriteStream, nowMs: () => number = () => performance.now()): Screen => {
  let lastMs = Number.NEGATIVE_INFINITY
  let settled = ''
  let open = false
  const terminal = stream.isTTY === true
  const end = (): void => {
    if (open) stream.write('\n')
    open = false
  }
  return {
    step(text) {
      end()
      stream.write(`${text}\n`)
    },
    slot(state) {
      if (state.settled !== undefined) settled = settledText(state.settled)
      const last = state.slot + 1 === state.slots
      if (!terminal && !last && state.slot > 0 && nowMs() - lastMs < quietMs) return
      lastMs = nowMs()
      const text = line(state, settled)
      // A line that wraps could not be rewritten.
      stream.write(terminal ? `\r\u001B[2K${text.slice(0, (stream.columns ?? 80) - 1)}` : `${text}\n`)
      open = terminal
    },
    end,
  }
}
