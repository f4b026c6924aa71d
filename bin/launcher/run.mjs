/**
 * Runs one child process as if it stood in the launcher's place: same terminal, same signals, same end.
 *
 * The child stays in the launcher's process group, so that it can read the terminal and Ctrl-Z works. A signal that the terminal sends
 * therefore reaches the child without us, and passing it on would deliver it twice, which many programs take for "end at once". A
 * signal sent to the launcher alone has to be passed on. Nothing in a signal says which of the two it was, so beside the child runs a
 * guard, a tiny shell in the same group that nobody else knows: when it died of the signal, the whole group got it. The guard has a
 * second duty: its input is a pipe from the launcher, and when that pipe closes because the launcher was killed, it ends the child,
 * so that not even `kill -9` leaves an orphan.
 */
import { spawn } from 'node:child_process'
import os from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { Interrupted } from './report.mjs'

/** @type {NodeJS.Signals[]} */
const passedOn = ['SIGINT', 'SIGTERM', 'SIGHUP']

/** How long the guard may take to die of a signal that went to the whole group. */
const guardMs = 200

/** npm passes a terminal's signal on a moment after the terminal did; within this time it is the same one. */
const sameSignalMs = 500

/** How often to look whether the npm that started us is still there. */
const parentCheckMs = 500

const guardScript = `read -r line
kill -TERM "$1" 2>/dev/null || exit 0
for second in 1 2 3 4 5; do sleep 1; kill -0 "$1" 2>/dev/null || exit 0; done
kill -KILL "$1" 2>/dev/null`

/**
 * @typedef {object} Outcome
 * @property {number | null} code exit code, or null where a signal ended the child
 * @property {NodeJS.Signals | null} signal
 * @property {NodeJS.Signals | null} interruptedBy the signal that the launcher itself got meanwhile
 * @property {string} output stdout and stderr, where they were captured
 */

/**
 * Starts a program, passes signals on, and waits for its end.
 * @param {string} file
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env: NodeJS.ProcessEnv, capture?: boolean, giveUp?: (output: string) => boolean }} options `capture` is for a step of our own: its
 *   output is kept instead of shown, and a signal cuts it off, because whoever starts it tidies up what it left;
 *   `giveUp` looks at the output so far and says whether to cut it off for that
 * @returns {Promise<Outcome>}
 */
export async function run(file, args, options) {
  const capture = options.capture === true
  const child = spawn(file, args, {
    cwd: options.cwd,
    env: options.env,
    stdio: capture ? ['ignore', 'pipe', 'pipe'] : 'inherit',
    windowsHide: true,
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text) => {
      output += text
      if (options.giveUp?.(output)) child.kill('SIGKILL')
    })
  }
  const watch = supervise(child, capture)
  try {
    const [code, signal] = await new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (...end) => resolve(end))
    })
    return { code, signal, interruptedBy: watch.interruptedBy(), output }
  } finally {
    watch.stop()
  }
}

/**
 * Ends the launcher the way its child ended.
 * @param {{ code: number | null, signal: NodeJS.Signals | null }} end
 */
export function endLike({ code, signal }) {
  if (signal === null) {
    process.exitCode = code ?? 1
    return
  }
  // A shell tells a program that a signal ended from one that exited by itself, and stops a script only for the former.
  if (passedOn.includes(signal)) process.kill(process.pid, signal)
  else process.exitCode = 128 + os.constants.signals[signal]
}

/**
 * @param {Outcome} outcome
 * @throws {Interrupted} where a signal ended the step rather than its own failure
 */
export function throwIfInterrupted({ interruptedBy, signal }) {
  const by = interruptedBy ?? (signal !== null && passedOn.includes(signal) ? signal : null)
  if (by !== null) throw new Interrupted(by)
}

/**
 * Passes signals on to a child, and ends it when npm, which started us, is gone.
 * @param {import('node:child_process').ChildProcess} child
 * @param {boolean} cutOff end the child at once when a signal comes, rather than as it sees fit
 */
function supervise(child, cutOff) {
  let guard = startGuard(child)
  /** @type {NodeJS.Signals | null} */
  let interruptedBy = null
  const underWay = new Set()

  /** @param {NodeJS.Signals} signal */
  async function onSignal(signal) {
    interruptedBy ??= signal
    if (cutOff) child.kill('SIGKILL')
    if (underWay.has(signal)) return
    underWay.add(signal)
    const asked = guard
    await delay(guardMs)
    const wholeGroupGotIt = asked === null ? process.stdin.isTTY === true : asked.signalCode === signal
    if (!wholeGroupGotIt) child.kill(signal)
    else if (child.exitCode === null && child.signalCode === null) guard = startGuard(child)
    await delay(sameSignalMs, undefined, { ref: false })
    underWay.delete(signal)
  }

  for (const signal of passedOn) process.on(signal, onSignal)
  const parent = process.ppid
  // A launcher started by hand may outlive the shell that started it; one that npm runs, or a task of Deno, has no life of its own.
  const { npm_lifecycle_event: script, npm_config_user_agent: manager = '' } = process.env
  const startedByNpm = script !== undefined || manager.startsWith('deno/')
  const parentCheck = setInterval(() => {
    if (!startedByNpm || process.ppid === parent) return
    clearInterval(parentCheck)
    // What ended npm may have reached the child as well.
    if (interruptedBy === null) child.kill('SIGTERM')
  }, parentCheckMs)
  parentCheck.unref()

  return {
    interruptedBy: () => interruptedBy,
    stop() {
      for (const signal of passedOn) process.off(signal, onSignal)
      clearInterval(parentCheck)
      guard?.kill('SIGKILL')
    },
  }
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @returns {import('node:child_process').ChildProcess | null} null where there is no POSIX shell
 */
function startGuard(child) {
  if (process.platform === 'win32' || child.pid === undefined) return null
  const guard = spawn('/bin/sh', ['-c', guardScript, 'sunledger-guard', String(child.pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  // A guard that could not start is no reason to stop the task.
  guard.on('error', () => {})
  return guard.pid === undefined ? null : guard
}
