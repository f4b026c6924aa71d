/** Receipts are checked without the service: a genuine one passes, and whatever is changed in one is found. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AmountAtomic } from '../../../src/core/Amount.ts'
import type { Hex, PaymentRequest, Receipt as ReceiptType } from '../../../src/core/Payment.ts'
import { debitGenesis } from '../../../src/core/Payment.ts'
import * as Digest from '../../../src/crypto/Digest.ts'
import * as Signature from '../../../src/crypto/Signature.ts'
import * as Receipt from '../../../src/sdk/Receipt.ts'
import { creditKey, dollar, domain, energyCredit, FakeService, key, trust } from './FakeService.ts'

const [payer, payee] = [Signature.addressOf(key(1)), Signature.addressOf(key(2))]
const validUntil = 1_900_000_000n

/** Payments by key 1 to key 2, and their receipts under one root. */
const pay = (amounts: readonly bigint[], asset = dollar): ReceiptType[] => {
  const service = new FakeService()
  service.account(payer, asset).available = 1_000_000n
  let [total, history] = [0n, debitGenesis(payer)]
  const requests = amounts.map((amount, i): PaymentRequest => {
    const reference = Digest.reference('https://charger.example', `${i}`)
    total += amount
    history = Digest.debitHistory(history, payee, amount, reference, validUntil)
    const signature = Signature.sign(Digest.debit(domain, asset, total, history), key(1))
    const [a, t] = [amount, total] as AmountAtomic[]
    return {
      asset,
      payee,
      amount: a as AmountAtomic,
      reference,
      validUntil,
      total: t as AmountAtomic,
      history,
      signature,
    }
  })
  return service.pay(requests) as ReceiptType[]
}

const receipts = pay([5n, 125n, 30n, 1n, 9n])
const receipt = receipts[1] as ReceiptType
const verify = (of: ReceiptType, more: Receipt.Expected = {}) => Receipt.verify(of, { ...trust, ...more })

describe('Receipt.verify', () => {
  test('behavior: a genuine receipt says what was paid', () => {
    expect(verify(receipt, { payee, payer, asset: dollar, minimum: '0.000125' })).toEqual({
      asset: dollar,
      payer,
      payee,
      amount: 125n,
      reference: Digest.reference('https://charger.example', '1'),
      id: receipt.payment.id,
      from: 5n,
      to: 130n,
    })
  })

  test('behavior: every one of a group commit, alone, and again from memory', () => {
    for (const one of [...receipts, ...receipts]) expect(verify(one).id).toBe(one.payment.id)
  })

  test('behavior: survives the way through text', () => {
    expect(Receipt.parse(Receipt.format(receipt))).toEqual(receipt)
    expect(Receipt.parse(JSON.parse(Receipt.format(receipt)))).toEqual(receipt)
  })

  test('behavior: addresses to compare with may be written in any case', () => {
    const upper = `0x${payee.slice(2).toUpperCase()}` as Hex
    const key = `0x${trust.creditKey.slice(2).toUpperCase()}` as Hex
    expect(Receipt.verify(receipt, { ...trust, creditKey: key, payee: upper }).payee).toBe(payee)
  })
})

/** All leaves of a value, with a way to replace each. */
const leaves = (
  value: unknown,
  replace: (changed: unknown) => ReceiptType,
): { value: unknown; replace: typeof replace }[] => {
  if (typeof value !== 'object' || value === null) return [{ value, replace }]
  return Object.entries(value).flatMap(([name, part]) =>
    leaves(part, (changed) => {
      const copy = (Array.isArray(value) ? [...value] : { ...value }) as Record<string, unknown>
      copy[name] = changed
      return replace(copy)
    }),
  )
}

describe('forgeries', () => {
  const all = leaves(receipt, (changed) => changed as ReceiptType)

  test('error: any bit changed anywhere but in validUntil', () => {
    fc.assert(
      fc.property(fc.constantFrom(...all), fc.nat(), ({ value, replace }, position) => {
        let forged: ReceiptType
        if (typeof value === 'bigint') {
          if (value === validUntil) return
          forged = replace(value ^ (1n << BigInt(position % 79)))
        } else {
          const digits = (value as string).slice(2)
          const at = position % digits.length
          const digit = (Number.parseInt(digits[at] as string, 16) ^ (1 << (position % 4))).toString(16)
          forged = replace(`0x${digits.slice(0, at)}${digit}${digits.slice(at + 1)}`)
        }
        expect(() => verify(forged)).toThrow(Receipt.ReceiptInvalidError)
      }),
      { numRuns: 400 },
    )
  })

  test('error: a payer claims to have paid more than it did', () => {
    const payment = { ...receipt.payment, amount: 130n as AmountAtomic }
    expect(() => verify({ ...receipt, payment })).toThrow('payer, amount or reference are not what the credit rose by')
  })

  test('error: a history before that is made up to fit', () => {
    const before = `0x${'12'.repeat(32)}` as Hex
    const { payment, credit } = receipt
    const history = Digest.creditHistory(before, payer, 126n, payment.reference)
    const forged = {
      ...receipt,
      before,
      payment: { ...payment, amount: 126n as AmountAtomic },
      credit: { ...credit, history },
    }
    expect(() => verify(forged)).toThrow('not signed by the credit key')
  })

  test('error: another payment of the same group', () => {
    const other = receipts[2] as ReceiptType
    expect(() => verify({ ...receipt, payment: other.payment })).toThrow('another debit')
    expect(() => verify({ ...receipt, credit: other.credit })).toThrow('another debit')
    expect(() => verify({ ...receipt, proof: other.proof })).toThrow('not signed by the credit key')
  })

  test('error: another asset, another chain, another clearing house, another key', () => {
    const [credits] = pay([125n], energyCredit) as [ReceiptType]
    expect(() => verify(credits, { asset: dollar })).toThrow(Receipt.ReceiptMismatchError)
    for (const wrong of [{ chainId: 1 }, { clearingHouse: payee }, { creditKey: payee }])
      expect(() => Receipt.verify(receipt, { ...trust, ...wrong })).toThrow(Receipt.ReceiptInvalidError)
  })

  test('error: the branch of a leaf taken for a root that somebody else signed', () => {
    const root = Digest.credit(domain, receipt.credit)
    const signature = Signature.sign(Digest.credits(domain, root), key(3))
    expect(() => verify({ ...receipt, proof: { branch: [], signature } })).toThrow('not signed by the credit key')
  })

  test('error: the operator’s own word that the payee was credited with less than was paid', () => {
    const credit = { ...receipt.credit, total: 124n as AmountAtomic }
    const signature = Signature.sign(Digest.credits(domain, Digest.credit(domain, credit)), creditKey)
    expect(() => verify({ ...receipt, credit, proof: { branch: [], signature } })).toThrow(
      'the credit is below the payment',
    )
  })

  test('behavior: the credit key may sign a single credit as its own root', () => {
    const root = Digest.credit(domain, receipt.credit)
    const signature = Signature.sign(Digest.credits(domain, root), creditKey)
    expect(verify({ ...receipt, proof: { branch: [], signature } }).amount).toBe(125n)
  })
})

describe('expectations', () => {
  test.each([
    ['payee', { payee: payer }],
    ['payer', { payer: payee }],
    ['asset', { asset: energyCredit }],
    ['reference', { reference: Digest.reference('https://charger.example', '2') }],
    ['amount', { minimum: 126n }],
    ['amount', { minimum: '0.000126' }],
  ])('error: another %s', (field, expected) => {
    expect(() => verify(receipt, expected)).toThrow(`over another ${field}`)
  })

  test('error: the minimum is checked like any amount', () => {
    expect(() => verify(receipt, { minimum: '0.0001255' })).toThrow('SL102')
  })
})
