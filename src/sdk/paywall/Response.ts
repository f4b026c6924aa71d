/**
 * Stands between a handler and its response, so that what the answer says of the charge is true when it leaves, and so that what was bought
 * is there for its buyer even where the connection breaks.
 *
 * - An answer that is `held` leaves when the money is where it belongs. Where a handler begins an answer, throws, and an error handler
 *   answers in its place, the bytes of the first are dropped: one response never carries another.
 * - Lengths are true: a held answer gets the length that it has, one that passes and does not keep to its own closes the connection.
 * - When the client leaves, the handler goes on and is not told for a while, since its answer has been paid for and is recorded for whoever
 *   sends the purchase again.
 */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { Answer } from './Answers.ts'
import type { Decided, Desk } from './Desk.ts'
import * as Headers from './Headers.ts'
import { type Body, Recording } from './Recording.ts'
import { endWith, isBodiless, originalOf, read } from './Writes.ts'

type State = 'open' | 'opening' | 'passing' | 'holding' | 'over'

/** A file's handler that writes nothing for so long after its client has left has noticed. */
const idleMs = 1_000

class Guard {
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  readonly #desk: Desk
  #recording: Recording
  readonly #before: OutgoingHttpHeaders
  readonly #original
  #state: State = 'open'
  /** The handler has ended its answer. */
  #hasEnded = false
  #isGone = false
  /** The server's own timeout, which a client that takes nothing brings about. */
  #isStalled = false
  /** Headers of the answer as its handler set them. */
  #kept: OutgoingHttpHeaders = {}
  #status = 0
  #declared: number | undefined
  /** Written while it was being opened. */
  #early: Buffer[] = []
  /** Another answer has left in the place of the handler's, which may go on writing. */
  #isReplaced = false
  #patience: NodeJS.Timeout | undefined

  constructor(request: IncomingMessage, response: ServerResponse, desk: Desk) {
    this.#request = request
    this.#response = response
    this.#desk = desk
    this.#recording = new Recording(desk.bounds)
    this.#before = response.getHeaders()
    this.#original = originalOf(response)
    response.writeHead = ((...args: [number, ...unknown[]]) => this.#writeHead(...args)) as typeof response.writeHead
    response.write = ((...args: unknown[]) => this.#write(args)) as typeof response.write
    response.end = ((...args: unknown[]) => this.#end(args)) as typeof response.end
    response.flushHeaders = () => {
      this.#begin()
      if (this.#state === 'passing') this.#original.flushHeaders()
    }
    response.emit = ((...args: unknown[]) => {
      if (args[0] === 'timeout') this.#isStalled = true
      return args[0] === 'close' && !this.#hasEnded ? this.#left() : this.#original.emit(...args)
    }) as typeof response.emit
    response.destroy = (error) => {
      if (!this.#hasEnded) this.#lose(!this.#isGone)
      return this.#original.destroy(error)
    }
  }

  #answer(): Answer | undefined {
    const body = this.#recording.body()
    return body === undefined ? undefined : { status: this.#status, headers: this.#kept, body }
  }

  /** As it is before anything has been decided about it. */
  #draft(): Answer | undefined {
    this.#kept = Headers.since(this.#before, this.#response)
    return this.#answer()
  }

  /** The first of an answer is there. @param isWhole and all of it */
  #begin(isWhole = false): void {
    if (this.#state !== 'open') return
    const { statusCode } = this.#response
    this.#status = statusCode
    const decided = this.#desk.pass(statusCode, () => (isWhole ? this.#draft() : undefined))
    if (decided === undefined) {
      this.#state = 'holding'
      this.#kept = Headers.since(this.#before, this.#response)
    } else if (decided instanceof Promise) {
      this.#state = 'opening'
      // Meanwhile nobody can begin another in its place.
      Object.defineProperty(this.#response, 'headersSent', { configurable: true, value: true })
      decided.then(
        (what) => this.#open(what),
        () => this.#response.destroy(),
      )
    } else this.#pass(decided)
  }

  /** From here on it leaves as the handler writes it. */
  #pass(headers: OutgoingHttpHeaders): void {
    Headers.setAll(this.#response, headers)
    Headers.expose(this.#response)
    // As the handler set them: what lies below, such as compression, is passed anew by whoever gets the answer again.
    this.#kept = Headers.since(this.#before, this.#response)
    const declared = this.#response.getHeader('content-length')
    this.#declared = declared === undefined || isBodiless(this.#status) ? undefined : Number(declared)
    this.#state = 'passing'
  }

  #open({ headers, instead }: Decided): void {
    Reflect.deleteProperty(this.#response, 'headersSent')
    if (this.#state !== 'opening') return
    if (instead !== undefined) return this.#replace(headers, instead)
    this.#response.statusCode = this.#status
    this.#pass(headers)
    const early = this.#early.splice(0)
    if (this.#hasEnded) return this.#finish(early)
    if (!this.#isGone) for (const piece of early) this.#original.write(piece)
    this.#original.emit('drain')
  }

  #writeHead(status: number, ...rest: unknown[]): ServerResponse {
    if (this.#state === 'passing' || this.#state === 'over') {
      this.#original.writeHead(status, ...rest)
      return this.#response
    }
    this.#response.statusCode = status
    if (typeof rest[0] === 'string') this.#response.statusMessage = rest.shift() as string
    Headers.setAll(this.#response, rest.shift())
    this.#restart()
    this.#begin()
    return this.#response
  }

  /** An answer is begun in the place of one that is held: after an error, mostly. */
  #restart(): void {
    const { statusCode } = this.#response
    if (this.#state !== 'holding' || statusCode === this.#status) return
    this.#recording.reset()
    Headers.dropBody(this.#kept, this.#response)
    this.#status = statusCode
  }

  #write(args: unknown[]): boolean {
    if (this.#hasEnded) return this.#original.write(...args)
    const { bytes, done } = read(args)
    if (!this.#isReplaced) {
      this.#begin()
      this.#restart()
      if (bytes !== undefined) this.#recording.add(bytes)
    }
    if (this.#isSame()) this.#patience?.refresh()
    if (this.#state === 'passing' && !this.#isGone)
      return this.#exceeds() || this.#differs(bytes) ? false : this.#original.write(...args)
    if (done !== undefined) process.nextTick(done)
    if (this.#state !== 'opening') return true
    if (bytes !== undefined) this.#early.push(bytes)
    return false
  }

  #end(args: unknown[]): ServerResponse {
    if (this.#hasEnded || this.#state === 'over') {
      if (!this.#isReplaced) this.#original.end(...args)
      return this.#response
    }
    const { bytes, done } = read(args)
    this.#restart()
    // The last piece is all that the answer says it has: what was held before it is another's.
    const declared = this.#response.getHeader('content-length')
    if (this.#state === 'holding' && bytes !== undefined && bytes.length === Number(declared)) this.#recording.reset()
    if (bytes !== undefined) this.#recording.add(bytes)
    this.#begin(true)
    this.#hasEnded = true
    if (done !== undefined) this.#response.once('finish', done)
    const last = bytes === undefined ? [] : [bytes]
    if (this.#state === 'holding') this.#release().catch(() => this.#response.destroy())
    else if (this.#state === 'opening') this.#early.push(...last)
    else this.#finish(last)
    return this.#response
  }

  /** The last of an answer that has passed. */
  #finish(last: readonly Buffer[]): void {
    if (this.#isGone || !(this.#exceeds() || this.#differs(last[0])))
      this.#original.end(...(last.length > 1 ? [Buffer.concat(last)] : last))
    // Fewer bytes than were said: the client would take the next answer for the rest of this one.
    if (this.#declared !== undefined && this.#recording.length < this.#declared)
      this.#response.once('finish', () => this.#request.socket.destroy())
    this.#finished(this.#answer())
  }

  #finished(answer: Answer | undefined): void {
    this.#state = 'over'
    clearTimeout(this.#patience)
    this.#desk.done(answer)
    if (this.#isGone) this.#original.emit('close')
  }

  /** More bytes than were said would be taken for another answer. */
  #exceeds(): boolean {
    if (this.#declared === undefined || this.#recording.length <= this.#declared) return false
    this.#original.destroy()
    return true
  }

  /** Another answer than the one that was bought: nothing of it is delivered. */
  #differs(bytes: Buffer | undefined): boolean {
    const { part } = this.#desk
    if (part === undefined || bytes === undefined) return false
    const expected = part.at(this.#recording.length - bytes.length, bytes.length)
    if (expected.equals(bytes.subarray(0, expected.length))) return false
    this.#state = 'over'
    this.#desk.lost(true, false)
    this.#original.destroy()
    return true
  }

  /** Files say how long they are, and are the same when they are read again. */
  #isSame(): boolean {
    return this.#state === 'passing' && this.#request.method === 'GET' && this.#declared !== undefined
  }

  /** The handler has ended an answer that was held. */
  async #release(): Promise<void> {
    this.#status = this.#response.statusCode
    const { headers, instead } = await this.#desk.close(this.#status, this.#draft(), this.#isGone)
    if (instead !== undefined) return this.#replace(headers, instead)
    this.#pass(headers)
    this.#send(this.#recording.body() as Body)
  }

  #replace(headers: OutgoingHttpHeaders, { status, headers: own, body }: Answer): void {
    Headers.restore(this.#before, this.#response)
    this.#recording = new Recording(this.#desk.bounds)
    this.#recording.add(body.bytes as Buffer)
    this.#early = []
    this.#response.statusCode = this.#status = status
    this.#response.statusMessage = ''
    Headers.setAll(this.#response, own)
    this.#isReplaced = !this.#hasEnded
    this.#pass(headers)
    this.#send(body)
  }

  /** Sends a recorded body as the whole of the answer. */
  #send(body: Body): void {
    const response = this.#response
    response.removeHeader('transfer-encoding')
    if (isBodiless(this.#status)) response.removeHeader('content-length')
    else response.setHeader('content-length', body.length)
    endWith(response, this.#original, this.#isGone ? undefined : body)
    this.#finished(this.#answer())
  }

  /** The connection has broken before the handler ended its answer. */
  #left(): boolean {
    const { socket } = this.#request
    // A socket that nobody but this process has closed; what it had not sent then is cancelled.
    const isUnharmed = [undefined, 'ECANCELED'].includes((socket.errored as NodeJS.ErrnoException | null)?.code)
    const isOurs = socket.destroyed && !socket.readableEnded && isUnharmed && !this.#isStalled
    this.#isGone = true
    if (this.#state === 'over' || isOurs) {
      this.#lose(isOurs)
      return this.#original.emit('close')
    }
    this.#patience ??= setTimeout(
      () => {
        this.#original.emit('close')
        this.#lose(false)
      },
      this.#isSame() ? Math.min(idleMs, this.#desk.patienceMs) : this.#desk.patienceMs,
    ).unref()
    // Whoever waits until the client has taken what was written waits no longer.
    process.nextTick(() => this.#original.emit('drain'))
    return true
  }

  #lose(isOurs: boolean): void {
    if (this.#state === 'over') return
    const hasBegun = this.#state === 'passing' || this.#state === 'opening'
    const part = !isOurs && this.#isSame() ? this.#recording.body() : undefined
    this.#state = 'over'
    clearTimeout(this.#patience)
    if (part === undefined) this.#recording.reset()
    this.#desk.lost(hasBegun, isOurs, part)
  }
}

export const guard = (request: IncomingMessage, response: ServerResponse, desk: Desk): void => {
  new Guard(request, response, desk)
}
