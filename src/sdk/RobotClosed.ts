/** What is thrown by a robot that was closed. */
import { SunledgerError } from '../core/Errors.ts'

/** The robot has been closed. */
export class RobotClosedError extends SunledgerError {
  override readonly name = 'RobotClosedError'
  constructor() {
    super('SL655', 'The robot has been closed.', { hint: 'Connect again to pay.' })
  }
}
