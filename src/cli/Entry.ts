/**
 * What every command goes through, `sunledger` and the scripts alike. Exit codes: 0 done, 1 failed, 2 a command line that cannot be
 * understood; 129, 130 or 143 where a signal ended it.
 */
import { SunledgerError } from '../core/Errors.ts'
import * as Secrets from '../core/Secrets.ts'
import * as Crash from './Crash.ts'
import * as Ending from './Ending.ts'
import { UsageError } from './Usage.ts'

/** Says an error on stderr; its exit code. */
const say = (error: unknown): number => {
  const known = error instanceof SunledgerError
  process.stderr.write(`${Secrets.scrub(known ? error.message : ((error as Error).stack ?? String(error)))}\n`)
  return error instanceof UsageError ? 2 : 1
}

/** Runs a command and ends the process with its exit code. Whatever is still open then belongs to nobody. */
export const run = async (main: () => Promise<number>): Promise<never> => {
  Crash.install()
  Ending.watch()
  let code: number
  try {
    code = await main()
  } catch (error) {
    code = Ending.isUnreadError(error) ? Ending.exitCodes.unread : say(error)
  }
  return Ending.end(code)
}
