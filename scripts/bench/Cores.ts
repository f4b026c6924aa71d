/** Which core a process runs on, where the system lets one choose (Linux): who is measured and who measures must not share one. */
import { spawnSync } from 'node:child_process'
import { cpus } from 'node:os'

export const count = (): number => cpus().length

/** This process, all its threads, and whatever it starts from now on. False: the system decides. */
export const use = (core: number): boolean =>
  spawnSync('taskset', ['--all-tasks', '--cpu-list', '--pid', String(core), String(process.pid)]).status === 0
