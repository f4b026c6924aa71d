import { describe, expect, test } from 'vitest'
import { createSettledClaims } from '../../../src/clearing/SettledClaims.ts'
import type * as X402 from '../../../src/core/X402.ts'

const settled = {
  success: true,
  transaction: '0x01',
  network: 'eip155:31337',
  payer: '0x02',
  amount: '1',
} as X402.Settled
const failed = {
  success: false,
  errorReason: 'settlement_pending',
  transaction: '',
  network: 'eip155:31337',
} as X402.Settled

describe('answer', () => {
  test('behavior: success is answered once to requests without a claim', () => {
    const claims = createSettledClaims()
    const answers = Array.from({ length: 6 }, () => claims.answer('a', undefined, settled))
    expect(answers.map(({ success }) => success)).toEqual([true, false, false, false, false, false])
    expect(answers[1]?.errorReason).toBe('invalid_exact_evm_nonce_already_used')
  })

  test('behavior: and as often as it likes to the claim that came first, to no other', () => {
    const claims = createSettledClaims()
    const ask = (claim?: string) => claims.answer('a', claim, settled).success
    expect([ask('one'), ask('one'), ask('two'), ask(), ask('one')]).toEqual([true, true, false, false, true])
  })

  test('behavior: what failed, or is not known yet, is nobody’s', () => {
    const claims = createSettledClaims()
    expect(claims.answer('a', 'one', failed)).toEqual(failed)
    expect(claims.answer('a', 'two', settled).success).toBe(true)
  })

  test('behavior: authorizations do not share; the oldest are forgotten', () => {
    const claims = createSettledClaims(2)
    for (const name of ['a', 'b', 'c']) expect(claims.answer(name, undefined, settled).success).toBe(true)
    expect(claims.answer('c', undefined, settled).success).toBe(false)
    expect(claims.answer('a', undefined, settled).success).toBe(true)
  })
})
