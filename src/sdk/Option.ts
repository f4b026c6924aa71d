/** What callers may hand in: each entry of the SDK checks it, so that odd input is told by name and not by whatever it breaks first. */
import { SunledgerError } from '../core/Errors.ts'

/** A value as it is shown in a message: short, and never a whole secret. */
const shown = (value: unknown): string => {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 60))
  if (typeof value === 'bigint' || typeof value === 'number' || typeof value === 'boolean') return `${value}`
  return value === null || value === undefined ? `${value}` : `a value of type ${typeof value}`
}

/** An option or argument is of no use. Nothing has been signed or sent. */
export class OptionInvalidError extends SunledgerError {
  override readonly name = 'OptionInvalidError'
  constructor(name: string, expected: string, actual: unknown) {
    super('SL686', `The argument is of no use: ${name}.`, {
      expected,
      actual: shown(actual),
      hint: 'Nothing has been signed or sent.',
    })
  }
}
