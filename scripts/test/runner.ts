/**
 * Runs steps, shows what they print, and ends them when somebody ends us. The contract tests compile for a while on one core, so the
 * small checks run beside them; Vitest comes after both, because end-to-end tests that share the cores run into their time limits.
 * Whatever runs at the same time, it is printed as if it ran in order.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import * as Ending from '../../src/cli/Ending.ts'
import { type Counts, check } from './counts.ts'
import { Printer } from './printer.ts'
import { colorful, root, type Step } from './steps.ts'

/** How long a step may take to end when asked, before it is ended. */
const graceMs = 3_000

/** What may run at the same time: each lane runs its steps in order. */
const besideEachOther: readonly (readonly string[])[] = [['lint', 'types', 'abi'], ['contracts']]

export class Runner {
  private readonly running = new Set<ChildProcess>()
  private ending = false

  constructor() {
    void Ending.asked().then((cause) => this.end(cause))
  }

  /** Runs all steps and says what each one counts for. */
  async run(steps: readonly Step[]): Promise<Counts[]> {
    const printer = new Printer(steps.map(({ name }) => name))
    const results: Counts[] = []
    const runLane = async (lane: readonly Step[]) => {
      for (const step of lane) results.push(await this.runStep(step, printer))
    }
    await Promise.all(besideEachOther.map((names) => runLane(steps.filter(({ name }) => names.includes(name)))))
    await runLane(steps.filter(({ name }) => !besideEachOther.flat().includes(name)))
    return results
  }

  private async runStep(step: Step, printer: Printer): Promise<Counts> {
    const startMs = Date.now()
    printer.write(step.name, 'stdout', `── ${step.title} ──\n`)
    const { exitCode, output } = await this.execute(step, printer)
    const counts = countOrFail(step, exitCode, output, printer)
    const seconds = ((Date.now() - startMs) / 1000).toFixed(1)
    const verdict = counts.failed === 0 ? 'passed' : 'FAILED'
    printer.write(step.name, 'stdout', `${step.title}: ${verdict} in ${seconds} s\n\n`)
    printer.finish(step.name)
    return counts
  }

  private execute(step: Step, printer: Printer): Promise<{ exitCode: number | null; output: string }> {
    const colors = colorful ? { FORCE_COLOR: '1' } : { NO_COLOR: '1' }
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...step.args], {
      cwd: root,
      env: { ...colors, ...process.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.running.add(child)
    let output = ''
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (text: string) => {
        output += text
        printer.write(step.name, stream, text)
      })
    }
    const hanging =
      step.limitMs === undefined ? undefined : setTimeout(() => this.cutOff(step, child, printer), step.limitMs)
    return new Promise((resolve) => {
      child.once('error', (error) => resolve({ exitCode: null, output: `${output}${error.message}` }))
      child.once('close', (exitCode) => {
        this.running.delete(child)
        clearTimeout(hanging)
        // A step that was ended has no result to tell.
        if (!this.ending) resolve({ exitCode, output })
      })
    })
  }

  private cutOff({ name, limitMs = 0 }: Step, child: ChildProcess, printer: Printer): void {
    printer.write(name, 'stderr', `Ended: it has run for ${Math.round(limitMs / 60_000)} minutes, and hangs.\n`)
    child.kill('SIGTERM')
    setTimeout(() => child.kill('SIGKILL'), graceMs).unref()
  }

  /** Ends what runs, and then this process by the same signal, so that whoever waits for it sees why it ended. */
  private end(cause: Ending.Cause): void {
    this.ending = true
    const ended = [...this.running].map((child) => new Promise((resolve) => child.once('close', resolve)))
    for (const child of this.running) child.kill('SIGTERM')
    const patience = new Promise((resolve) => setTimeout(resolve, graceMs))
    void Promise.race([Promise.all(ended), patience]).then(() => {
      for (const child of this.running) child.kill('SIGKILL')
      if (cause === 'unread') return Ending.end(Ending.exitCodes.unread)
      process.removeAllListeners(cause)
      return process.kill(process.pid, cause)
    })
  }
}

/** A step whose result cannot be read has failed, and says why. */
function countOrFail(step: Step, exitCode: number | null, output: string, printer: Printer): Counts {
  try {
    return step.count(exitCode, output)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    printer.write(step.name, 'stderr', `${step.title}: the result cannot be read. ${reason}\n`)
    return check(1)
  }
}
