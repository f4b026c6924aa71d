/**
 * Chain and service as processes of their own: started, awaited, ended together with whoever started them. A child says that it is ready
 * by one line of JSON on stdout, keeps its logs on stderr, and ends when its stdin does, so that none is left behind however its parent dies. A
 * Ctrl-C reaches the whole group; only the parent acts on it.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { SunledgerError } from '../core/Errors.ts'

/** What a child says when it is ready. */
export interface Ready {
  readonly url: string
}

export interface Child {
  readonly ready: Ready
  readonly pid: number
  /** Resolves when it has ended, with how. */
  readonly ended: Promise<string>
  /** Asks it to end, and waits; kills it when it takes too long. */
  stop(): Promise<void>
}

const self = import.meta.url
const entry = join(dirname(fileURLToPath(self)), self.endsWith('.ts') ? 'main.ts' : 'main.js')
const impatienceMs = 1500

const firstLine = (child: ChildProcess): Promise<string> =>
  new Promise((resolve) => {
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })
    lines.once('line', resolve)
    lines.once('close', () => resolve(''))
  })

/**
 * Starts `sunledger COMMAND …` and waits until it is ready.
 * @throws {ProcessFailedError} it ended before
 */
export const start = async (args: readonly string[]): Promise<Child> => {
  const child = spawn(process.execPath, [...process.execArgv, entry, ...args], { stdio: ['pipe', 'pipe', 'pipe'] })
  let errors = ''
  child.stderr.on('data', (text: Buffer) => {
    errors = (errors + text.toString()).slice(-4000)
    process.stderr.write(text)
  })
  // Writing to a child that has just died must not end us.
  child.stdin.on('error', () => {})
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('exit', (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`))
  })
  const line = await firstLine(child)
  if (line === '') throw new ProcessFailedError(args[0] ?? '', await ended, errors)
  return {
    ready: JSON.parse(line) as Ready,
    pid: child.pid as number,
    ended,
    async stop() {
      child.stdin.end()
      const impatient = setTimeout(() => child.kill('SIGKILL'), impatienceMs)
      await ended
      clearTimeout(impatient)
    },
  }
}

/** A child whose process is replaced when it dies unasked, such as the service: whoever uses it sees a pause. */
export const supervise = async (
  args: (url: string | undefined) => readonly string[],
  onRestart: (how: string) => void,
  onGivenUp: (error: Error) => void,
): Promise<Child> => {
  let current = await start(args(undefined))
  const { url } = current.ready
  let stopping = false
  const watch = (child: Child): void => {
    void child.ended.then(async (how) => {
      if (stopping) return
      onRestart(how)
      try {
        current = await start(args(url))
        if (stopping) await current.stop()
        else watch(current)
      } catch (error) {
        onGivenUp(error as Error)
      }
    })
  }
  watch(current)
  return {
    ready: current.ready,
    get pid() {
      return current.pid
    },
    get ended() {
      return current.ended
    },
    async stop() {
      stopping = true
      await current.stop()
    },
  }
}

/** In a child: says that it is ready, and resolves when it is to end. */
export const untilParentEnds = (ready: Ready): Promise<void> => {
  process.stdout.write(`${JSON.stringify(ready)}\n`)
  process.on('SIGINT', () => {})
  return new Promise((resolve) => {
    process.stdin.resume()
    process.stdin.once('end', resolve)
    process.stdin.once('close', resolve)
    process.once('SIGTERM', () => resolve())
  })
}

/** A process of ours did not come up. */
export class ProcessFailedError extends SunledgerError {
  override readonly name = 'ProcessFailedError'
  constructor(what: string, how: string, errors: string) {
    super('SL611', `The ${what} process ended before it was ready.`, {
      actual: `${how}${errors === '' ? '' : `; it said: ${errors.trim().split('\n').at(-1)}`}`,
      hint: 'Its messages stand above.',
      status: 503,
    })
  }
}
