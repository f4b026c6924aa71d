/**
 * What a run shows while it goes on, on stderr: a line for each step of the set-up, then one line that is rewritten after each slot (on a
 * terminal) or a line now and then (elsewhere).
 */
import * as Amount from '../core/Amount.ts'
import type { Progress } from '../sim/Economy.ts'

export interface Screen {
  step(text: string): void
  slot(progress: Progress): void
  /** Ends the line that is rewritten. */
  end(): void
}

const quietMs = 3000

const clock = (seconds: number): string =>
  `${String(Math.floor(seconds / 3600)).padStart(2, '0')}:${String(Math.floor((seconds % 3600) / 60)).padStart(2, '0')}`

const dollars = (atomic: bigint): string => `$${Number(Amount.format(atomic)).toFixed(2)}`

const watts = (value: number): string =>
  value >= 1e6 ? `${(value / 1e6).toFixed(2)} MW` : `${(value / 1000).toFixed(0)} kW`

/** For example: slot 48/96 12:00 | sun 1.02 MW | $0.043/kWh | 2 900 payments/s | … */
export const line = (p: Progress): string =>
  [
    `slot ${String(p.slot + 1).padStart(String(p.slots).length)}/${p.slots} ${clock(p.clockSeconds)}`,
    `sun ${watts(p.sunWatts)}`,
    `energy $${Amount.format(p.priceAtomicPerKwh)}/kWh`,
    `${Math.round(p.paymentsPerSecond)} payments/s`,
    `${dollars(p.unsettledAtomic)} unsettled`,
    `settled ${p.settled.members} accounts in ${(p.settled.tookMs / 1000).toFixed(2)} s`,
  ].join(' | ')

export const create = (stream: NodeJS.WriteStream, nowMs: () => number = () => performance.now()): Screen => {
  let lastMs = Number.NEGATIVE_INFINITY
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
    slot(progress) {
      const last = progress.slot + 1 === progress.slots
      if (!terminal && !last && progress.slot > 0 && nowMs() - lastMs < quietMs) return
      lastMs = nowMs()
      const text = line(progress)
      // A line that wraps could not be rewritten.
      stream.write(terminal ? `\r\u001B[2K${text.slice(0, (stream.columns ?? 80) - 1)}` : `${text}\n`)
      open = terminal
    },
    end,
  }
}
