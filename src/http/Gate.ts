/**
 * The bounded queue in front of acceptance: whoever would wait longer than `mostWaitMs` is told to come back. Payments that come early and wait for a predecessor cost no work, and anybody can send such
 * ones, so they do not count among those that are being worked on: else a few hundred of them would keep everybody out.
 */
import type { Service } from '../clearing/Service.ts'
import type { Receipt } from '../core/Payment.ts'
import { type Limits, OverloadedError } from './Limits.ts'
import * as Pace from './Pace.ts'

export interface Gate {
  /** The service, behind the gate. */
  readonly service: Service
  /** Works on a request that has been read. */
  through<T>(work: () => Promise<T> | T): Promise<T>
  /** Asked before a request for payments is read. */
  isFull(): boolean
  /** Payments and legs that are not answered. */
  pending(): number
  /** Payments that are being worked on: they wait for nobody but us. */
  busy(): number
}

/** A list of payments that was let in is worked through, however full it becomes meanwhile. */
const mostAtOnce = 1000

/** So many are let in however slow things go: a disk that takes long for each group needs large ones. */
const always = 64

/** One for all: making an error costs as much as refusing. */
const overloaded = new OverloadedError()

/** @param onAnswered told how long each payment took, accepted or not */
export const around = (service: Service, limits: Limits, onAnswered: (tookMs: number) => void): Gate => {
  const { pendingRequests, pendingPayments, waitingPayments, mostWaitMs } = limits
  const pace = Pace.measure(always)
  let requests = 0
  let paying = 0
  let trading = 0

  const busy = (): number => (paying === 0 ? 0 : paying - service.early() - service.looking())

  /** Lets one through, and counts it until it is answered. */
  const through = <T>(ask: () => Promise<T>): Promise<T> => {
    if (busy() >= pendingPayments + mostAtOnce || paying >= waitingPayments) return Promise.reject(overloaded)
    paying++
    const began = performance.now()
    const done = (): void => {
      paying--
      const nowMs = performance.now()
      pace.answered(nowMs, busy())
      onAnswered(nowMs - began)
    }
    const answer = ask()
    answer.then(done, done)
    return answer
  }

  const pay: Service['pay'] = (request) => through(() => service.pay(request))
  const take: Service['take'] = (payment) => through(() => service.take(payment))

  const trade: Service['trade'] = (terms, request): Promise<Receipt> => {
    if (trading >= waitingPayments) return Promise.reject(overloaded)
    trading++
    const done = (): void => {
      trading--
    }
    const answer = service.trade(terms, request)
    answer.then(done, done)
    return answer
  }

  return {
    service: { ...service, pay, take, trade },
    async through(work) {
      requests++
      try {
        return await work()
      } finally {
        requests--
      }
    },
    // A request that waits with an early payment is no work either. Of a list with many of them too much is taken off; then the
    // payments themselves are the bound.
    isFull: () =>
      (busy() >= always && pace.waitMs(busy()) > mostWaitMs) ||
      requests - service.early() >= pendingRequests ||
      busy() >= pendingPayments ||
      paying >= waitingPayments,
    pending: () => paying + trading,
    busy,
  }
}
