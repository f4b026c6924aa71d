/** A participant with a key of its own, that signs as a robot would: each payment continues from the one before it. */
import { p256 } from '@noble/curves/p256'
import type { AmountAtomic } from '../../../src/core/Amount.ts'
import type { Address, Hex, PaymentRequest, SaleTerms } from '../../../src/core/Payment.ts'
import { debitGenesis } from '../../../src/core/Payment.ts'
import * as Digest from '../../../src/crypto/Digest.ts'
import * as Keccak from '../../../src/crypto/Keccak.ts'
import * as Signature from '../../../src/crypto/Signature.ts'

/** What a payment says; the rest follows. */
export interface Terms {
  readonly to: Address
  readonly amount: bigint
  readonly asset?: Address
  readonly reference?: Hex
  readonly validUntil?: bigint
}

export interface Member {
  readonly key: Hex
  readonly address: Address
  sign(digest: Hex): Hex
  /** The next payment, signed; the one after it continues from there. */
  pay(terms: Terms): PaymentRequest
  /** Another payment at the same place as the last one. */
  instead(terms: Terms): PaymentRequest
  /** Its leg of a sale. */
  leg(terms: SaleTerms): PaymentRequest
  /** Forgets the last payments of an asset, as after a refusal. */
  back(payments?: number, asset?: Address): void
  /** Where an asset's payments are, to go back to. */
  mark(asset?: Address): number
  reset(mark: number, asset?: Address): void
}

interface Place {
  readonly total: bigint
  readonly history: Hex
}

export const dollar: Address = `0x${'d0'.repeat(20)}`
export const energy: Address = `0x${'e0'.repeat(20)}`
export const clearingHouse: Address = `0x${'c0'.repeat(20)}`
export const domain = Digest.domain(31337, clearingHouse)

/** A reference that nobody has used. */
let purchases = 0
export const reference = (): Hex => Keccak.ofText(`purchase ${++purchases}`)

/** Far ahead of any clock in a test. */
export const later = 4_000_000_000n

const signerOf = (key: Hex, isP256: boolean): Pick<Member, 'address' | 'sign'> => {
  if (!isP256) return { address: Signature.addressOf(key), sign: (digest) => Signature.sign(digest, key) }
  const publicKey = Buffer.from(p256.getPublicKey(key.slice(2), false))
    .toString('hex')
    .slice(2)
  return {
    address: Digest.addressOf(publicKey),
    sign: (digest) => `0x${p256.sign(digest.slice(2), key.slice(2)).toCompactHex()}${publicKey}`,
  }
}

export interface MemberOptions {
  readonly domain?: Digest.Domain
  readonly asset?: Address
  readonly p256?: boolean
}

/** @param name the same name gives the same key */
export const create = (name: string, options: MemberOptions = {}): Member => {
  const { domain: of = domain, asset: usual = dollar } = options
  const key = Keccak.ofText(`member ${name}`)
  const { address, sign } = signerOf(key, options.p256 === true)
  const places = new Map<Address, Place[]>()
  const placesIn = (asset: Address): Place[] => {
    const list = places.get(asset) ?? [{ total: 0n, history: debitGenesis(address) }]
    places.set(asset, list)
    return list
  }
  const pay = ({ to, amount, asset = usual, reference: what = reference(), validUntil = later }: Terms) => {
    const before = placesIn(asset).at(-1) as Place
    const total = (before.total + amount) as AmountAtomic
    const history = Digest.debitHistory(before.history, to, amount, what, validUntil)
    placesIn(asset).push({ total, history })
    const signature = sign(Digest.debit(of, asset, total, history))
    return { asset, payee: to, amount: amount as AmountAtomic, reference: what, validUntil, total, history, signature }
  }
  const back = (payments = 1, asset = usual): void => {
    placesIn(asset).splice(-payments)
  }
  return {
    key,
    address,
    sign,
    pay,
    instead(terms) {
      back(1, terms.asset)
      return pay(terms)
    },
    leg(terms) {
      const isSeller = terms.seller === address
      return pay({
        to: isSeller ? terms.buyer : terms.seller,
        amount: isSeller ? terms.credits : terms.price,
        asset: isSeller ? terms.creditAsset : terms.dollarAsset,
        reference: Digest.sale(terms),
      })
    },
    back,
    mark: (asset = usual) => placesIn(asset).length,
    reset(mark, asset = usual) {
      placesIn(asset).length = mark
    },
  }
}
