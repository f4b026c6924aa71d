/**
 * Turns the JSON of a payment into bytes (`Packed`) and checks it on the way. The schema of `Wire` is the one source: which fields there are
 * and what each may hold is taken from it, and whatever is not plainly right is left to it, so that errors are the schema's own.
 */
import * as Fields from './Fields.ts'
import * as Packed from './Packed.ts'
import { paymentRequest } from './Wire.ts'

type Write = (p: Packed.Packed, place: number, text: string) => boolean

const hexOf =
  (pattern: RegExp): Write =>
  (p, place, text) => {
    if (!pattern.test(text)) return false
    p.bytes.write(text.slice(2), p.start + place, 'hex')
    return true
  }

const limitOfAmount = 1n << 80n
const limitOfUint64 = 1n << 64n

/** How each kind of field is written. */
const writers = new Map<unknown, Write>([
  [Fields.address, hexOf(Fields.patterns.address)],
  [Fields.bytes32, hexOf(Fields.patterns.bytes32)],
  // Those of 65 bytes have to be turned into 64 first.
  [Fields.signature, (p, place, text) => text.length !== 132 && hexOf(Fields.patterns.signature)(p, place, text)],
  [
    Fields.amount,
    (p, place, text) => {
      const value = Fields.patterns.uint.test(text) ? BigInt(text) : limitOfAmount
      if (value >= limitOfAmount) return false
      Packed.writeAmount(p.view, p.start + place, value)
      return true
    },
  ],
  [
    Fields.uint64,
    (p, place, text) => {
      const value = Fields.patterns.uint.test(text) ? BigInt(text) : limitOfUint64
      if (value >= limitOfUint64) return false
      p.view.setBigUint64(p.start + place, value)
      return true
    },
  ],
])

interface Field {
  readonly name: string
  readonly place: number
  readonly write: Write
}

const fields: readonly Field[] = Object.entries(paymentRequest.shape).map(([name, schema]) => {
  const write = writers.get(schema)
  const place = (Packed.at as { readonly [name: string]: number })[name]
  // A field that is added to the schema has to be given a place and a way to get there.
  if (write === undefined || place === undefined) throw new TypeError(`no way to pack the field ${name}`)
  return { name, place, write }
})

/** The size of a payment with this signature. */
const sizeFor = (signature: unknown): number =>
  typeof signature === 'string' && signature.length === 258 ? Packed.sizeP256 : Packed.size

/** @returns undefined where it is not plainly a payment: then the schema says why, or what it is */
export const pack = (value: unknown): Packed.Packed | undefined => {
  if (typeof value !== 'object' || value === null) return undefined
  const object = value as { readonly [name: string]: unknown }
  let names = 0
  for (const _ in object) names++
  if (names !== fields.length) return undefined
  const p: Packed.Packed = { ...Packed.room(), size: sizeFor(object['signature']) }
  for (const { name, place, write } of fields) {
    const text = object[name]
    if (typeof text !== 'string' || !write(p, place, text)) return undefined
  }
  return p
}

/** The greatest list that one message may have. */
export const mostAtOnce = 1000

/** The same for a list: all of it, or undefined. */
export const packAll = (values: readonly unknown[]): readonly Packed.Packed[] | undefined => {
  if (values.length === 0 || values.length > mostAtOnce) return undefined
  const all: Packed.Packed[] = []
  for (const value of values) {
    const p = pack(value)
    if (p === undefined) return undefined
    all.push(p)
  }
  return all
}
