/** All scenarios, by name. */
import { SunledgerError } from '../../core/Errors.ts'
import { abundance } from './abundance.ts'
import { billionth } from './billionth.ts'
import { blackout } from './blackout.ts'
import { byzantine } from './byzantine.ts'
import type { Definition } from './Definition.ts'
import { day } from './day.ts'
import { flashCrowd } from './flash-crowd.ts'
import { gigawatt } from './gigawatt.ts'

export const all: readonly Definition[] = [day, abundance, gigawatt, billionth, flashCrowd, byzantine, blackout]

/** @throws {ScenarioUnknownError} */
export const named = (name: string): Definition => {
  const found = all.find((each) => each.name === name)
  if (found === undefined) throw new ScenarioUnknownError(name)
  return found
}

/** There is no scenario of this name. */
export class ScenarioUnknownError extends SunledgerError {
  override readonly name = 'ScenarioUnknownError'
  constructor(actual: string) {
    super('SL770', 'There is no such scenario.', {
      expected: all.map(({ name }) => name).join(', '),
      actual: JSON.stringify(actual),
      hint: '--list tells what each is about.',
    })
  }
}
