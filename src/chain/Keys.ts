/**
 * The operator's keys: settlement (sends settlements and withdrawals), credit (signs credits; needs no coin), cold (replaces the others,
 * drains the pool) and issuer (approves meters; on a local chain it also mints test dollars). They lie in a file that only its owner
 * may read; they never appear in logs, flags or answers.
 */
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { z } from 'zod'
import { SunledgerError } from '../core/Errors.ts'
import type { Hex } from '../core/Payment.ts'
import * as Wire from '../core/Wire.ts'
import * as Keccak from '../crypto/Keccak.ts'

const schema = z.strictObject({
  settlement: Wire.bytes32,
  credit: Wire.bytes32,
  cold: Wire.bytes32,
  issuer: Wire.bytes32,
  /** Bearer token for the operator's routes. */
  operatorToken: z.string().min(16),
})

export type Keys = z.output<typeof schema>

const roles = ['settlement', 'credit', 'cold', 'issuer'] as const

const from = (key: (role: string) => Hex): Keys => ({
  ...(Object.fromEntries(roles.map((role) => [role, key(role)])) as Omit<Keys, 'operatorToken'>),
  operatorToken: randomBytes(24).toString('base64url'),
})

/** Fresh random keys. */
export const random = (): Keys => from(() => `0x${randomBytes(32).toString('hex')}`)

/** The same keys for the same seed: worth nothing outside a simulation, whose addresses and signatures they make repeatable. */
export const simulated = (seed: number): Keys =>
  from((role) => Keccak.ofText(`sunledger simulated operator ${seed} ${role}`))

export const write = (path: string, keys: Keys): void =>
  writeFileSync(path, `${JSON.stringify(keys)}\n`, { mode: 0o600 })

/** @throws {KeysInvalidError} naming the file, never a key */
export const read = (path: string): Keys => {
  if (!existsSync(path)) throw new KeysInvalidError(path, 'no such file')
  try {
    return schema.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch {
    throw new KeysInvalidError(path, 'another content')
  }
}

/** The file with the operator's keys cannot be used. */
export class KeysInvalidError extends SunledgerError {
  override readonly name = 'KeysInvalidError'
  constructor(path: string, actual: string) {
    super('SL506', 'The key file cannot be used.', {
      expected: `JSON with ${roles.join(', ')} (32 bytes of hex each) and operatorToken`,
      actual: `${path}: ${actual}`,
      hint: 'Name the data folder of a run, or start a new one.',
    })
  }
}
