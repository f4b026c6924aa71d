/**
 * Loaded into a service before all else (`--import`): its wall clock is ahead or behind by the milliseconds that the file `SUNLEDGER_CLOCK` says,
 * as they change. The service itself knows nothing of it.
 */
import { readFileSync } from 'node:fs'

const path = process.env['SUNLEDGER_CLOCK'] ?? ''
const real = Date.now
const readEveryMs = 20

let offsetMs = 0
let readMs = Number.NEGATIVE_INFINITY

const offset = (): number => {
  if (performance.now() - readMs < readEveryMs) return offsetMs
  readMs = performance.now()
  offsetMs = Number(readFileSync(path, 'utf8'))
  return offsetMs
}

class Shifted extends Date {
  constructor(...given: readonly unknown[]) {
    if (given.length === 0) super(real() + offset())
    else super(...(given as [number]))
  }
  static override now(): number {
    return real() + offset()
  }
}

globalThis.Date = Shifted as DateConstructor
