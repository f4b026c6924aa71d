/**
 * Chain and service as processes of their own: started, awaited, ended together with whoever started them. A child says by one line of
 * JSON on stdout that it is ready, or why it cannot be; it keeps its logs on stderr, and ends when its stdin does, so that none is left
 * behind however its parent dies. A Ctrl-C reaches the whole group; only the parent acts on it.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { type Problem, SunledgerError } from '../core/Errors.ts'
import * as Children from './Children.ts'
import * as Ending from './Ending.ts'

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

/**
 * What children are started with besides our own flags. The service's books lie outside of V8's heap, which is so small then (20 MB) that V8 walks
 * through all of it twice a second under load. With more room it does so every ten seconds, for up to 200 MB of memory: 4 % more payments.
 */
export const nodeFlags = ['--initial-old-space-size=256']

/** The one line that a child says. Other output of what it runs is passed over. */
type Said = Ready | { readonly problem: Problem }

const saidIn = (line: string): Said | undefined => {
  try {
    const said = JSON.parse(line)
    return typeof said === 'object' && said !== null && ('url' in said || 'problem' in said) ? said : undefined
  } catch {
    return undefined
  }
}

/** Undefined: it ended before it said anything. */
const said = (child: ChildProcess): Promise<Said | undefined> =>
  new Promise((resolve) => {
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })
    lines.on('line', (line) => {
      const found = saidIn(line)
      if (found !== undefined) resolve(found)
    })
    lines.once('close', () => resolve(undefined))
  })

/**
 * Starts `sunledger COMMAND …` and waits until it is ready.
 * @param env beside our own: what others must not see, since arguments are seen by all users of the machine
 * @throws {ProcessRefusedError} it says why it cannot be, under the code of the error that it met
 * @throws {ProcessFailedError} it ended before it said anything
 */
export const start = async (args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Child> => {
  const child = Children.own(
    spawn(process.execPath, [...process.execArgv, ...nodeFlags, entry, ...args], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    }),
  )
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
  const ready = await said(child)
  if (ready === undefined) throw new ProcessFailedError(args[0] ?? '', await ended, errors)
  if ('problem' in ready) {
    await ended
    throw new ProcessRefusedError(ready.problem)
  }
  return {
    ready,
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

/**
 * A child whose process is replaced when it dies unasked, such as the service: whoever uses it sees a pause.
 * @param args of the process; `url` is where an earlier one listened
 */
export const supervise = async (
  args: (url: string | undefined) => readonly string[],
  onRestart: (how: string) => void,
  onGivenUp: (error: Error) => void,
  env: NodeJS.ProcessEnv = {},
): Promise<Child> => {
  let current = await start(args(undefined), env)
  const { url } = current.ready
  let isStopping = false
  /** The next one, while it comes up. */
  let starting: Promise<void> | undefined
  const replace = async (): Promise<void> => {
    try {
      current = await start(args(url), env)
      watch(current)
    } catch (error) {
      if (!isStopping) onGivenUp(error as Error)
    }
  }
  const watch = (child: Child): void => {
    void child.ended.then((how) => {
      if (isStopping) return
      onRestart(how)
      starting = replace().finally(() => {
        starting = undefined
      })
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
      isStopping = true
      await starting
      await current.stop()
    },
  }
}

/** What a child runs. */
export interface Running {
  readonly url: string
  /** Finishes what is under way. */
  close(): Promise<void>
}

/**
 * The life of a child: brings something up, says so, and ends it together with the parent. While it is still coming up it just ends: there is
 * nothing to finish yet. Resolves with the exit code.
 */
export const live = async (bringUp: () => Promise<Running>): Promise<number> => {
  for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {})
  const orphaned = new Promise<void>((resolve) => {
    process.stdin.resume()
    process.stdin.once('end', resolve)
    process.stdin.once('close', resolve)
  })
  const asked = Promise.race([orphaned, Ending.asked(['SIGTERM'])])
  const say = (line: Said) => process.stdout.write(`${JSON.stringify(line)}\n`)
  const coming = bringUp()
  let running: Running | undefined
  try {
    running = await Promise.race([coming, asked.then(() => undefined)])
  } catch (error) {
    if (!(error instanceof SunledgerError)) throw error
    say({ problem: error.toProblem() })
    return 1
  }
  if (running === undefined) {
    coming.catch(() => {})
    return 0
  }
  say({ url: running.url })
  await asked
  await running.close()
  return 0
}

/** A process of ours said why it cannot come up. The code is that of the error that it met. */
export class ProcessRefusedError extends SunledgerError {
  override readonly name = 'ProcessRefusedError'
  constructor({ code, detail, expected, actual, hint, status }: Problem) {
    super(code, detail, { expected, actual, hint, status })
  }
}

/** A process of ours did not come up. */
export class ProcessFailedError extends SunledgerError {
  override readonly name = 'ProcessFailedError'
  constructor(what: string, how: string, errors: string) {
    const last = errors.trim().split('\n').at(-1) ?? ''
    super('SL611', `The ${what} process ended.`, {
      actual: `${how}${last === '' ? '' : `; it said last: ${last}`}`,
      hint: 'Its messages stand above.',
      status: 503,
    })
  }
}
