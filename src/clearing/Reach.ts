/**
 * Whether the chain answers, as far as is known: from what the heartbeat met, and from how long it has been waiting for an answer. A chain that is
 * gone refuses at once; one that hangs says nothing, and whoever asks it would wait for minutes.
 */
import { ChainUnreachableError, type Client } from '../chain/Client.ts'

export interface Reach {
  /** False: it did not answer when it was asked last, or has not for a while. */
  isUp(): boolean
  /** Whether there is any doubt: asked and not yet answered for longer than answers take. */
  isDoubtful(): boolean
  /** Watches a question: what becomes of it says whether the chain answers. @param hasMoved whether answers have come meanwhile */
  watch<T>(ask: () => Promise<T>): Promise<T>
  /** Where there is doubt, asks the chain for an answer now. @throws {ChainUnreachableError} it gives none soon */
  assert(): Promise<void>
}

/** Answers take a fraction of that. */
const doubtfulMs = 1_000
/** What is asked may be read in many steps, each of which shows that the chain answers. */
const silentMs = 5_000
/** How long a chain in doubt may take to say that it is there. */
const probeMs = 1_000

/** @param progress changes with every answer that comes while a question is under way */
export const create = (client: Client, progress: () => unknown): Reach => {
  let isKnownDown = false
  /** Since when a question waits without a sign of the chain. */
  let waitingMs: number | undefined
  let seen: unknown
  let probing: Promise<void> | undefined

  const silence = (): number => {
    if (waitingMs === undefined) return 0
    const now = progress()
    if (now !== seen) [seen, waitingMs] = [now, performance.now()]
    return performance.now() - waitingMs
  }

  const isUp = (): boolean => !isKnownDown && silence() < silentMs

  const probe = async (): Promise<void> => {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () =>
          reject(new ChainUnreachableError(String(client.transport['url']), new Error(`no answer in ${probeMs} ms`))),
        probeMs,
      )
    })
    const asked = client.getBlockNumber().catch((cause: unknown) => {
      throw new ChainUnreachableError(String(client.transport['url']), cause)
    })
    // Whoever is late is heard of by nobody.
    asked.catch(() => {})
    try {
      await Promise.race([asked, late])
      isKnownDown = false
    } finally {
      clearTimeout(timer)
      probing = undefined
    }
  }

  return {
    isUp,
    isDoubtful: () => isKnownDown || silence() >= doubtfulMs,
    async watch(ask) {
      ;[waitingMs, seen] = [performance.now(), progress()]
      try {
        const found = await ask()
        isKnownDown = false
        return found
      } catch (error) {
        if (error instanceof ChainUnreachableError) isKnownDown = true
        throw error
      } finally {
        waitingMs = undefined
      }
    },
    async assert() {
      if (!isKnownDown && silence() < doubtfulMs) return
      probing ??= probe()
      await probing
    },
  }
}
