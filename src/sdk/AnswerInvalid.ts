/** What is thrown where an answer is none of a Sunledger service. */
import { SunledgerError } from '../core/Errors.ts'

/** Something answered, but not as the service would. */
export class AnswerInvalidError extends SunledgerError {
  override readonly name = 'AnswerInvalidError'
  constructor(path: string, expected: string, actual: string) {
    super('SL641', `The answer to ${path.split('?')[0]} is not of the protocol’s form.`, {
      expected,
      actual,
      hint: 'Does the address belong to a Sunledger service of the same version?',
      status: 502,
    })
  }
}
