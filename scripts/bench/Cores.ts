/**
 * Which process runs on which core, so that the load is not made at the expense of what is measured: what answers has the first core, who asks
 * the last one. A process inherits its core from whoever starts it, and counts its threads by it.
 */
import { execFileSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

export interface Cores {
  /** In words, for whoever reads the figures. */
  readonly how: string
  /** What this process starts from now on answers. */
  forServers(): void
  /** This process and what it starts from now on asks. */
  forClients(): void
  /** Moves a process that runs already to where those are that ask. */
  moveToClients(pid: number): void
}

const pin = (core: number, pid = process.pid): void => {
  execFileSync('taskset', ['-a', '-c', '-p', String(core), String(pid)], { stdio: 'ignore' })
}

export const plan = (): Cores => {
  const cores = availableParallelism()
  const free = (why: string): Cores => ({
    how: `not pinned: ${why}`,
    forServers() {},
    forClients() {},
    moveToClients() {},
  })
  if (cores < 2) return free('there is one core')
  try {
    // Where it cannot be done, it fails here and not in the middle.
    pin(cores - 1)
  } catch {
    return free('there is no taskset here, so the system places them')
  }
  return {
    how: `servers on core 0; load, and the chain, on core ${cores - 1} (taskset)`,
    forServers: () => pin(0),
    forClients: () => pin(cores - 1),
    moveToClients: (pid) => pin(cores - 1, pid),
  }
}
