/** A sample of `bench fuzz`: whatever a decoder is given, it takes it or refuses it with an error of ours; and what the bench found once. */
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import * as Decoders from '../../scripts/bench/fuzz/Decoders.ts'
import * as Batch from '../../src/core/Batch.ts'
import type { Hex } from '../../src/core/Payment.ts'
import * as Events from '../../src/sdk/Events.ts'
import * as Receipt from '../../src/sdk/Receipt.ts'

// A worker of the tests ends without saying so.
afterAll(Decoders.clean)

describe('a decoder', () => {
  test.each(Decoders.decoders.map((decoder) => [decoder.name, decoder] as const))(
    'behavior: takes or refuses by name whatever comes: %s',
    (_, decoder) => {
      fc.assert(
        fc.property(fc.nat(), (seed) => {
          expect(['taken', 'refused']).toContain(Decoders.outcome(decoder, seed))
        }),
        { numRuns: 300 },
      )
    },
  )

  test('error: SL318 a batch that is not of hex digits, or of half a byte', () => {
    for (const wrong of ['0x01zz', '0x0', 'no hex', '']) expect(() => Batch.decode(wrong as Hex)).toThrow('SL318')
  })

  test('error: SL601 a receipt that is no JSON', () => {
    for (const wrong of ['', '{', 'receipt']) expect(() => Receipt.parse(wrong)).toThrow('SL601')
  })

  test('error: SL641 an event without end fills no memory', () => {
    const endless = (piece: string) => () => {
      const parser = new Events.Parser()
      for (let i = 0; i < 100; i++) parser.push(piece.repeat(10))
    }
    const piece = 'x'.repeat(2000)
    expect(endless(piece)).toThrow('SL641')
    expect(endless(`data: ${piece}\n`)).toThrow('SL641')
    expect(endless(`data: ${piece}\n\n`)).not.toThrow()
  })
})
