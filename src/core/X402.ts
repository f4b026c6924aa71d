/**
 * x402 version 2 as it crosses HTTP: what a server asks for (402 and the header PAYMENT-REQUIRED), what a client answers with
 * (PAYMENT-SIGNATURE), and what came of it (PAYMENT-RESPONSE). Headers carry base64 of JSON; bodies are for people.
 *
 * Two schemes: `exact`, an EIP-3009 authorization that the server's facilitator puts on chain, and `clearing`, whose payload is a receipt
 * of the clearing house and the idempotency key that its reference was made with. A receipt is no secret (the service shows it to whoever
 * asks for its id); the key is, and so whoever only sees a receipt cannot spend it.
 *
 * What others write may have fields of its own, so unknown ones are let through here, unlike in `Wire`.
 */
import { z } from 'zod'
import { address, bytes32, uint, uint64 } from './Fields.ts'
import type { Receipt } from './Payment.ts'
import * as Quick from './Quick.ts'
import { ReadClearing } from './QuickHeader.ts'
import * as Wire from './Wire.ts'

export const version = 2

/** Header names, as Node gives them. */
export const headers = {
  required: 'payment-required',
  signature: 'payment-signature',
  response: 'payment-response',
  key: 'idempotency-key',
} as const

/** A chain as x402 names it (CAIP-2). */
export const networkOf = (chainId: number): Network => `eip155:${chainId}`

export type Network = `${string}:${string}`

/** What an entry of `extra` says of a payment by `clearing`. */
export interface ClearingExtra {
  /** Where to pay. */
  readonly clearingHouse: string
  readonly service: string
  /** The price is the same for every request to this route, so whoever knows it can pay ahead. */
  readonly fixed?: boolean
  /** The request's own Idempotency-Key: pay with it. */
  readonly key?: string
}

/** One way to pay. */
export interface Requirements {
  readonly scheme: string
  readonly network: Network
  readonly asset: string
  /** Atomic units. */
  readonly amount: string
  readonly payTo: string
  readonly maxTimeoutSeconds: number
  readonly extra: { readonly [name: string]: unknown }
}

export interface Resource {
  readonly url: string
  readonly description?: string
  readonly mimeType?: string
}

/** What PAYMENT-REQUIRED says. */
export interface Required {
  readonly x402Version: number
  readonly error?: string
  readonly resource: Resource
  readonly accepts: readonly Requirements[]
}

/** What PAYMENT-SIGNATURE says. */
export interface Payload {
  readonly x402Version: number
  readonly resource?: Resource
  readonly accepted: Requirements
  readonly payload: { readonly [name: string]: unknown }
}

/** What /verify answers. */
export interface Verified {
  readonly isValid: boolean
  readonly invalidReason?: string
  readonly invalidMessage?: string
  readonly payer?: string
}

/** What /settle answers, and PAYMENT-RESPONSE says. */
export interface Settled {
  readonly success: boolean
  readonly errorReason?: string
  readonly errorMessage?: string
  readonly payer?: string
  /** Hash of the transaction; with `clearing` the payment's id. '' where there is none. */
  readonly transaction: string
  readonly network: Network
  readonly amount?: string
  readonly extra?: { readonly [name: string]: unknown }
}

/** What /supported answers. */
export interface Supported {
  readonly kinds: readonly {
    readonly x402Version: number
    readonly scheme: string
    readonly network: Network
    readonly extra?: { readonly [name: string]: unknown }
  }[]
  readonly extensions: readonly string[]
  readonly signers: { readonly [family: string]: readonly string[] }
}

const network = z
  .string('expected a network, such as eip155:31337')
  .regex(/^[-a-z0-9]{3,8}:[-_a-zA-Z0-9]{1,32}$/, 'expected a network, such as eip155:31337')
  .transform((text) => text as Network)

/** Others write null for what is not there. */
const text = z
  .string()
  .nullish()
  .transform((value) => value ?? undefined)
const more = z.record(z.string(), z.unknown()).nullish()

/** Decimal text, at most 256 bits; the token says what it can move. */
const atomic = uint(256)

const requirementsSchema = z.looseObject({
  scheme: z.string().max(64),
  network,
  asset: address,
  amount: atomic.transform(String),
  payTo: address,
  maxTimeoutSeconds: z.number().min(0),
  extra: more.transform((extra) => extra ?? {}),
})

const resourceSchema = z.looseObject({ url: z.string().max(8192) })

const payloadSchema = z.looseObject({
  x402Version: z.literal(version, 'expected 2'),
  resource: resourceSchema.optional(),
  accepted: requirementsSchema,
  payload: z.record(z.string(), z.unknown()),
})

const requiredSchema = z.looseObject({
  x402Version: z.literal(version, 'expected 2'),
  error: z.string().optional(),
  resource: resourceSchema,
  accepts: z.array(requirementsSchema).max(32),
})

export const settledSchema = z.looseObject({
  success: z.boolean(),
  errorReason: text,
  errorMessage: text,
  payer: text,
  transaction: z.string(),
  network,
  amount: text,
  extra: more.transform((extra) => extra ?? undefined),
})

export const verifiedSchema = z.looseObject({
  isValid: z.boolean(),
  invalidReason: text,
  invalidMessage: text,
  payer: text,
})

/** GET /supported. */
export const supportedSchema = z.looseObject({
  kinds: z.array(
    z.looseObject({
      x402Version: z.number(),
      scheme: z.string(),
      network,
      extra: z.record(z.string(), z.unknown()).optional(),
    }),
  ),
  extensions: z.array(z.string()),
  signers: z.record(z.string(), z.array(z.string())),
})

/** POST /verify and /settle. */
export const requestSchema = z.looseObject({
  x402Version: z.literal(version, 'expected 2'),
  paymentPayload: payloadSchema,
  paymentRequirements: requirementsSchema,
  claim: z.string().min(1).max(128).optional(),
})

export interface FacilitatorRequest {
  readonly paymentPayload: Payload
  readonly paymentRequirements: Requirements
  /** Names one purchase of one server, of its own choice: with it, and only with it, `/settle` answers success more than once. */
  readonly claim?: string | undefined
}

/** An EIP-3009 authorization to transfer, as `exact` carries it. */
export interface ExactPayload {
  readonly signature: `0x${string}`
  readonly authorization: {
    readonly from: `0x${string}`
    readonly to: `0x${string}`
    readonly value: bigint
    readonly validAfter: bigint
    readonly validBefore: bigint
    readonly nonce: `0x${string}`
  }
}

const exactSchema = z.looseObject({
  signature: z
    .string('expected a signature in hex')
    .regex(/^0x([0-9a-fA-F]{2}){1,2048}$/, 'expected a signature in hex')
    .transform((text) => text.toLowerCase() as `0x${string}`),
  authorization: z.looseObject({
    from: address,
    to: address,
    value: atomic,
    validAfter: uint64,
    validBefore: uint64,
    nonce: bytes32,
  }),
})

/** What `clearing` carries. */
export interface ClearingPayload {
  readonly receipt: Receipt
  /** The receipt's reference is the hash of the resource's URL and this. */
  readonly key: string
}

const clearingSchema = z.looseObject({ receipt: Wire.receipt, key: z.string().min(1).max(256) })

/** Checks each message: a value of its type, or `MessageInvalidError`. */
export const parseRequest = (value: unknown): FacilitatorRequest =>
  Wire.parse(requestSchema, value) as unknown as FacilitatorRequest
export const parsePayload = (value: unknown): Payload => Wire.parse(payloadSchema, value) as unknown as Payload
export const parseRequired = (value: unknown): Required => Wire.parse(requiredSchema, value) as unknown as Required
export const parseSettled = (value: unknown): Settled => Wire.parse(settledSchema, value) as Settled
export const parseVerified = (value: unknown): Verified => Wire.parse(verifiedSchema, value) as Verified
export const parseExact = (value: unknown): ExactPayload => Wire.parse(exactSchema, value) as ExactPayload
export const parseClearing = (value: unknown): ClearingPayload =>
  value instanceof ReadClearing
    ? value
    : (Quick.clearing(value) ?? (Wire.parse(clearingSchema, value) as ClearingPayload))

/** A receipt as JSON holds it, so that `encode` can write it. */
export const formatClearing = ({ receipt, key }: ClearingPayload): { readonly [name: string]: unknown } => ({
  receipt: JSON.parse(Wire.formatReceipt(receipt)),
  key,
})

/** A header's value. */
export const encode = (value: object): string => Buffer.from(JSON.stringify(value), 'utf8').toString('base64')

/** What a header's value says. @throws {SyntaxError} no JSON */
export const decode = (header: string): unknown => JSON.parse(Buffer.from(header, 'base64').toString('utf8'))
