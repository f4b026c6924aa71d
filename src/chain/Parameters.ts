/** The file that says how the contracts are to be deployed on a chain: the dollar, the keys' addresses, the periods, the salt. */
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { SunledgerError } from '../core/Errors.ts'
import * as Wire from '../core/Wire.ts'

const zero = `0x${'0'.repeat(40)}`
const address = z
  .string()
  .transform((text) => text.toLowerCase())
  .pipe(Wire.address)
  .refine((value) => value !== zero, 'may not be the zero address')

/** The contract takes no longer one: it would be a lock. */
const mostSeconds = 365n * 86_400n
const seconds = Wire.uint64.refine((value) => value > 0n && value <= mostSeconds, 'must be from 1 second to 365 days')

const schema = z.strictObject({
  /** Part of every address: the same salt, keys and periods give the same addresses on every chain. */
  salt: Wire.bytes32,
  /** Blocks on top of a transaction before the next one. */
  confirmations: z.int().min(1).max(100),
  Sunledger: z.strictObject({
    asset: address,
    settlementKey: address,
    creditKey: address,
    coldKey: address,
    issuer: address,
    exitWindowSeconds: seconds,
    noticePeriodSeconds: seconds,
  }),
})

export type Parameters = z.output<typeof schema>

/** @throws {ParametersInvalidError} */
export const read = (path: string): Parameters => {
  let content: unknown
  try {
    content = JSON.parse(readFileSync(path, 'utf8'))
  } catch (cause) {
    throw new ParametersInvalidError(path, (cause as Error).message)
  }
  const parsed = schema.safeParse(content)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new ParametersInvalidError(path, `${issue?.path.join('.')} ${issue?.message}`)
}

/** The file with the parameters of a deployment cannot be used. */
export class ParametersInvalidError extends SunledgerError {
  override readonly name = 'ParametersInvalidError'
  constructor(path: string, actual: string) {
    super('SL511', 'The deployment parameters cannot be used.', {
      expected: 'JSON as in scripts/deploy/base.json',
      actual: `${path}: ${actual}`,
      hint: 'Fill in every address; amounts of seconds are strings.',
    })
  }
}
