/**
 * Where the tills of several processes keep what they have served, so that a receipt buys once from all of them together: a port. `Till`
 * alone is enough for one process; `TillFile.open` shares a folder between the processes of one machine.
 *
 * A purchase goes through three states. *Serving*: one process has claimed it, and nothing of an answer has left. *Begun*: the answer has
 * begun to leave under `charged`. *Charged*: it is over, and the range stays taken for good. A claim whose process has died is taken over
 * by the process that meets it next. `begin` is the fence: it fails for whoever has lost its claim, so no answer leaves twice, however
 * wrongly somebody was thought dead.
 */
import type { Range } from './Ranges.ts'

export interface Claim {
  /** Names the purchase. */
  readonly purchase: string
  /** What it takes of the payee's credit; undefined where it is paid by other means. */
  readonly range?: Range | undefined
}

/** What is in the way of a claim. */
export interface Taken {
  readonly state: 'serving' | 'begun' | 'charged'
  /** The claim's process has died, and the claim is the caller's now: to pay back and `end`. Only for `begun`. */
  readonly isTakenOver?: boolean | undefined
}

export interface SharedTill {
  /** What is known of a purchase; undefined: it may be claimed. */
  find(claim: Claim): Promise<Taken | undefined>
  /** Claims a purchase: undefined, or what is in the way. @throws {TillStoreError} */
  take(claim: Claim): Promise<Taken | undefined>
  /** The answer begins to leave. False: the claim has been lost, and nothing may leave. @param isWhole the whole answer is kept */
  begin(claim: Claim, isWhole: boolean): Promise<boolean>
  /** It is over, and stays charged. */
  end(claim: Claim): Promise<void>
  /** It bought nothing, and can be claimed again. */
  release(claim: Claim): Promise<void>
  /** Keeps an answer for whoever sends the purchase again. */
  keep(purchase: string, answer: Uint8Array): Promise<void>
  kept(purchase: string): Promise<Uint8Array | undefined>
  /** Nothing more is asked of it. */
  close(): Promise<void>
}

export interface TillStore {
  /**
   * The shared till of one payee.
   * @param scope names payee and deployment
   * @param before what counts as served when the till is opened for the very first time
   */
  open(scope: string, before: readonly Range[]): Promise<SharedTill>
}
