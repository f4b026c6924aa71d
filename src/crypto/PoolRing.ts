/**
 * The memory that the threads of `Pool` share: a ring of places for payments. The pool fills places in order; whoever is free claims the next one,
 * works on it where it lies and says so in its state. Nobody waits for anybody else: there are no locks, and a place is claimed by one only.
 *
 * Counts run on and wrap at 32 bits; a place is its count modulo the ring's length.
 */
import * as Core from '../core/Packed.ts'

/** Places of the ring. */
export const length = 1024

const control = { filled: 0, claimed: 1, sleepers: 2, isAwaited: 3 } as const
const controlWords = 16
const statesAt = controlWords * 4
const sizesAt = statesAt + length * 4
const paymentsAt = sizesAt + length * 4

export const state = { open: 0, signed: 1, unsigned: 2 } as const

export const memory = (): SharedArrayBuffer => new SharedArrayBuffer(paymentsAt + length * Core.sizeP256)

export interface Ring {
  /** How many were filled, and how many of them claimed, since the beginning. */
  filled(): number
  claimed(): number
  /** Puts a payment into the place that is filled next. There must be room. */
  fill(payment: Core.Packed): void
  /** Shows what was filled to the threads. */
  publish(): void
  /** Wakes threads that sleep, so many at most. */
  wake(most: number): void
  /** Claims the next place for whoever calls: its count; undefined where none is left. */
  claim(): number | undefined
  /** What lies in a place. */
  at(count: number): Core.Packed
  stateOf(count: number): number
  answer(count: number, isSigned: boolean): void
  /** A thread sleeps until something is filled. */
  sleep(): void
  /** The pool has nothing to do but to wait for threads: the next that answers tells it. */
  await(): void
  /** Whether the pool is to be told, once. */
  isAwaited(): boolean
}

/** @param shared made by `memory` */
export const open = (shared: SharedArrayBuffer): Ring => {
  const words = new Int32Array(shared, 0, controlWords)
  const states = new Int32Array(shared, statesAt, length)
  const sizes = new Int32Array(shared, sizesAt, length)
  const bytes = Buffer.from(shared)
  const view = new DataView(shared)
  const place = (count: number): number => count & (length - 1)
  const start = (count: number): number => paymentsAt + place(count) * Core.sizeP256
  let next = Atomics.load(words, control.filled)

  return {
    filled: () => next,
    claimed: () => Atomics.load(words, control.claimed),
    fill({ view: from, start: at, size }) {
      const to = start(next)
      Core.copyWords(view, to, from, at, size)
      sizes[place(next)] = size
      Atomics.store(states, place(next), state.open)
      next = (next + 1) | 0
    },
    publish() {
      Atomics.store(words, control.filled, next)
    },
    wake(most) {
      if (Atomics.load(words, control.sleepers) > 0) Atomics.notify(words, control.filled, most)
    },
    claim() {
      for (;;) {
        const count = Atomics.load(words, control.claimed)
        if (count === Atomics.load(words, control.filled)) return undefined
        if (Atomics.compareExchange(words, control.claimed, count, (count + 1) | 0) === count) return count
      }
    },
    at: (count) => ({ bytes, view, start: start(count), size: sizes[place(count)] as number }),
    stateOf: (count) => Atomics.load(states, place(count)),
    answer(count, isSigned) {
      Atomics.store(states, place(count), isSigned ? state.signed : state.unsigned)
    },
    sleep() {
      const filled = Atomics.load(words, control.filled)
      if (Atomics.load(words, control.claimed) !== filled) return
      Atomics.add(words, control.sleepers, 1)
      // Does not sleep where something has been filled since.
      Atomics.wait(words, control.filled, filled)
      Atomics.sub(words, control.sleepers, 1)
    },
    await() {
      Atomics.store(words, control.isAwaited, 1)
    },
    isAwaited: () => Atomics.compareExchange(words, control.isAwaited, 1, 0) === 1,
  }
}
