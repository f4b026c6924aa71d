/**
 * How long a group commit gathers. Going to disk costs a core a tenth of a millisecond, whatever there is to write, so while more keeps coming a
 * group waits for it, a moment; where nothing more comes, nobody waits for anything.
 */
import { setImmediate } from 'node:timers/promises'

/** A group that has so many goes at once. */
export const enough = 64
/** No group waits longer. */
const mostMs = 2

/** Resolves when what is there should go to disk: at the latest when a turn of the event loop has brought nothing more. */
export const gather = async (count: () => number): Promise<void> => {
  const began = performance.now()
  for (let before = 0; count() > before && count() < enough && performance.now() - began < mostMs; ) {
    before = count()
    await setImmediate()
  }
}
