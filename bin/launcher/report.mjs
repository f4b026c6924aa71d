/**
 * What the launcher says. Everything goes to stderr, because stdout belongs to the task (`--json` promises one document and nothing
 * else). A step is one line that begins when the work begins and ends with the time it took, so that somebody who waits sees on what.
 */

const prefix = 'sunledger: '

/**
 * An operating error of the launcher, in the form that the rest of the project gives its errors: code, what was expected, what came,
 * what to do. The codes are explained in `src/ERRORS.md`. It is a class of its own because the launcher has to run where TypeScript
 * does not.
 */
export class LauncherError extends Error {
  /**
   * @param {string} code for example `SL692`
   * @param {string} shortMessage
   * @param {{ expected?: string, actual?: string, hint?: string, cause?: unknown }} [details]
   */
  constructor(code, shortMessage, details = {}) {
    const lines = [shortMessage]
    if (details.expected !== undefined) lines.push(`Expected: ${details.expected}`)
    if (details.actual !== undefined) lines.push(`Actual: ${details.actual}`)
    if (details.hint !== undefined) lines.push(details.hint)
    super(`${code}: ${lines.join('\n  ')}`, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'LauncherError'
    this.code = code
  }
}

/** Thrown when a signal ended a step: the launcher tidies up on the way out and then ends by the same signal. */
export class Interrupted extends Error {
  /** @param {NodeJS.Signals} signal */
  constructor(signal) {
    super(`interrupted by ${signal}`)
    this.signal = signal
  }
}

/** Whoever read what the launcher says may go, as `head` does. That is no reason to end; the task sees for itself what it means to it. */
export function ignoreGoneReaders() {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
}

/**
 * Says one line.
 * @param {string} line
 */
export function say(line) {
  process.stderr.write(`${prefix}${line}\n`)
}

/**
 * Does a piece of work and says what it is and how long it took, on one line.
 * @template T
 * @param {string} title
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function step(title, work) {
  const startMs = Date.now()
  process.stderr.write(`${prefix}${title} … `)
  try {
    const result = await work()
    process.stderr.write(`done in ${((Date.now() - startMs) / 1000).toFixed(1)} s\n`)
    return result
  } catch (error) {
    process.stderr.write(error instanceof Interrupted ? 'stopped\n' : 'failed\n')
    throw error
  }
}
