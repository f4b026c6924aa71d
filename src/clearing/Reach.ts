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
  /** Watches a question: what becomes of it says whether the chain answers. */
  watch<T>(ask: () => Promise<T>): Promise<T>
  /** Unless it has answered just now, asks it whether it is there. @throws {ChainUnreachableError} it gives none soon */
  assert(): Promise<void>
}

export interface Timing {
  /** Who has just heard of the chain need not ask whether it is there. */
  readonly freshMs: number
  /** Without a sign of it for so long, while it is asked, there is doubt. What is read in many steps gives many signs. */
  readonly doubtfulMs: number
  /** And after so long it counts as gone. */
  readonly silentMs: number
  /** How long it may take to say that it is there. */
  readonly probeMs: number
}

const usual: Timing = { freshMs: 1_000, doubtfulMs: 2_500, silentMs: 5_000, probeMs: 2_500 }

/** @param progress changes with every answer that comes while a question is under way */
export const create = (client: Client, progress: () => unknown, timing: Partial<Timing> = {}): Reach => {
  const { freshMs, doubtfulMs, silentMs, probeMs } = { ...usual, ...timing }
  let isKnownDown = false
  let answeredMs = Number.NEGATIVE_INFINITY
  /** Since when a question waits without a sign of the chain. */
  let waitingMs: number | undefined
  let seen: unknown
  let probing: Promise<void> | undefined

  const answeredNow = (): void => {
    isKnownDown = false
    answeredMs = performance.now()
  }

  const silence = (): number => {
    if (waitingMs === undefined) return 0
    const now = progress()
    if (now !== seen) [seen, waitingMs] = [now, performance.now()]
    return performance.now() - waitingMs
  }

  const unreachable = (cause: unknown): ChainUnreachableError =>
    cause instanceof ChainUnreachableError ? cause : new ChainUnreachableError(String(client.transport['url']), cause)

  const probe = async (): Promise<void> => {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer in ${probeMs} ms`)), probeMs)
    })
    const asked = client.getBlockNumber()
    // Whoever is late is heard of by nobody.
    asked.catch(() => {})
    try {
      await Promise.race([asked, late])
      answeredNow()
    } catch (cause) {
      isKnownDown = true
      throw unreachable(cause)
    } finally {
      clearTimeout(timer)
      probing = undefined
    }
  }

  return {
    isUp: () => !isKnownDown && silence() < silentMs,
    isDoubtful: () => isKnownDown || silence() >= doubtfulMs,
    async watch(ask) {
      ;[waitingMs, seen] = [performance.now(), progress()]
      try {
        const found = await ask()
        answeredNow()
        return found
      } catch (error) {
        if (error instanceof ChainUnreachableError) isKnownDown = true
        throw error
      } finally {
        waitingMs = undefined
      }
    },
    async assert() {
      if (!isKnownDown && performance.now() - answeredMs < freshMs) return
      probing ??= probe()
      await probing
    },
  }
}
