/** Sends requests of every kind to every route, and says what no answer may be. Used by the bench, and by a test with fewer of them. */
import { faults as documented } from '../../../test/src/support/Documented.ts'
import * as Caller from './Caller.ts'
import * as Cases from './Cases.ts'

export interface Findings {
  readonly requests: number
  /** By kind of request, then by status, or how the connection ended. */
  readonly outcomes: { readonly [kind: string]: { readonly [outcome: string]: number } }
  readonly slowestMs: number
  /** What must not be, with the number of the request that shows it; at most some. */
  readonly faults: readonly string[]
}

const mostFaults = 20
/** Errors of ours that may have a status above 499: the chain or the disk is not there, or there is too much to do. */
const named = new Set([503, 504])

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** What is wrong with an answer; empty where nothing is. */
const wrong = (made: Cases.Case, outcome: Caller.Outcome): string[] => {
  if (outcome === 'hung') return ['no answer in time']
  // Only what is cut off or unreadable may end without an answer.
  if (outcome === 'closed') return made.last ? [] : ['the connection was closed without an answer']
  const { status, type, text } = outcome
  const body = parsed(text)
  const { code } = (body ?? {}) as { code?: string }
  if (status >= 500 && !(named.has(status) && code !== undefined)) return [`status ${status}: ${text.slice(0, 200)}`]
  const isBare = made.method === 'HEAD' || status === 204
  if (status >= 400 && !isBare && (type !== 'application/problem+json' || !/^SL\d{3}$/.test(code ?? '')))
    return [`status ${status} without a problem: ${text.slice(0, 200)}`]
  // Where the bytes of the request line may have changed, nobody knows which route was asked.
  const isKnown = made.kind === 'described' || made.kind === 'mutated' || made.kind === 'brokenJson'
  return isKnown ? documented({ method: made.method, url: made.path, status, type, body }) : []
}

/** @param told after each thousand */
export const run = async (
  url: string,
  world: Cases.World,
  requests: number,
  told: (done: number) => void = () => {},
): Promise<Findings> => {
  const outcomes: { [kind: string]: { [outcome: string]: number } } = {}
  const faults: string[] = []
  let [next, slowestMs] = [0, 0]
  const work = async (): Promise<void> => {
    const caller = Caller.open(url, 15_000)
    while (next < requests) {
      const number = next++
      const made = Cases.make(world, number)
      const startedMs = performance.now()
      const outcome = await caller.call(made.bytes, made.method, made.last)
      slowestMs = Math.max(slowestMs, performance.now() - startedMs)
      const key = typeof outcome === 'string' ? outcome : String(outcome.status)
      const ofKind = outcomes[made.kind] ?? {}
      outcomes[made.kind] = ofKind
      ofKind[key] = (ofKind[key] ?? 0) + 1
      if (faults.length < mostFaults)
        faults.push(
          ...wrong(made, outcome).map(
            (what) => `request ${number} (${made.kind} ${made.method} ${made.path.slice(0, 80)}): ${what}`,
          ),
        )
      if ((number + 1) % 1000 === 0) told(number + 1)
    }
    caller.close()
  }
  await Promise.all(Array.from({ length: 16 }, work))
  return { requests, outcomes, faults, slowestMs }
}
