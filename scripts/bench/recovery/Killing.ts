/** How the service is killed: with kill -9, at a moment that belongs to the round, whatever it is just doing. */
import { existsSync, readdirSync } from 'node:fs'
import { setTimeout as soon } from 'node:timers/promises'
import type { Network } from '../../../src/cli/Network.ts'

export type Moment = 'payments' | 'settlement' | 'snapshot' | 'deposits'

/** Waits until the service says that it is ready. */
export const ready = async (url: string, patienceMs = 60_000): Promise<void> => {
  for (const end = performance.now() + patienceMs; performance.now() < end; await soon(5)) {
    const response = await fetch(`${url}/readyz`).catch(() => undefined)
    await response?.arrayBuffer().catch(() => undefined)
    if (response?.status === 200) return
  }
  throw new Error('the service did not come back')
}

/** Until a file of a snapshot or an index is being written. */
const whileWriting = async (data: string, patienceMs: number): Promise<boolean> => {
  for (const end = performance.now() + patienceMs; performance.now() < end; await soon(1))
    if (existsSync(data) && readdirSync(data).some((name) => name.endsWith('.new'))) return true
  return false
}

export interface KillOptions {
  readonly network: Network
  readonly data: string
  readonly token: string
  readonly moment: Moment
  /** 0 to 1: how far into what it does. */
  readonly fraction: number
  /** Deposits; resolves when all have been told that they are mined. */
  readonly deposit: () => Promise<void>
}

/** In the middle of what, and when whoever deposited meanwhile has been told. */
export interface Killed {
  readonly met: Moment
  readonly told: Promise<void> | undefined
}

/** Kills it. */
export const kill = async ({ network, data, token, moment, fraction, deposit }: KillOptions): Promise<Killed> => {
  let met: Moment = 'payments'
  let told: Promise<void> | undefined
  if (moment === 'snapshot') {
    if (await whileWriting(data, 2000)) met = 'snapshot'
  } else if (moment === 'settlement') {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    let isOver = false
    const settling = fetch(`${network.url}/v1/settlements`, { method: 'POST', headers, body: '{}' })
    void settling
      .then((response) => response.arrayBuffer())
      .then(
        () => {
          isOver = true
        },
        () => undefined,
      )
    await soon(fraction * 120)
    if (!isOver) met = 'settlement'
  } else if (moment === 'deposits') {
    let isOver = false
    told = deposit().then(() => {
      isOver = true
    })
    await soon(fraction * 120)
    if (!isOver) met = 'deposits'
  } else await soon(20 + fraction * 700)
  process.kill(network.servicePid(), 'SIGKILL')
  return { met, told }
}
