/** Rates of several samples, beside `R`, which is measured between them. */
import * as Signature from '../../../src/crypto/Signature.ts'

const recoveries = 6_000

export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] as number

/** What one core recovers a second when it does nothing else. */
export const recovering = (): number => {
  const [target, hash, key] = [Buffer.alloc(65), Buffer.alloc(32, 9), Buffer.alloc(32, 7)]
  const backend = Signature.native() ?? Signature.pure
  const { signature, recovery } = backend.sign(hash, key)
  const began = performance.now()
  for (let i = 0; i < recoveries; i++) backend.recover(target, hash, signature, recovery)
  return (1000 * recoveries) / (performance.now() - began)
}
