/** What decides about an answer on its way out: `Response` asks, whoever serves a purchase says. */
import type { OutgoingHttpHeaders } from 'node:http'
import type { Answer } from './Answers.ts'
import type { Body, Bounds } from './Recording.ts'

/** What is decided about an answer: headers to add, or another answer in its place; then the first is for whoever decided to keep or drop. */
export interface Decided {
  readonly headers: OutgoingHttpHeaders
  readonly instead?: Answer | undefined
}

/** Says what becomes of an answer. */
export interface Desk {
  readonly bounds: Bounds
  /** How long a handler may go on after its client has left. */
  readonly patienceMs: number
  /**
   * An answer of this status begins to leave: with these headers; undefined: it is held until `close`.
   * @param whole gives the answer, where it is known as a whole already
   */
  pass(status: number, whole: () => Answer | undefined): OutgoingHttpHeaders | undefined | Promise<Decided>
  /** Decides about an answer that was held. @param answer undefined: it was too large to be held */
  close(status: number, answer: Answer | undefined, isGone: boolean): Promise<Decided>
  /** The handler has ended its answer, and it is out. `undefined`: it was too large to be kept. */
  done(answer: Answer | undefined): void
  /**
   * It has not ended it and will not.
   * @param isOurs the server broke it off, and not the client
   * @param part what was delivered, where the same request is answered with the same bytes again
   */
  lost(hasBegun: boolean, isOurs: boolean, part?: Body): void
  /** What was delivered before: the answer has to begin with it, or does not leave. */
  readonly part?: Body | undefined
}
