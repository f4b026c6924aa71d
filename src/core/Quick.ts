/**
 * Reads what a paywall gets with every request, five times faster than the schemas: the same values, or undefined, and then the schemas say
 * what is wrong with it (or take it after all: capital letters, say). A test holds both against each other.
 */
import type { AmountAtomic } from './Amount.ts'
import type { Hex, Receipt } from './Payment.ts'

type Json = { readonly [field: string]: unknown }

const hex20 = /^0x[0-9a-f]{40}$/
const hex32 = /^0x[0-9a-f]{64}$/
const signed = /^0x(?:[0-9a-f]{128}|[0-9a-f]{130}|[0-9a-f]{256})$/
/** Below 10^18: fits every width that messages have. */
const decimal = /^(?:0|[1-9]\d{0,17})$/

const is = (form: RegExp, value: unknown): value is Hex => typeof value === 'string' && form.test(value)

/** An object of so many fields. */
const fieldsOf = (value: unknown, many: number): Json | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === many
    ? (value as Json)
    : undefined

const payment = (value: unknown): Receipt['payment'] | undefined => {
  const p = fieldsOf(value, 10)
  if (p === undefined) return undefined
  const { asset, payee, payer, id, reference, history, signature, amount, validUntil, total } = p
  if (!is(hex20, asset) || !is(hex20, payee) || !is(hex20, payer)) return undefined
  if (!is(hex32, id) || !is(hex32, reference) || !is(hex32, history) || !is(signed, signature)) return undefined
  if (!is(decimal, amount) || !is(decimal, validUntil) || !is(decimal, total)) return undefined
  return {
    ...{ asset, payee, amount: BigInt(amount) as AmountAtomic, reference, validUntil: BigInt(validUntil) },
    ...{ total: BigInt(total) as AmountAtomic, history, signature, id, payer },
  }
}

const credit = (value: unknown): Receipt['credit'] | undefined => {
  const c = fieldsOf(value, 5)
  if (c === undefined) return undefined
  const { asset, account, total, history, debit } = c
  if (!is(hex20, asset) || !is(hex20, account) || !is(decimal, total) || !is(hex32, history) || !is(hex32, debit))
    return undefined
  return { asset, account, total: BigInt(total) as AmountAtomic, history, debit }
}

const proof = (value: unknown): Receipt['proof'] | undefined => {
  const p = fieldsOf(value, 2)
  if (p === undefined || !is(signed, p['signature']) || !Array.isArray(p['branch'])) return undefined
  const { branch } = p as { branch: unknown[] }
  return branch.length <= 40 && branch.every((node) => is(hex32, node))
    ? { signature: p['signature'], branch: branch as Hex[] }
    : undefined
}

/** A receipt from its JSON. */
export const receipt = (value: unknown): Receipt | undefined => {
  const r = fieldsOf(value, 4)
  if (r === undefined || !is(hex32, r['before'])) return undefined
  const [paid, credited, proven] = [payment(r['payment']), credit(r['credit']), proof(r['proof'])]
  if (paid === undefined || credited === undefined || proven === undefined) return undefined
  return { payment: paid, credit: credited, before: r['before'], proof: proven }
}

/** The payload of scheme `clearing`. */
export const clearing = (value: unknown): { readonly receipt: Receipt; readonly key: string } | undefined => {
  const { receipt: given, key } = value as Json
  if (typeof key !== 'string' || key.length === 0 || key.length > 256) return undefined
  const read = receipt(given)
  return read === undefined ? undefined : { receipt: read, key }
}
