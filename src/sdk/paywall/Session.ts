/** One metered stream at the server: what was paid for it, what it has delivered, and delivering on. */
import type { ServerResponse } from 'node:http'
import * as Metered from '../../core/Metered.ts'
import * as Wire from '../../core/Wire.ts'
import type { Purchase } from './Clearing.ts'
import type { Hold } from './Served.ts'

/** A receipt that was taken. */
export interface Taken {
  readonly purchase: Purchase
  readonly hold: Hold
}

export interface Session {
  readonly url: string
  readonly payer: string
  /** Receipts taken, newest last. */
  readonly purchases: Taken[]
  /** Receipts that are being taken, by purchase: who sends one again meanwhile waits for the same. */
  readonly taking: Map<string, Promise<void>>
  paid: bigint
  delivered: bigint
  /** Told of each payment. */
  wake: () => void
}

export const event = (type: string, data: unknown, id?: bigint): string =>
  `event: ${type}\n${id === undefined ? '' : `id: ${id}\n`}data: ${Wire.stringify(data ?? null)}\n\n`

/** Resolves when the receiver has taken what was written, or is gone. */
const drained = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done)
      response.off('close', done)
      resolve()
    }
    response.once('drain', done)
    response.once('close', done)
  })

/** Waits until so much has been paid. False where it was not. */
const paidBy = (session: Session, cost: bigint, patienceMs: number, signal: AbortSignal): Promise<boolean> =>
  new Promise((resolve) => {
    const look = (): void => {
      if (session.paid < cost && !signal.aborted && !isLate) return
      clearTimeout(timer)
      signal.removeEventListener('abort', look)
      session.wake = () => {}
      resolve(session.paid >= cost && !signal.aborted)
    }
    let isLate = false
    const timer = setTimeout(() => {
      isLate = true
      look()
    }, patienceMs)
    session.wake = look
    signal.addEventListener('abort', look, { once: true })
    look()
  })

/** Delivers units for as long as they are paid for. Why it ended; undefined: the client has gone. */
export const deliver = async (
  units: AsyncIterator<unknown>,
  session: Session,
  tariff: Metered.Tariff,
  response: ServerResponse,
  [patienceMs, signal]: [number, AbortSignal],
): Promise<Metered.End['reason'] | undefined> => {
  const gone = new Promise<undefined>((resolve) =>
    signal.addEventListener('abort', () => resolve(undefined), { once: true }),
  )
  for (;;) {
    const next = await Promise.race([units.next(), gone])
    if (next === undefined || signal.aborted) return undefined
    if (next.done === true) return 'done'
    const cost = Metered.costOf(tariff, session.delivered + 1n)
    if (session.paid < cost) {
      const { delivered, paid } = session
      response.write(event('payment', { delivered, paid, due: cost - paid }))
      if (!(await paidBy(session, cost, patienceMs, signal))) return signal.aborted ? undefined : 'unpaid'
    }
    session.delivered++
    if (!response.write(event('unit', next.value, session.delivered))) await drained(response)
  }
}
