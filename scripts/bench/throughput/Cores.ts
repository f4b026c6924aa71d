/**
 * Processes that have a stated number of cores. Where `taskset` is there they are held on these; elsewhere nothing keeps the system from using
 * more (for writing to disk and collecting garbage beside the one thread that works), and whoever measures has to say so.
 */
import { spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import * as Children from '../../../src/cli/Children.ts'
import { nodeFlags } from '../../../src/cli/Processes.ts'
import type { Sample } from './Sampler.ts'

/** Cores that this process may use, by number: `0-3,6`. */
const allowed = (): number[] => {
  const [, list = ''] = /^Cpus_allowed_list:\s*(.+)$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
  return list.split(',').flatMap((part) => {
    const [first = 0, last = first] = part.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, i) => first + i)
  })
}

/** Whether processes can be held on cores here. */
export const canHold = process.platform === 'linux' && spawnSync('taskset', ['--version']).status === 0

const command = (cores: number): string[] =>
  canHold ? ['taskset', '-c', allowed().slice(0, cores).join(','), process.execPath] : [process.execPath]

export interface Sampler {
  sample(): Promise<Sample>
  close(): Promise<void>
}

/** Starts a `Sampler`; its folder has its journal. */
export const start = (cores: number, folder: string, threads: number, samples: number): Sampler => {
  const [file, ...before] = command(cores) as [string, ...string[]]
  const module = fileURLToPath(new URL('./Sampler.ts', import.meta.url))
  // As the service is started.
  const args = [...before, ...nodeFlags, module, folder, String(threads), String(samples)]
  const child = Children.own(spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] }))
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  return {
    async sample() {
      child.stdin.write('\n')
      const { value, done } = await lines.next()
      if (done === true) throw new Error(`the process that accepts payments ended: ${child.exitCode}`)
      return JSON.parse(value) as Sample
    },
    close() {
      child.stdin.end()
      return ended
    },
  }
}
