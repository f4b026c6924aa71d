/**
 * Answers that are the same for everybody and change all the time (metrics, what the page shows): made once in a while and shared by all who ask
 * meanwhile. However many ask, making them costs the same.
 */
import type { Reads, Work } from './Reads.ts'

export interface Text {
  readonly text: string | Buffer
  /** With its charset. */
  readonly type: string
}

/** Makes one; a promise for what is made outside of slices. */
export type Make = Work<Text | PromiseLike<Text>>

export interface Sharing {
  readonly make: Make
  /** Where it is another one than before, a new one is made, however new the last is. */
  readonly version?: () => unknown
}

interface Made {
  readonly text: Promise<Text>
  readonly atMs: number
  /** The version that it shows. */
  of: unknown
  isMade: boolean
}

/**
 * @param forMs how long one counts
 * @returns asks for it: the one that counts, else the one that is being made, else a new one. Where that fails, the next who asks has it tried again.
 */
export const share = (
  reads: Pick<Reads, 'run'>,
  name: string,
  { make, version = () => undefined }: Sharing,
  forMs: number,
  nowMs: () => number = () => performance.now(),
): (() => Promise<Text>) => {
  let last: Made | undefined
  const ask = async (making: { of: unknown }): Promise<Text> => {
    const made = await reads.run({ lane: 'read', of: `shared ${name}`, isBounded: false }, () => {
      making.of = version()
      return make()
    })
    const { text, type } = await made
    return { text: Buffer.from(text), type }
  }
  return () => {
    if (last !== undefined && (!last.isMade || (nowMs() - last.atMs < forMs && last.of === version()))) return last.text
    const making = { atMs: nowMs(), of: undefined as unknown, isMade: false }
    const text = ask(making)
    const own = Object.assign(making, { text })
    last = own
    text.then(
      () => {
        own.isMade = true
      },
      () => {
        last = undefined
      },
    )
    return text
  }
}
