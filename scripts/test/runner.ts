/**
 * Runs steps one after the other, shows what they print, and ends them when somebody ends us. One at a time on purpose: the contract
 * tests and Vitest each keep all cores busy, and end-to-end tests that share them run into their time limits.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { type Counts, check } from './counts.ts'
import { root, type Step } from './steps.ts'

const endings = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** How long a step may take to end when asked, before it is ended. */
const graceMs = 3_000

export class Runner {
  readonly results: Counts[] = []
  private child: ChildProcess | undefined

  constructor() {
    for (const signal of endings) process.on(signal, () => this.end(signal))
  }

  async run(step: Step): Promise<void> {
    const startMs = Date.now()
    process.stdout.write(`\n── ${step.title} ──\n`)
    const { exitCode, output } = await this.execute(step)
    const counts = countOrFail(step, exitCode, output)
    const seconds = ((Date.now() - startMs) / 1000).toFixed(1)
    process.stdout.write(`${step.title}: ${counts.failed === 0 ? 'passed' : 'FAILED'} in ${seconds} s\n`)
    this.results.push(counts)
    if (step.name === 'src') process.stdout.write('\n')
  }

  private execute(step: Step): Promise<{ exitCode: number | null; output: string }> {
    const args = ['--disable-warning=ExperimentalWarning', ...step.args]
    // A tool that writes to a pipe thinks that nobody reads colours.
    const env = process.stdout.isTTY ? { FORCE_COLOR: '1', ...process.env } : process.env
    const child = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
    this.child = child
    let output = ''
    for (const [from, to] of [
      [child.stdout, process.stdout],
      [child.stderr, process.stderr],
    ] as const) {
      from.setEncoding('utf8').on('data', (text: string) => {
        output += text
        to.write(text)
      })
    }
    return new Promise((resolve) => {
      child.once('error', (error) => resolve({ exitCode: null, output: `${output}${error.message}` }))
      child.once('close', (exitCode) => resolve({ exitCode, output }))
    })
  }

  /** Ends the step that runs, and then this process by the same signal, so that whoever waits for it sees why it ended. */
  private end(signal: NodeJS.Signals): void {
    const dieToo = () => {
      process.removeAllListeners(signal)
      process.kill(process.pid, signal)
    }
    if (this.child === undefined || this.child.exitCode !== null || this.child.signalCode !== null) {
      dieToo()
      return
    }
    this.child.once('close', dieToo)
    this.child.kill('SIGTERM')
    setTimeout(() => this.child?.kill('SIGKILL'), graceMs).unref()
  }
}

/** A step whose result cannot be read has failed, and says why. */
function countOrFail(step: Step, exitCode: number | null, output: string): Counts {
  try {
    return step.count(exitCode, output)
  } catch (error) {
    process.stderr.write(
      `${step.title}: the result cannot be read. ${error instanceof Error ? error.message : String(error)}\n`,
    )
    return check(1)
  }
}
