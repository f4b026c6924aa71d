/** The packed batches: written out once by hand from the interfaces' comments, and read back whatever is in them. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as Batch from '../../../src/core/Batch.ts'
import type { Hex } from '../../../src/core/Payment.ts'
import { address, amount, signature, word } from '../Arbitrary.ts'

const longSignature = fc.tuple(signature, signature).map(([a, b]): Hex => `${a}${b.slice(2)}` as Hex)

const section = (p256: boolean): fc.Arbitrary<Batch.Section> => {
  const signed = p256 ? longSignature : signature
  return fc.record({
    asset: address,
    p256: fc.constant(p256),
    debits: fc.array(fc.record({ signature: signed, total: amount, history: word }), { maxLength: 5 }),
    boths: fc.array(fc.record({ signature: signed, debitTotal: amount, history: word, creditTotal: amount }), {
      maxLength: 5,
    }),
    credits: fc.array(fc.record({ account: address, total: amount }), { maxLength: 5 }),
  })
}
const sections = fc.array(fc.oneof(section(false), section(true)), { maxLength: 4 })

const filled = (byte: string, bytes: number): Hex => `0x${byte.repeat(bytes)}`

describe('settlement batches', () => {
  test('behavior: byte for byte as IClearingHouse.settle says', () => {
    const batch = Batch.encode([
      {
        asset: filled('a1', 20),
        p256: false,
        debits: [{ signature: filled('b2', 64), total: 0x1234n, history: filled('c3', 32) }],
        boths: [{ signature: filled('d4', 64), debitTotal: 1n, history: filled('e5', 32), creditTotal: 0x123456n }],
        credits: [{ account: filled('f6', 20), total: 2n }],
      },
    ])
    const parts = [
      '01',
      'a1'.repeat(20),
      '00',
      '23',
      '0001',
      '0001',
      '0001',
      ...['b2'.repeat(64), '1234', 'c3'.repeat(32)],
      ...['d4'.repeat(64), '0001', 'e5'.repeat(32), '123456'],
      ...['f6'.repeat(20), '000002'],
    ]
    expect(batch).toBe(`0x${parts.join('')}`)
  })

  test('behavior: what is encoded is decoded', () => {
    fc.assert(
      fc.property(sections, (batch) => {
        expect(Batch.decode(Batch.encode(batch))).toEqual(batch)
      }),
    )
  })

  test('behavior: totals take as many bytes as the greatest needs', () => {
    fc.assert(
      fc.property(address, fc.array(amount, { minLength: 1, maxLength: 5 }), (account, totals) => {
        const one = {
          asset: account,
          p256: false,
          debits: [],
          boths: [],
          credits: totals.map((total) => ({ account, total })),
        }
        const greatest = totals.reduce((a, b) => (a > b ? a : b))
        const width = greatest === 0n ? 0 : Math.ceil(greatest.toString(2).length / 8)
        expect(Batch.encode([one]).length / 2 - 1).toBe(1 + 20 + 2 + 6 + totals.length * (20 + width))
      }),
    )
  })

  test('error: cut off anywhere, too long, or of another version', () => {
    fc.assert(
      fc.property(section(false), fc.nat(), (only, cut) => {
        const batch = Batch.encode([only])
        // Whole bytes off the end, at least one, the version staying.
        const kept = 4 + 2 * (cut % Math.max(1, (batch.length - 4) / 2))
        if (kept > 4) expect(() => Batch.decode(batch.slice(0, kept) as Hex)).toThrow(Batch.BatchMalformedError)
        expect(() => Batch.decode(`${batch}00`)).toThrow(Batch.BatchMalformedError)
        for (let other = 0; other < 256; other++) {
          if (other === Batch.version) continue
          const wrong = `0x${other.toString(16).padStart(2, '0')}${batch.slice(4)}` as Hex
          expect(() => Batch.decode(wrong)).toThrow(Batch.BatchMalformedError)
        }
      }),
    )
  })

  test('error: unknown flags, widths beyond 10 bytes', () => {
    const head = `0x01${'a1'.repeat(20)}`
    expect(() => Batch.decode(`${head}0200000000000000` as Hex)).toThrow('flags 0 or 1')
    expect(() => Batch.decode(`${head}00b0000000000000` as Hex)).toThrow('widths of at most 10')
  })
})

describe('batches of readings', () => {
  test('behavior: byte for byte as IEnergyMeter.submit says, P-256 in a section of its own', () => {
    const reading = {
      meter: filled('a1', 20),
      timestamp: 0x0102030405n,
      energyMilliWh: 0x06n,
      computeUnits: 0x07n,
      detail: filled('b2', 32),
      signature: filled('c3', 64),
    }
    const body = `${'a1'.repeat(20)}0102030405${'0'.repeat(17)}6${'0'.repeat(17)}7${'b2'.repeat(32)}`
    const other = { ...reading, signature: filled('d4', 128) }
    expect(Batch.encodeReadings([other, reading])).toBe(
      `0x01${`000001${body}${'c3'.repeat(64)}`}${`010001${body}${'d4'.repeat(128)}`}`,
    )
  })

  const reading = fc.tuple(fc.boolean(), signature, longSignature).chain(([p256, short, long]) =>
    fc.record({
      meter: address,
      timestamp: fc.bigInt(0n, (1n << 40n) - 1n),
      energyMilliWh: fc.bigInt(0n, (1n << 72n) - 1n),
      computeUnits: fc.bigInt(0n, (1n << 72n) - 1n),
      detail: word,
      signature: fc.constant(p256 ? long : short),
    }),
  )

  test('behavior: what is encoded is decoded, secp256k1 first', () => {
    fc.assert(
      fc.property(fc.array(reading, { maxLength: 8 }), (readings) => {
        const [short, long] = [130, 258].map((length) => readings.filter((one) => one.signature.length === length))
        expect(Batch.decodeReadings(Batch.encodeReadings(readings))).toEqual([...(short ?? []), ...(long ?? [])])
      }),
    )
  })

  test('error: every other version, unknown flags, cut off anywhere, too long', () => {
    fc.assert(
      fc.property(reading, fc.integer({ min: 0, max: 255 }), fc.nat(), (one, other, cut) => {
        const batch = Batch.encodeReadings([one])
        const byte = other.toString(16).padStart(2, '0')
        const kept = 6 + 2 * (cut % ((batch.length - 6) / 2))
        const refused = [`${batch}00`, batch.slice(0, kept), ...(other === 1 ? [] : [`0x${byte}${batch.slice(4)}`])]
        if (other > 1) refused.push(`0x01${byte}${batch.slice(6)}`)
        for (const wrong of refused) expect(() => Batch.decodeReadings(wrong as Hex)).toThrow(Batch.BatchMalformedError)
      }),
    )
  })

  test('error: a number that has no room is a programmer’s mistake', () => {
    const reading = {
      meter: filled('a1', 20),
      timestamp: 1n << 40n,
      energyMilliWh: 0n,
      computeUnits: 0n,
      detail: filled('b2', 32),
      signature: filled('c3', 64),
    }
    expect(() => Batch.encodeReadings([reading])).toThrow(RangeError)
  })
})

describe('batches of deposits', () => {
  const nobody = filled('00', 20)
  const own = {
    from: filled('a1', 20),
    account: filled('a1', 20),
    owner: nobody,
    amount: 0x01n,
    validAfter: 0x02n,
    validBefore: 0x0304050607n,
    salt: filled('b2', 32),
    signature: filled('c3', 64),
  }
  const body = `${'a1'.repeat(20)}${'0'.repeat(19)}1${'0'.repeat(9)}20304050607${'b2'.repeat(32)}${'c3'.repeat(64)}`

  test('behavior: byte for byte as IClearingHouse.depositMany says', () => {
    expect(Batch.encodeDeposits([own, own])).toBe(`0x0101${body}${body}`)
    const other = { ...own, account: filled('d4', 20), owner: filled('e5', 20) }
    const named = `${body}${'a1'.repeat(20)}${'00'.repeat(20)}`
    expect(Batch.encodeDeposits([other, own])).toBe(`0x0100${body}${'d4'.repeat(20)}${'e5'.repeat(20)}${named}`)
  })

  const uint40 = fc.bigInt(0n, (1n << 40n) - 1n)
  const times = { validAfter: uint40, validBefore: uint40 }
  const named = fc.record({ from: address, account: address, owner: address, amount, ...times, salt: word, signature })
  const deposits = fc.array(
    fc.tuple(named, fc.boolean()).map(([one, isOwn]) => (isOwn ? { ...one, account: one.from, owner: nobody } : one)),
    { minLength: 1, maxLength: 6 },
  )

  test('behavior: what is encoded is decoded', () => {
    fc.assert(
      fc.property(deposits, (entries) => {
        expect(Batch.decodeDeposits(Batch.encodeDeposits(entries))).toEqual(entries)
      }),
    )
  })

  test('error: every other version, unknown flags, cut off anywhere, too long', () => {
    fc.assert(
      fc.property(deposits, fc.integer({ min: 2, max: 255 }), fc.nat(), (entries, other, cut) => {
        const batch = Batch.encodeDeposits(entries)
        const byte = other.toString(16).padStart(2, '0')
        // Whole bytes off the last entry, at least one and not all.
        const length = (batch.length - 6) / 2 / entries.length
        const kept = batch.length - 2 * (1 + (cut % (length - 1)))
        const wrongs = [
          `${batch}00`,
          batch.slice(0, kept),
          `0x${byte}${batch.slice(4)}`,
          `0x01${byte}${batch.slice(6)}`,
        ]
        for (const wrong of wrongs) expect(() => Batch.decodeDeposits(wrong as Hex)).toThrow(Batch.BatchMalformedError)
      }),
    )
  })

  test('error: a number that has no room is a programmer’s mistake', () => {
    for (const wrong of [{ amount: 1n << 80n }, { validBefore: 1n << 40n }])
      expect(() => Batch.encodeDeposits([{ ...own, ...wrong }])).toThrow(RangeError)
  })
})
