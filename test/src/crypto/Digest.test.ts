/**
 * Every digest against the fixture that Solidity tests share, and against viem and ethers over values nobody chose.
 */
import { TypedDataEncoder } from 'ethers'
import fc from 'fast-check'
import { encodeAbiParameters, hashTypedData, keccak256, parseAbiParameters, toHex } from 'viem'
import { describe, expect, test } from 'vitest'
import type { Address, Hex, SaleTerms } from '../../../src/core/Payment.ts'
import { debitGenesis } from '../../../src/core/Payment.ts'
import * as Digest from '../../../src/crypto/Digest.ts'
import * as TypedData from '../../../src/sdk/TypedData.ts'
import fixture from '../../fixtures/digests.json' with { type: 'json' }
import { make } from '../../fixtures/digests.ts'
import { address, word } from '../Arbitrary.ts'

const clearing = Digest.domain(Number(fixture.chainId), fixture.clearingHouse as Address)
const meter = Digest.domain(Number(fixture.chainId), fixture.energyMeter as Address)
const token = Digest.domain(Number(fixture.chainId), fixture.token as Address, fixture.tokenName, fixture.tokenVersion)

/** A fixture's numbers as bigints. */
const numbers = <T extends object>(example: T): never =>
  Object.fromEntries(
    Object.entries(example).map(([name, value]) => [
      name,
      /^\d+$/.test(String(value)) ? BigInt(value as string) : value,
    ]),
  ) as never

describe('the fixture', () => {
  test('behavior: is what its generator makes', () => {
    expect(JSON.stringify(make()).toLowerCase()).toBe(JSON.stringify(fixture).toLowerCase())
  })

  test('behavior: domains', () => {
    expect([clearing, meter, token]).toEqual([fixture.clearingDomain, fixture.meterDomain, fixture.tokenDomain])
  })

  test('behavior: every message type', () => {
    const { debit, credit, owner, delivery } = fixture
    const delivered = delivery.toClearing === 'true'
    expect({
      debit: Digest.debit(clearing, debit.asset as Address, BigInt(debit.total), debit.history as Hex),
      credit: Digest.credit(clearing, numbers(credit)),
      credits: Digest.credits(clearing, fixture.credits.root as Hex),
      withdraw: Digest.withdraw(clearing, numbers(fixture.withdraw)),
      exit: Digest.exit(clearing, numbers(fixture.exit)),
      owner: Digest.owner(clearing, owner.account as Address, owner.owner as Address, BigInt(owner.nonce)),
      budget: Digest.budget(clearing, numbers(fixture.budget)),
      reading: Digest.reading(meter, numbers(fixture.reading)),
      approval: Digest.approval(meter, numbers(fixture.approval)),
      delivery: Digest.delivery(
        meter,
        delivery.owner as Address,
        delivered,
        delivery.accountOwner as Address,
        BigInt(delivery.nonce),
      ),
      receiveWithAuthorization: Digest.receiveAuthorization(token, numbers(fixture.receiveWithAuthorization)),
    }).toEqual({
      debit: debit.digest,
      credit: credit.digest,
      credits: fixture.credits.digest,
      withdraw: fixture.withdraw.digest,
      exit: fixture.exit.digest,
      owner: owner.digest,
      budget: fixture.budget.digest,
      reading: fixture.reading.digest,
      approval: fixture.approval.digest,
      delivery: delivery.digest,
      receiveWithAuthorization: fixture.receiveWithAuthorization.digest,
    })
  })

  test('behavior: histories, references, deposit nonce', () => {
    const { payee, payer, amount, reference, validUntil, ...expected } = fixture.histories
    const debit = (before: Hex) =>
      Digest.debitHistory(before, payee as Address, BigInt(amount), reference as Hex, BigInt(validUntil))
    const credit = (before: Hex) => Digest.creditHistory(before, payer as Address, BigInt(amount), reference as Hex)
    const zero: Hex = `0x${'0'.repeat(64)}`
    const genesis = debitGenesis(payer as Address)
    expect({
      debitGenesis: genesis,
      debitFirst: debit(genesis),
      debitSecond: debit(debit(genesis)),
      creditFirst: credit(zero),
      creditSecond: credit(credit(zero)),
    }).toEqual(expected)
    expect(Digest.reference(fixture.reference.purpose, fixture.reference.key)).toBe(fixture.reference.reference)
    expect(Digest.sale(numbers(fixture.sale) as SaleTerms)).toBe(fixture.sale.reference)
    const { account, owner, salt, nonce } = fixture.deposit
    expect(Digest.depositNonce(account as Address, owner as Address, salt as Hex)).toBe(nonce)
  })
})

/** Any value of a Solidity type. */
const anyOf = (type: string): fc.Arbitrary<unknown> => {
  if (type === 'address') return address
  if (type === 'bytes32') return word
  if (type === 'bool') return fc.boolean()
  return fc.bigInt({ min: 0n, max: (1n << BigInt(type.slice(4))) - 1n })
}

const kinds = [
  'Debit',
  'Withdraw',
  'Exit',
  'Owner',
  'Budget',
  'Order',
  'Reading',
  'Approval',
  'Delivery',
  'ReceiveWithAuthorization',
  'TransferWithAuthorization',
] as const

describe('typed data', () => {
  test.each(kinds)('behavior: %s has the digest that viem and ethers compute', (kind) => {
    const fields = TypedData.fields(kind)
    const message = fc.record(Object.fromEntries(fields.map(({ name, type }) => [name, anyOf(type)])))
    const domain = fc.record({ chainId: fc.nat(), contract: address, name: fc.string(), version: fc.string() })
    fc.assert(
      fc.property(domain, message, ({ chainId, contract, name, version }, values) => {
        const of = TypedData.domain(chainId, contract, name, version)
        const digest = TypedData.digest(kind, of, values as never)
        const wallet = TypedData.walletDomain(of)
        const types = { [kind]: fields }
        expect(digest).toBe(hashTypedData({ domain: wallet, types, primaryType: kind, message: values } as never))
        expect(digest).toBe(TypedDataEncoder.hash(wallet, types, values))
      }),
    )
  })

  test('behavior: Credit and Credits have the digests that viem and ethers compute', () => {
    const message = fc.record({
      asset: address,
      account: address,
      total: anyOf('uint80'),
      history: word,
      debit: word,
    })
    fc.assert(
      fc.property(message, word, (credit, root) => {
        const of = TypedData.domain(1, fixture.clearingHouse as Address)
        const wallet = TypedData.walletDomain(of)
        const check = (kind: 'Credit' | 'Credits', values: object, digest: Hex) => {
          const types = { [kind]: TypedData.fields(kind) }
          expect(digest).toBe(hashTypedData({ domain: wallet, types, primaryType: kind, message: values } as never))
          expect(digest).toBe(TypedDataEncoder.hash(wallet, types, values))
        }
        check('Credit', credit, Digest.credit(of.separator, credit as never))
        check('Credits', { root }, Digest.credits(of.separator, root))
      }),
    )
  })
})

describe('hashes that are no typed data', () => {
  const total = anyOf('uint80') as fc.Arbitrary<bigint>

  test('behavior: are keccak256 of the ABI encoding', () => {
    const debitTypes = parseAbiParameters('bytes32, address, uint256, bytes32, uint256')
    const creditTypes = parseAbiParameters('bytes32, address, uint256, bytes32')
    const depositTypes = parseAbiParameters('address, address, bytes32')
    fc.assert(
      fc.property(word, address, address, total, word, total, (before, a, b, amount, reference, until) => {
        const debit = encodeAbiParameters(debitTypes, [before, a, amount, reference, until])
        const credit = encodeAbiParameters(creditTypes, [before, a, amount, reference])
        expect(Digest.debitHistory(before, a, amount, reference, until)).toBe(keccak256(debit))
        expect(Digest.creditHistory(before, a, amount, reference)).toBe(keccak256(credit))
        const deposit = encodeAbiParameters(depositTypes, [a, b, reference])
        expect(Digest.depositNonce(a, b, reference)).toBe(keccak256(deposit))
      }),
    )
  })

  test('behavior: a reference hashes purpose and key apart, so their border cannot move', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (purpose, key) => {
        const both = keccak256(toHex(purpose)) + keccak256(toHex(key)).slice(2)
        expect(Digest.reference(purpose, key)).toBe(keccak256(both as Hex))
      }),
    )
    expect(Digest.reference('ab', 'c')).not.toBe(Digest.reference('a', 'bc'))
  })

  test('behavior: a sale hashes all its terms', () => {
    const types = parseAbiParameters('address, address, address, uint256, address, uint256, bytes32')
    fc.assert(
      fc.property(address, address, address, total, address, total, word, (...values) => {
        const [seller, buyer, creditAsset, credits, dollarAsset, price, salt] = values
        const terms = { seller, buyer, creditAsset, credits, dollarAsset, price, salt } as SaleTerms
        expect(Digest.sale(terms)).toBe(keccak256(encodeAbiParameters(types, values)))
      }),
    )
  })
})
