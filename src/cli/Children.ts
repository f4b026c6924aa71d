/** Processes that this one started: none of them outlives it, however it ends. */
import type { ChildProcess } from 'node:child_process'

const living = new Set<ChildProcess>()

/** Ends a process with this one, at once, where nobody has ended it before. */
export const own = <T extends ChildProcess>(child: T): T => {
  if (living.size === 0) process.once('exit', end)
  living.add(child)
  child.once('exit', () => living.delete(child))
  return child
}

const end = (): void => {
  for (const child of living) child.kill('SIGKILL')
}
