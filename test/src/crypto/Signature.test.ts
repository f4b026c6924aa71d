/** Signatures: native and pure code agree with each other, with viem and with ethers; P-256 agrees with Node's OpenSSL. */
import { createSign, generateKeyPairSync } from 'node:crypto'
import { p256 } from '@noble/curves/p256'
import { recoverAddress as ethersRecover } from 'ethers'
import fc from 'fast-check'
import { recoverAddress, sha256 } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { describe, expect, test } from 'vitest'
import type { Hex } from '../../../src/core/Payment.ts'
import * as Digest from '../../../src/crypto/Digest.ts'
import * as Signature from '../../../src/crypto/Signature.ts'
import fixture from '../../fixtures/digests.json' with { type: 'json' }
import { privateKey, signature, word } from '../Arbitrary.ts'

const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
const native = Signature.native()
const runs = { numRuns: 25 }

describe('secp256k1', () => {
  test('behavior: the fixture’s signatures', () => {
    for (const { privateKey: key, address, digest, compact, expanded } of fixture.signatures) {
      const signature = Signature.sign(digest as Hex, key as Hex)
      expect(Signature.addressOf(key as Hex)).toBe(address)
      expect(signature).toBe(compact)
      expect(Signature.expand(signature)).toBe(expanded)
      expect(Signature.compact(expanded)).toBe(compact)
      expect(Signature.recover(digest as Hex, signature)).toBe(address)
    }
  })

  test('behavior: native and pure code sign and recover alike, and viem and ethers recover the same', async () => {
    await fc.assert(
      fc.asyncProperty(privateKey, word, async (key, digest) => {
        const address = Signature.addressOf(key)
        const signature = Signature.sign(digest, key, Signature.pure)
        expect(Signature.recover(digest, signature, Signature.pure)).toBe(address)
        if (native !== undefined) {
          expect(Signature.sign(digest, key, native)).toBe(signature)
          expect(Signature.recover(digest, signature, native)).toBe(address)
        }
        const expanded = Signature.expand(signature)
        expect(address).toBe(privateKeyToAccount(key).address.toLowerCase())
        expect((await recoverAddress({ hash: digest, signature: expanded })).toLowerCase()).toBe(address)
        expect(ethersRecover(digest, expanded).toLowerCase()).toBe(address)
      }),
      runs,
    )
  })

  test('behavior: viem’s signatures, compacted, are ours', async () => {
    await fc.assert(
      fc.asyncProperty(privateKey, word, async (key, hash) => {
        expect(Signature.compact(await privateKeyToAccount(key).sign({ hash }))).toBe(Signature.sign(hash, key))
      }),
      runs,
    )
  })

  test('behavior: v may be 0, 1, 27 or 28, in any case of letters', () => {
    const { compact, expanded } = fixture.signatures[0] as (typeof fixture.signatures)[number]
    const v = Number.parseInt(expanded.slice(-2), 16)
    expect(Signature.compact(expanded.toUpperCase().replace('0X', '0x'))).toBe(compact)
    expect(Signature.compact(`${expanded.slice(0, -2)}0${v - 27}`)).toBe(compact)
  })

  test('behavior: a changed bit recovers to another address or to nobody', () => {
    fc.assert(
      fc.property(privateKey, word, fc.nat({ max: 511 }), (key, digest, bit) => {
        const bytes = Buffer.from(Signature.sign(digest, key).slice(2), 'hex')
        bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7))
        expect(Signature.recover(digest, `0x${bytes.toString('hex')}`)).not.toBe(Signature.addressOf(key))
      }),
      runs,
    )
  })

  test('behavior: whatever 64 bytes come, native and pure code name the same signer', () => {
    fc.assert(
      fc.property(word, signature, (digest, text) => {
        const pure = Signature.recover(digest, text, Signature.pure)
        expect(Signature.recover(digest, text, native ?? Signature.pure)).toBe(pure)
      }),
      { numRuns: 100 },
    )
  })

  test('behavior: 65 bytes with a high s become the low form of the same signer', () => {
    fc.assert(
      fc.property(privateKey, word, (key, digest) => {
        const low = Signature.sign(digest, key)
        const expanded = Signature.expand(low)
        const s = (order - BigInt(`0x${expanded.slice(66, 130)}`)).toString(16).padStart(64, '0')
        const v = expanded.endsWith('1b') ? '1c' : '1b'
        expect(Signature.compact(expanded.slice(0, 66) + s + v)).toBe(low)
      }),
      runs,
    )
  })

  test('behavior: zeros and values above the order belong to nobody', () => {
    const { digest } = fixture.signatures[0] as (typeof fixture.signatures)[number]
    const word32 = (value: bigint) => value.toString(16).padStart(64, '0')
    for (const [r, s] of [
      [0n, 0n],
      [0n, 1n],
      [1n, 0n],
      [order, 1n],
      [(1n << 256n) - 1n, (1n << 255n) - 1n],
    ] as const)
      for (const by of [Signature.pure, native ?? Signature.pure])
        expect(Signature.recover(digest as Hex, `0x${word32(r)}${word32(s)}`, by)).toBeUndefined()
  })

  test('behavior: every signature has the low s that contracts ask for', () => {
    fc.assert(
      fc.property(privateKey, word, (key, digest) => {
        const expanded = Signature.expand(Signature.sign(digest, key))
        expect(BigInt(`0x${expanded.slice(66, 130)}`)).toBeLessThanOrEqual(order / 2n)
      }),
      runs,
    )
  })

  test.each([['0x'], ['0x1234'], [`0x${'11'.repeat(63)}`], [`0x${'11'.repeat(64)}1d`], [`${'11'.repeat(64)}`]])(
    'error: %s is no signature',
    (text) => {
      expect(() => Signature.compact(text)).toThrow(Signature.SignatureInvalidError)
    },
  )

  test('behavior: an unknown length belongs to nobody', () => {
    expect(Signature.recover(`0x${'11'.repeat(32)}`, `0x${'22'.repeat(65)}`)).toBeUndefined()
  })

  test.each([['0x'], [`0x${'0'.repeat(64)}`], [`0x${order.toString(16)}`], [`0x${'g'.repeat(64)}`]])(
    'error: %s is no private key, and is not shown',
    (key) => {
      const problem = (() => {
        try {
          Signature.addressOf(key as Hex)
        } catch (error) {
          return error as Error
        }
      })()
      expect(problem).toBeInstanceOf(Signature.KeyInvalidError)
      if (key.length > 2) expect(problem?.message).not.toContain(key.slice(2))
    },
  )
})

describe('P-256', () => {
  const { publicKey, privateKey: key } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
  const xy = Buffer.concat([Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]).toString('hex')
  const curveOrder = p256.CURVE.n

  test('behavior: OpenSSL’s signatures, low s or high, belong to the address of the public key', () => {
    for (let i = 0; i < 16; i++) {
      // OpenSSL hashes what it signs, so the digest is a SHA-256 here.
      const message = Buffer.from(`message ${i}`)
      const digest = sha256(message)
      const rs = createSign('SHA256').update(message).sign({ key, dsaEncoding: 'ieee-p1363' }).toString('hex')
      const s = BigInt(`0x${rs.slice(64)}`)
      const other = (curveOrder - s).toString(16).padStart(64, '0')
      expect(Signature.recover(digest, `0x${rs}${xy}`)).toBe(Digest.addressOf(xy))
      expect(Signature.recover(digest, `0x${rs.slice(0, 64)}${other}${xy}`)).toBe(Digest.addressOf(xy))
      expect(Signature.recover(sha256(Buffer.from('another')), `0x${rs}${xy}`)).toBeUndefined()
    }
  })

  test('behavior: a public key that is not on the curve belongs to nobody', () => {
    const off = `${'11'.repeat(32)}${'22'.repeat(32)}`
    expect(Signature.recover(`0x${'33'.repeat(32)}`, `0x${'44'.repeat(64)}${off}`)).toBeUndefined()
  })

  test('behavior: 128 bytes are passed on as they are', () => {
    const signature = `0x${'ab'.repeat(128)}`
    expect(Signature.compact(signature)).toBe(signature)
    expect(Signature.expand(signature as Hex)).toBe(signature)
  })
})
