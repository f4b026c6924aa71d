import { describe, expect, test } from 'vitest'
import { Control } from '../../../src/sim/Control.ts'

const signal = () => new AbortController()
const settled = async (promise: Promise<void>, ms = 30) =>
  Promise.race([promise.then(() => true), new Promise<boolean>((resolve) => setTimeout(() => resolve(false), ms))])

describe('speed and pause', () => {
  test('behavior: as fast as it goes waits for nothing', async () => {
    expect(await settled(new Control(0).wait(900, 0, signal().signal))).toBe(true)
  })

  test('behavior: at a speed it waits for what is left of the slot, and a new speed counts at once', async () => {
    const control = new Control(1)
    const waiting = control.wait(900, 0, signal().signal)
    expect(await settled(waiting)).toBe(false)
    control.speed = 1e6
    expect(await settled(waiting, 1000)).toBe(true)
    expect(await settled(control.wait(900, 901_000, signal().signal))).toBe(true)
  })

  test('behavior: paused it waits whatever the speed, until it is resumed or the run is aborted', async () => {
    const control = new Control(0)
    control.pause()
    const waiting = control.wait(900, 0, signal().signal)
    expect([await settled(waiting), control.paused]).toEqual([false, true])
    control.resume()
    expect([await settled(waiting, 1000), control.paused]).toEqual([true, false])
    const abort = signal()
    control.pause()
    const cut = control.wait(900, 0, abort.signal)
    abort.abort()
    expect(await settled(cut, 1000)).toBe(true)
  })

  test('error: a speed that is none', () => {
    expect(() => new Control(-1)).toThrow(RangeError)
    expect(() => {
      new Control().speed = Number.NaN
    }).toThrow(RangeError)
  })
})
