/**
 * Who goes first among promises: `shared` for work that is worth doing once however many ask for it, `queue` for work that must not overlap.
 */

/**
 * Runs one at a time. A call during a run gets a run of its own after it, shared by all who call meanwhile, so that each call's run has
 * seen everything that was there when it was made.
 */
export const shared = <T>(run: () => Promise<T>): (() => Promise<T>) => {
  let last: Promise<unknown> = Promise.resolve()
  let next: Promise<T> | undefined
  return () => {
    next ??= last.then(() => {
      next = undefined
      const running = run()
      last = running.catch(() => undefined)
      return running
    })
    return next
  }
}

/** Runs one task after the other, in the order in which they came; one that fails holds up nobody. */
export const queue = (): (<T>(task: () => Promise<T>) => Promise<T>) => {
  let last: Promise<unknown> = Promise.resolve()
  return (task) => {
    const result = last.then(task)
    last = result.catch(() => undefined)
    return result
  }
}
