/**
 * Everything that the service does for HTTP beside taking payments is done here, in slices (I8): reads, messages that are no payments, and what
 * listeners are sent. Work is a function, or a generator whose every step is a slice; a turn of the event loop does a few slices, for half a
 * millisecond. While payments wait, turns have a fifth of the time and payments the rest; else they follow one another, and whatever came in
 * meanwhile is looked at in between.
 *
 * Who waits here is bounded, in all and for each peer, and told to come back beyond that. Peers take turns, so that nobody waits behind
 * another one's thousand reads; so do the lanes, so that a probe never waits behind reads.
 */
import { SunledgerError } from '../core/Errors.ts'

/** Steps; whoever yields a promise goes on when it has resolved, and others meanwhile. */
export type Steps<T> = Generator<PromiseLike<unknown> | undefined, T, void>

/** Something to be done: in one slice, or in steps. */
export type Work<T> = () => T | Steps<T>

/** Lanes take turns: whether the process is well, reads, messages that are no payments, what listeners are sent. */
export const lanes = ['probe', 'read', 'message', 'delivery'] as const
export type Lane = (typeof lanes)[number]

export interface Bounds {
  /** Reads and messages that may wait at once. */
  readonly waitingReads: number
  /** Share of the time that they have while payments wait. */
  readonly readShare: number
  readonly perAddress: {
    /** The same of one address. */
    readonly waitingReads: number
  }
}

export interface Asked {
  readonly lane: Lane
  /** Whose turn it is: a peer; of deliveries, an account. */
  readonly of: string
  /** Whether the bound for one address applies. */
  readonly isBounded: boolean
  /** False: whoever asked has gone, and it need not go on. */
  readonly isWanted?: () => boolean
  /** Of the loop's time besides its slices. */
  readonly costMs?: number
}

export interface Counts {
  slices: number
  turns: number
  /** Most slices that one turn ever did. */
  mostSlices: number
  refused: number
}

export interface Reads {
  /**
   * Resolves with what the work returned; never, where whoever asked has gone.
   * @throws {ReadsBusyError} @throws {ReadsOfAddressError} nothing of it was done
   */
  run<T>(asked: Asked, work: Work<T>): Promise<T>
  /** The same for the service's own work, which is never refused. */
  deliver(of: string, work: Work<void>): void
  /** Has such work done one after the other, and tells what each returned. */
  own(of: string): <T>(work: () => T) => Promise<T>
  /** Whether a slice is being done at this moment. */
  isInSlice(): boolean
  /** What waits to be done. */
  waiting(): number
  readonly counts: Readonly<Counts>
}

export interface Options {
  readonly bounds: Bounds
  /** Payments that are being worked on. */
  readonly payments: () => number
  readonly nowMs?: () => number
  /** Has a turn done a little later; 0: in the next turn of the event loop. */
  readonly later?: (turn: () => void, ms: number) => void
}

/** A turn takes no new slice after that long, nor after so many. */
const turnMs = 0.5
export const slicesATurn = 32
/** What a request costs besides its work: reading it, finding its route, writing the answer. */
const requestMs = 0.1
/** However long a slice took, the next turn comes after that. */
const mostPauseMs = 250

interface Job {
  readonly asked: Asked
  readonly work: Work<unknown>
  steps: Steps<unknown> | undefined
  readonly done: (value: unknown) => void
  readonly failed: (error: unknown) => void
}

export const isSteps = (value: unknown): value is Steps<unknown> =>
  typeof value === 'object' && value !== null && Symbol.iterator in value && 'next' in value && 'return' in value

const usualLater = (turn: () => void, ms: number): void => {
  if (ms === 0) setImmediate(turn)
  else setTimeout(turn, ms)
}

/** Jobs of one lane. Whoever has some has one done, and goes to the end. */
class Queue {
  readonly #byOwner = new Map<string, Job[]>()
  size = 0

  add(job: Job): void {
    const own = this.#byOwner.get(job.asked.of)
    if (own === undefined) this.#byOwner.set(job.asked.of, [job])
    else own.push(job)
    this.size++
  }

  of(owner: string): number {
    return this.#byOwner.get(owner)?.length ?? 0
  }

  take(): Job | undefined {
    for (const [owner, own] of this.#byOwner) {
      const job = own.shift()
      this.#byOwner.delete(owner)
      if (own.length > 0) this.#byOwner.set(owner, own)
      this.size--
      return job
    }
    return undefined
  }

  /** Goes on before what the same owner asked for later: one at a time is in memory. */
  putBack(job: Job): void {
    const own = this.#byOwner.get(job.asked.of)
    if (own === undefined) this.#byOwner.set(job.asked.of, [job])
    else own.unshift(job)
    this.size++
  }
}

export const create = (options: Options): Reads => {
  const { bounds, payments, nowMs = () => performance.now(), later = usualLater } = options
  const queues = new Map<Lane, Queue>(lanes.map((lane) => [lane, new Queue()]))
  const counts: Counts = { slices: 0, turns: 0, mostSlices: 0, refused: 0 }
  let [isScheduled, isInSlice] = [false, false]
  let next = 0
  /** When the pause after the last turn is over. */
  let restedMs = Number.NEGATIVE_INFINITY

  const queueOf = (lane: Lane): Queue => queues.get(lane) as Queue
  const waiting = (): number => lanes.reduce((sum, lane) => sum + queueOf(lane).size, 0)

  const take = (): Job | undefined => {
    for (let i = 0; i < lanes.length; i++) {
      const job = queueOf(lanes[next++ % lanes.length] as Lane).take()
      if (job !== undefined) return job
    }
    return undefined
  }

  const wait = (job: Job, until: PromiseLike<unknown>): void => {
    const goOn = (): void => {
      queueOf(job.asked.lane).putBack(job)
      schedule()
    }
    until.then(goOn, goOn)
  }

  /** One step of a job. Returns what it costs besides: with the first, a request was read. */
  const slice = (job: Job): number => {
    const besideMs = job.steps === undefined ? requestMs + (job.asked.costMs ?? 0) : 0
    const isFirst = job.steps === undefined
    if (job.asked.isWanted?.() === false) {
      // Nobody is told: whoever asked has gone.
      job.steps?.return(undefined)
      return besideMs
    }
    isInSlice = true
    try {
      const value = job.steps === undefined ? job.work() : undefined
      if (isFirst && !isSteps(value)) {
        job.done(value)
        return besideMs
      }
      job.steps ??= value as Steps<unknown>
      const step = job.steps.next()
      if (step.done === true) job.done(step.value)
      else if (step.value === undefined) queueOf(job.asked.lane).putBack(job)
      else wait(job, step.value)
    } catch (error) {
      job.failed(error)
    } finally {
      isInSlice = false
    }
    return besideMs
  }

  const turn = (): void => {
    isScheduled = false
    const began = nowMs()
    let [slices, besideMs] = [0, 0]
    for (; slices < slicesATurn && nowMs() - began < turnMs; slices++) {
      const job = take()
      if (job === undefined) break
      besideMs += slice(job)
    }
    counts.slices += slices
    counts.turns++
    counts.mostSlices = Math.max(counts.mostSlices, slices)
    const ended = nowMs()
    const took = ended - began + besideMs
    restedMs = ended + Math.min(mostPauseMs, took * (1 / bounds.readShare - 1))
    schedule()
  }

  const schedule = (): void => {
    if (isScheduled || waiting() === 0) return
    isScheduled = true
    later(turn, payments() === 0 ? 0 : Math.max(0, Math.ceil(restedMs - nowMs())))
  }

  const admit = ({ lane, of, isBounded }: Asked): void => {
    const error = isBounded && queueOf(lane).of(of) >= bounds.perAddress.waitingReads ? ofAddress : undefined
    const full = queueOf(lane).size >= bounds.waitingReads ? busy : undefined
    const refusal = error ?? full
    if (refusal === undefined) return
    counts.refused++
    throw refusal
  }

  const busy = new ReadsBusyError()
  const ofAddress = new ReadsOfAddressError(bounds.perAddress.waitingReads)

  const add = (job: Job): void => {
    queueOf(job.asked.lane).add(job)
    schedule()
  }

  return {
    async run<T>(asked: Asked, work: Work<T>) {
      admit(asked)
      return new Promise<T>((resolve, reject) => {
        add({ asked, work, steps: undefined, done: resolve as Job['done'], failed: reject })
      })
    },
    deliver(of, work) {
      const ignore = (): void => {}
      add({ asked: { lane: 'delivery', of, isBounded: false }, work, steps: undefined, done: ignore, failed: ignore })
    },
    own:
      (of) =>
      <T>(work: () => T) =>
        new Promise<T>((resolve, reject) => {
          const asked: Asked = { lane: 'delivery', of, isBounded: false }
          add({ asked, work, steps: undefined, done: resolve as Job['done'], failed: reject })
        }),
    isInSlice: () => isInSlice,
    waiting,
    counts,
  }
}

/** More is asked than can be answered beside payments. */
export class ReadsBusyError extends SunledgerError {
  override readonly name = 'ReadsBusyError'
  constructor() {
    super('SL619', 'More is being read than the service can answer soon beside payments.', {
      hint: 'Ask again after Retry-After. Nothing of the request was done.',
      status: 503,
      retryAfterSeconds: 1,
    })
  }
}

/** One address asks for more at once than it may. */
export class ReadsOfAddressError extends SunledgerError {
  override readonly name = 'ReadsOfAddressError'
  constructor(most: number) {
    super('SL621', 'Too many requests of this address wait at once.', {
      expected: `at most ${most} that are not payments`,
      hint: 'Wait for answers before you ask for more. Nothing of the request was done.',
      status: 429,
      retryAfterSeconds: 1,
    })
  }
}
