/**
 * A process that accepts payments on the cores that it was given (`Cores`), and is told when: each line on stdin asks for one sample, each line on
 * stdout is one. Between its samples it does nothing, so that several can take turns.
 */
import { createInterface } from 'node:readline'
import * as Recovering from '../Recovering.ts'
import * as Acceptance from './Acceptance.ts'

/** One sample: payments accepted a second, and R around it on the same core. */
export interface Sample {
  readonly accepted: number
  readonly r: number
  /** Cores that it had meanwhile: fewer than it was given where other processes took them. */
  readonly cores: number
}

const [folder, threads, samples] = process.argv.slice(2) as [string, string, string]
const acceptance = await Acceptance.open(folder, Number(threads), Number(samples))

const sample = async (): Promise<Sample> => {
  const before = Recovering.measure()
  const [began, cpu] = [performance.now(), process.cpuUsage()]
  const accepted = await acceptance.sample()
  const { user, system } = process.cpuUsage(cpu)
  const cores = (user + system) / 1000 / (performance.now() - began)
  const after = Recovering.measure()
  // The mean of the times, not of the rates.
  return { accepted, r: 2 / (1 / before + 1 / after), cores }
}

for await (const _ of createInterface(process.stdin)) process.stdout.write(`${JSON.stringify(await sample())}\n`)
acceptance.close()
