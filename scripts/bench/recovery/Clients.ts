/** The paying processes of `bench recovery`, and the receipts that they hold. */
import { type ChildProcess, fork } from 'node:child_process'
import { setTimeout as soon } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import * as Children from '../../../src/cli/Children.ts'
import type { Hex } from '../../../src/core/Payment.ts'
import type { Paid, Told } from './Account.ts'

export interface Clients {
  /** All payments whose receipt somebody holds, by id. */
  readonly paid: ReadonlyMap<Hex, Paid>
  /** The newest of them. */
  latest(count: number): readonly Paid[]
  /** Resolves when so many more have been paid, or nothing comes for long. */
  flowing(more: number, patienceMs: number): Promise<void>
  /** Resolves when everything that was sent is answered. */
  pause(): Promise<void>
  resume(): void
  stop(): void
}

const script = fileURLToPath(new URL('payer.ts', import.meta.url))

/** Resolves once all of them pay. */
export const start = async (url: string, seed: number, clients: number, robots: number): Promise<Clients> => {
  const paid = new Map<Hex, Paid>()
  const recent: Paid[] = []
  let isStopping = false
  const waiting = new Map<ChildProcess, () => void>()
  const failures: ((error: Error) => void)[] = []
  /** Until each of them has said something. */
  const all = (children: readonly ChildProcess[]): Promise<unknown> =>
    Promise.race([
      Promise.all(children.map((child) => new Promise<void>((resolve) => waiting.set(child, resolve)))),
      new Promise((_, reject) => failures.push(reject)),
    ])
  const children = Array.from({ length: clients }, (_, i) => {
    const child = Children.own(
      fork(script, [url, seed, i, clients, robots].map(String), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] }),
    )
    child.on('message', (message: Told) => {
      if (message.type !== 'paid') {
        waiting.get(child)?.()
        return
      }
      const { type: _, ...payment } = message
      paid.set(payment.id, payment)
      recent.push(payment)
      if (recent.length > 2000) recent.splice(0, 1000)
    })
    child.once('exit', (code) => {
      if (!isStopping) for (const fail of failures) fail(new Error(`a paying process ended with code ${code}`))
    })
    return child
  })
  await all(children)
  return {
    paid,
    latest: (count) => recent.slice(-count),
    async flowing(more, patienceMs) {
      const from = paid.size
      for (const end = performance.now() + patienceMs; performance.now() < end && paid.size < from + more; )
        await soon(5)
    },
    async pause() {
      const quiet = all(children)
      for (const child of children) child.send('pause')
      await quiet
    },
    resume() {
      for (const child of children) child.send('resume')
    },
    stop() {
      isStopping = true
      for (const child of children) child.kill('SIGKILL')
    },
  }
}
