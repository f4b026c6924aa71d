/** A private key from a file or the environment, and never from the arguments, which every process on the machine can read and shells write down. */
import { readFile, stat } from 'node:fs/promises'
import { SunledgerError } from '../core/Errors.ts'
import type { Hex } from '../core/Payment.ts'

const form = /^(?:0x)?([0-9a-f]{64})$/i

/** @throws {KeyMissingError} @throws {KeyFileInvalidError} */
export const read = async (file: string | undefined): Promise<Hex> => {
  const named = file ?? 'in SUNLEDGER_KEY'
  const text = (file === undefined ? (process.env['SUNLEDGER_KEY'] ?? '') : await textOf(file)).trim()
  if (file === undefined && text === '') throw new KeyMissingError()
  const [, digits] = form.exec(text) ?? []
  if (digits === undefined) throw new KeyFileInvalidError(named, 'something else')
  return `0x${digits}`
}

const textOf = async (file: string): Promise<string> => {
  try {
    const text = await readFile(file, 'utf8')
    const { mode } = await stat(file)
    if (process.platform !== 'win32' && (mode & 0o077) !== 0)
      process.stderr.write(`Warning: others can read ${file}. Run: chmod 600 ${file}\n`)
    return text
  } catch (error) {
    throw new KeyFileInvalidError(file, (error as Error).message)
  }
}

/** No key was given. */
export class KeyMissingError extends SunledgerError {
  override readonly name = 'KeyMissingError'
  constructor() {
    super('SL670', 'No key was given.', {
      expected: '--key-file FILE, or the variable SUNLEDGER_KEY: 0x and 64 hex digits',
      hint: 'A key is never taken from the arguments.',
    })
  }
}

/** A key stood in the arguments. It is not repeated here. */
export class KeyInArgumentsError extends SunledgerError {
  override readonly name = 'KeyInArgumentsError'
  constructor() {
    super('SL671', 'What looks like a private key stands in the arguments. It was not used.', {
      expected: '--key-file FILE, or the variable SUNLEDGER_KEY',
      hint: 'Arguments are seen by every process on this machine and kept in the shell’s history: use another key from now on.',
    })
  }
}

/** A key file cannot be used, or what is in the environment. */
export class KeyFileInvalidError extends SunledgerError {
  override readonly name = 'KeyFileInvalidError'
  constructor(file: string, actual: string) {
    super('SL672', `The key ${file} cannot be used.`, {
      expected: '0x and 64 hex digits, in a file that can be read',
      actual,
    })
  }
}
