/**
 * I19, long: 300 disasters on real services and a real chain (test/src/clearing/RecoveryRounds).
 *
 * @minutes 20
 */
import { expect, test } from 'vitest'
import { round } from '../src/clearing/RecoveryRounds.ts'
import { useChain } from '../src/support/Chain.ts'

const chain = useChain()
const rounds = 300

test('behavior: whoever brings receipts loses nothing, and nobody gains, in 300 rounds', {
  timeout: 3_600_000,
}, async () => {
  const sums = [0, 0, 0]
  for (let seed = 0; seed < rounds; seed++) {
    const counts = await round(chain, seed)
    counts.forEach((count, i) => {
      sums[i] = (sums[i] ?? 0) + count
    })
  }
  const [inTime, late, never] = sums as [number, number, number]
  process.stderr.write(`${rounds} rounds: ${inTime} receipts in time, ${late} late, ${never} never\n`)
  expect(Math.min(inTime, late, never)).toBeGreaterThan(0)
})
