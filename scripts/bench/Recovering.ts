/** `R`: how many signatures one core recovers a second with libsecp256k1 when it does nothing else. */
import * as Keccak from '../../src/crypto/Keccak.ts'
import * as Signature from '../../src/crypto/Signature.ts'

const recoveries = 6000
const backend = Signature.native() ?? Signature.pure

/** Each signature is another one, as those of payments are: the same one over and over is recovered 4 % faster. */
const signatures = Array.from({ length: recoveries }, (_, i) => {
  const hash = Buffer.from(Keccak.ofText(`message ${i}`).slice(2), 'hex')
  const key = Buffer.from(Keccak.ofText(`signer ${i % 100}`).slice(2), 'hex')
  const { signature, recovery } = backend.sign(hash, key)
  return { hash, signature, recovery }
})

/** Recoveries a second, now. */
export const measure = (): number => {
  const target = Buffer.alloc(65)
  const began = performance.now()
  for (const { hash, signature, recovery } of signatures) backend.recover(target, hash, signature, recovery)
  return (1000 * recoveries) / (performance.now() - began)
}
