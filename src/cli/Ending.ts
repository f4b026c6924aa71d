/**
 * How every command ends: when it is asked to, by a signal or because nobody reads what it says any more, and never before whatever it
 * has said has been read. Nothing else calls `process.exit`: on a pipe that would cut off what is still on its way.
 */
import { fstatSync } from 'node:fs'
import { SunledgerError } from '../core/Errors.ts'

export const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** `unread`: whoever read it, such as `head`, has gone. That is no failure: the exit code is 0. */
export type Cause = (typeof signals)[number] | 'unread'

/** As a shell says it of a program that a signal ended. */
export const exitCodes: { readonly [cause in Cause]: number } = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129, unread: 0 }

let asking: { readonly cause: Promise<Cause>; readonly resolve: (cause: Cause) => void } | undefined
let isUnread = false
/** The result could not be written whole. */
let isCutShort = false

/**
 * Resolves when the command is asked to end. Whoever calls this ends it in good order; without anybody a signal ends it as it ends any
 * program. A second signal ends it at once.
 */
export const asked = (heeded: readonly (typeof signals)[number][] = signals): Promise<Cause> => {
  if (asking !== undefined) return asking.cause
  let resolve: (cause: Cause) => void = () => {}
  const cause = new Promise<Cause>((settle) => {
    resolve = settle
  })
  asking = { cause, resolve }
  for (const signal of heeded) process.once(signal, () => resolve(signal))
  return cause
}

const gone = (): void => {
  if (isUnread) return
  isUnread = true
  if (asking === undefined) void end(exitCodes.unread)
  else asking.resolve('unread')
}

/** What breaks where a reader has gone: a pipe, a terminal. */
const ofGoneReaders = new Set(['EPIPE', 'EIO', 'ECONNRESET'])

/** Whether an error says that nobody reads any more, as one of a write that was waited for. */
export const isUnreadError = (error: unknown): boolean =>
  isUnread && ofGoneReaders.has((error as NodeJS.ErrnoException | null)?.code ?? '')

const isSameFile = (): boolean => {
  try {
    const [out, err] = [fstatSync(1), fstatSync(2)]
    return out.dev === err.dev && out.ino === err.ino
  } catch {
    return false
  }
}

/**
 * Watches stdout and stderr; to be called first of all. Without a reader of the result the command is asked to end. Progress that nobody
 * reads is dropped, unless it went where the result goes.
 */
export const watch = (): void => {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (ofGoneReaders.has(error.code ?? '')) return gone()
    if (!isCutShort) process.stderr.write(`${new OutputFailedError(error.message).message}\n`)
    isCutShort = true
    void end(1)
  })
  process.stderr.on('error', () => {
    if (isSameFile()) gone()
  })
}

const flushed = (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise((resolve) => {
    if (stream.writableLength === 0) resolve()
    else stream.write('', () => resolve())
  })

/** A turn of the event loop, in which a write that has just failed says so. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Ends the process once its readers have everything, however slow they are. Whoever does not want to wait for them ends it by a signal. */
export const end = async (code: number): Promise<never> => {
  for (const signal of signals) process.removeAllListeners(signal)
  await Promise.all([flushed(process.stdout), flushed(process.stderr)])
  await turn()
  process.exit(isCutShort && code === 0 ? 1 : code)
}

/** The result of a command cannot be written, such as to a full disk. */
export class OutputFailedError extends SunledgerError {
  override readonly name = 'OutputFailedError'
  constructor(actual: string) {
    super('SL698', 'The result cannot be written to stdout.', {
      actual,
      hint: 'What arrived there is not whole. Make room, or write to another place, and run it again.',
    })
  }
}
