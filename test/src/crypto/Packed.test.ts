/** A payment as bytes: packed from JSON as the schema says, hashed as `Digest` does of values, recovered to the same signer. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as Accounts from '../../../src/core/Accounts.ts'
import { pack } from '../../../src/core/Pack.ts'
import * as Packed from '../../../src/core/Packed.ts'
import type { Address, Hex, PaymentRequest } from '../../../src/core/Payment.ts'
import { debitGenesis, genesisHistory } from '../../../src/core/Payment.ts'
import * as Wire from '../../../src/core/Wire.ts'
import * as Digest from '../../../src/crypto/Digest.ts'
import * as Merkle from '../../../src/crypto/Merkle.ts'
import * as PackedDigest from '../../../src/crypto/Packed.ts'
import * as Signature from '../../../src/crypto/Signature.ts'
import * as Member from '../support/Member.ts'

const { domain } = Member
const members = [Member.create('one'), Member.create('two', { p256: true })] as const

const hex = (bytes: number) =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((array): Hex => `0x${Buffer.from(array).toString('hex')}`)
const amount = fc.bigInt(1n, (1n << 80n) - 1n)

/** Payments of every size, signed by one of the two. */
const requests = fc
  .record({
    ...{ asset: hex(20), payee: hex(20), amount, reference: hex(32), validUntil: fc.bigInt(0n, (1n << 64n) - 1n) },
    ...{ total: amount, history: hex(32), signer: fc.integer({ min: 0, max: 1 }) },
  })
  .map(({ signer, ...rest }) => {
    const member = members[signer] as Member.Member
    const signature = member.sign(Digest.debit(domain, rest.asset, rest.total, rest.history))
    return { member, request: { ...rest, signature } as PaymentRequest }
  })

const json = (request: PaymentRequest): { [field: string]: unknown } => JSON.parse(Wire.stringify(request))

describe('pack', () => {
  test('behavior: gives what the schema gives, in upper case too', () => {
    fc.assert(
      fc.property(requests, fc.boolean(), ({ request }, isUpper) => {
        const message = json(request)
        if (isUpper)
          for (const field of ['asset', 'history', 'signature'])
            message[field] = `0x${String(message[field]).slice(2).toUpperCase()}`
        const p = pack(message) as Packed.Packed
        const record = Packed.toRecord(p)
        expect(record).toMatchObject(Wire.parse(Wire.paymentRequest, message))
        expect(Packed.fromRequest(request).bytes.equals(p.bytes.subarray(p.start, p.start + p.size))).toBe(true)
      }),
      { numRuns: 50 },
    )
  })

  test('error: what the schema refuses is left to it, and nothing else but signatures of 65 bytes', () => {
    const message = json(members[0].pay({ to: members[1].address, amount: 5n }))
    expect(pack(message)).toBeDefined()
    const fullWidth = `0x\u0130${String(message['history']).slice(3)}`
    const spoilt = [
      ...Object.keys(message).map((field) => ({ ...message, [field]: undefined })),
      ...Object.keys(message).map((field) => ({ ...message, [field]: 5 })),
      ...Object.keys(message).map((field) => ({ ...message, [field]: `${message[field]}x` })),
      { ...message, more: '1' },
      { ...message, amount: (1n << 80n).toString() },
      { ...message, validUntil: (1n << 64n).toString() },
      { ...message, amount: '05' },
      { ...message, history: fullWidth },
      ...[null, 5, 'text', []],
    ]
    for (const value of spoilt) {
      expect(Wire.paymentRequest.safeParse(value).success).toBe(false)
      expect(pack(value)).toBeUndefined()
    }
    const old = { ...message, signature: `${message['signature']}1b` }
    expect(pack(old)).toBeUndefined()
  })
})

describe('digests of bytes', () => {
  test('behavior: id, payer, histories and credit are those of the values', () => {
    fc.assert(
      fc.property(requests, hex(32), ({ member, request }, before) => {
        const p = Packed.fromRequest(request)
        expect(PackedDigest.identify(domain, p)).toBe(true)
        expect(Packed.id(p)).toBe(Digest.debit(domain, request.asset, request.total, request.history))
        expect(Packed.payer(p)).toBe(member.address)
        expect(Packed.payer(p)).toBe(Signature.recover(Packed.id(p), request.signature))
        const { payee, amount: paid, reference, validUntil } = request
        const accounts = Accounts.create()
        const row = (account: Address) => accounts.openNamed(request.asset, account)
        const expected = (start: Hex) => Digest.debitHistory(start, payee, paid, reference, validUntil)
        expect(PackedDigest.otherHistory(p, undefined)).toBe(expected(debitGenesis(member.address)))
        const payer = row(member.address)
        expect(PackedDigest.otherHistory(p, payer)).toBe(expected(debitGenesis(member.address)))
        payer.bytes.write(before.slice(2), payer.start + Accounts.cell.debitHistory, 'hex')
        expect(PackedDigest.otherHistory(p, payer)).toBe(expected(before))
        for (const [history, earner] of [
          [genesisHistory, undefined],
          [genesisHistory, row(payee)],
        ] as const) {
          PackedDigest.credited(p, earner)
          expect(Packed.toRecord(p).creditBefore).toBe(history)
          expect(Packed.toRecord(p).creditHistory).toBe(Digest.creditHistory(history, member.address, paid, reference))
        }
        const { creditHistory: history, creditTotal: total, id: debit } = Packed.toRecord(p)
        const target = Buffer.alloc(40)
        PackedDigest.creditInto(Packed.viewOf(target), 8, domain, p)
        const credit = { asset: request.asset, account: payee, total, history, debit }
        expect(`0x${target.toString('hex', 8)}`).toBe(Digest.credit(domain, credit))
      }),
      { numRuns: 50 },
    )
  })

  test('error: a signature that is none', () => {
    const request = members[0].pay({ to: members[1].address, amount: 5n })
    const p = Packed.fromRequest({ ...request, signature: `0x${'ff'.repeat(64)}` })
    expect(PackedDigest.identify(domain, p)).toBe(false)
  })

  test('behavior: a tree of bytes is the tree of the same leaves', () => {
    fc.assert(
      fc.property(fc.array(hex(32), { minLength: 1, maxLength: 40 }), (leaves) => {
        const [tree, bytes] = [
          Merkle.build(leaves),
          Merkle.buildBytes(Buffer.from(leaves.map((leaf) => leaf.slice(2)).join(''), 'hex')),
        ]
        expect(Merkle.rootOf(bytes)).toBe(Merkle.root(tree))
        leaves.forEach((_, i) => {
          expect(Merkle.branchOf(bytes, i)).toEqual(Merkle.branch(tree, i))
        })
      }),
    )
  })
})
