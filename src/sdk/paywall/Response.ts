/**
 * Stands between a handler and its response, so that what the answer says of the charge is true when it leaves: a failed answer is held
 * back until the money is (or the attempt to pay it back has ended), an answer paid by `exact` until it is settled. Everything else passes
 * as the handler writes it. A copy is kept for whoever asks the same again.
 */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { Answer } from './Answers.ts'

/** Says what becomes of an answer. */
export interface Till {
  /** A status at which the answer may pass at once, with these headers; undefined: it is held until `close`. */
  pass(status: number): OutgoingHttpHeaders | undefined
  /** Decides about an answer that was held: headers to add, and another answer in its place where there is one. */
  close(status: number): Promise<{ readonly headers: OutgoingHttpHeaders; readonly instead?: Answer }>
  /** The answer is out, whole. `undefined`: it was too large to be kept. */
  done(answer: Answer | undefined, held: boolean): void
  /** The connection has broken and the handler has not ended its answer for long. */
  abandoned(): void
}

/** How long a handler may go on after its client has left. */
const patienceMs = 30_000

type Call = () => unknown

const bufferOf = (chunk: unknown, encoding: unknown): Buffer =>
  Buffer.isBuffer(chunk)
    ? chunk
    : typeof chunk === 'string'
      ? Buffer.from(chunk, typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8')
      : Buffer.from(chunk as Uint8Array)

const joined = (chunks: readonly Buffer[]): Buffer =>
  chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)

/** Headers as `writeHead` takes them: an object, a flat list, or a list of pairs. */
const setAll = (response: ServerResponse, given: unknown): void => {
  if (Array.isArray(given)) {
    const pairs = Array.isArray(given[0])
      ? given
      : given.flatMap((name, i) => (i % 2 === 0 ? [[name, given[i + 1]]] : []))
    for (const [name, value] of pairs) response.setHeader(name, value)
  } else if (typeof given === 'object' && given !== null)
    for (const [name, value] of Object.entries(given))
      if (value !== undefined) response.setHeader(name, value as string)
}

/** Writes a kept answer. */
export const replay = (response: ServerResponse, { status, headers, body }: Answer): void => {
  response.statusCode = status
  setAll(response, headers)
  response.setHeader('idempotent-replayed', 'true')
  response.end(body)
}

/** @param mostBytes of a body that is kept or held back */
export const guard = (response: ServerResponse, mostBytes: number, till: Till): void => {
  const original = {
    writeHead: response.writeHead.bind(response) as (...args: unknown[]) => unknown,
    write: response.write.bind(response) as (...args: unknown[]) => boolean,
    end: response.end.bind(response) as (...args: unknown[]) => unknown,
    flushHeaders: response.flushHeaders.bind(response),
  }
  let state: 'open' | 'passing' | 'holding' | 'over' = 'open'
  let held: Call[] = []
  let chunks: Buffer[] = []
  let bytes = 0

  const copy = (args: readonly unknown[]): void => {
    const [chunk, encoding] = args
    if (chunk === undefined || chunk === null || typeof chunk === 'function') return
    // The writer may use its bytes again; text is copied by the conversion.
    const buffer = bufferOf(chunk, encoding)
    bytes += buffer.length
    if (bytes <= mostBytes) chunks.push(typeof chunk === 'string' ? buffer : Buffer.from(buffer))
    else chunks = []
  }

  const begin = (): void => {
    if (state !== 'open') return
    const headers = till.pass(response.statusCode)
    state = headers === undefined ? 'holding' : 'passing'
    setAll(response, headers)
  }

  const finish = (wasHeld: boolean): void => {
    state = 'over'
    const whole = bytes <= mostBytes
    const { statusCode: status } = response
    till.done(whole ? { status, headers: response.getHeaders(), body: joined(chunks) } : undefined, wasHeld)
  }

  /** The handler has ended its answer, and it may leave now. */
  const release = async (): Promise<void> => {
    const { headers, instead } = await till.close(response.statusCode)
    state = 'passing'
    const calls = held
    held = []
    if (instead === undefined) {
      setAll(response, headers)
      for (const call of calls) call()
    } else {
      for (const name of response.getHeaderNames()) response.removeHeader(name)
      response.statusCode = instead.status
      setAll(response, { ...instead.headers, ...headers })
      chunks = [instead.body]
      original.end(instead.body)
    }
    finish(true)
  }

  response.writeHead = ((status: number, ...rest: unknown[]) => {
    response.statusCode = status
    const message = typeof rest[0] === 'string' ? [rest.shift()] : []
    if (state === 'open' || state === 'holding') setAll(response, rest.shift())
    begin()
    if (state === 'holding') return response
    return original.writeHead(status, ...message, ...rest)
  }) as typeof response.writeHead

  response.write = ((...args: unknown[]) => {
    begin()
    copy(args)
    if (state === 'holding') {
      held.push(() => original.write(...args))
      return true
    }
    return original.write(...args)
  }) as typeof response.write

  response.end = ((...args: unknown[]) => {
    begin()
    if (state === 'over') return original.end(...args)
    copy(args)
    if (state === 'holding') {
      held.push(() => original.end(...args))
      void release()
      return response
    }
    const answer = original.end(...args)
    finish(false)
    return answer
  }) as typeof response.end

  response.flushHeaders = () => {
    begin()
    if (state === 'passing') original.flushHeaders()
  }

  response.once('close', () => {
    if (state === 'over') return
    setTimeout(() => {
      if (state !== 'over') till.abandoned()
      state = 'over'
    }, patienceMs).unref()
  })
}
