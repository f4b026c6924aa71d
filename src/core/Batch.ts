/**
 * The packed batches that the contracts read: settlements (IClearingHouse.settle), deposits (IClearingHouse.depositMany) and readings
 * (IEnergyMeter.submit). One encoder and one decoder for each; the formats stand byte for byte in the interfaces. Pure text work on hex digits.
 */
import { SunledgerError } from './Errors.ts'
import type { Address, Hex } from './Payment.ts'

/** The one version of all formats. */
export const version = 1

export interface DebitEntry {
  readonly signature: Hex
  readonly total: bigint
  readonly history: Hex
}

/** A member that paid and earned; its account is the signer. */
export interface BothEntry {
  readonly signature: Hex
  readonly debitTotal: bigint
  readonly history: Hex
  readonly creditTotal: bigint
}

export interface CreditEntry {
  readonly account: Address
  readonly total: bigint
}

/** Entries of one asset whose signatures are of one kind. Put net payers first. */
export interface Section {
  readonly asset: Address
  readonly p256: boolean
  readonly debits: readonly DebitEntry[]
  readonly boths: readonly BothEntry[]
  readonly credits: readonly CreditEntry[]
}

export interface ReadingEntry {
  readonly meter: Address
  readonly timestamp: bigint
  readonly energyMilliWh: bigint
  readonly computeUnits: bigint
  readonly detail: Hex
  readonly signature: Hex
}

/** An EIP-3009 authorization, and whose account it pays into. */
export interface DepositEntry {
  readonly from: Address
  readonly account: Address
  readonly owner: Address
  /** Below 2^80. */
  readonly amount: bigint
  /** Seconds, below 2^40. */
  readonly validAfter: bigint
  readonly validBefore: bigint
  readonly salt: Hex
  /** 64 bytes. */
  readonly signature: Hex
}

const digits = (value: Hex): string => value.slice(2)
const uint = (value: bigint | number, bytes: number): string => {
  const text = value.toString(16)
  if (text.length > 2 * bytes) throw new RangeError(`${value} does not fit ${bytes} bytes`)
  return text.padStart(2 * bytes, '0')
}

/** Bytes that the greatest of these totals needs. */
const width = (totals: readonly bigint[]): number => {
  const most = totals.reduce((a, b) => (a > b ? a : b), 0n)
  return most === 0n ? 0 : Math.ceil(most.toString(16).length / 2)
}

const encodeSection = (section: Section): string => {
  const { asset, p256, debits, boths, credits } = section
  const debitWidth = width([...debits.map((entry) => entry.total), ...boths.map((entry) => entry.debitTotal)])
  const creditWidth = width([...credits.map((entry) => entry.total), ...boths.map((entry) => entry.creditTotal)])
  // A width of 0 cannot tell an empty list from totals of 0; both move nothing.
  return [
    digits(asset),
    uint(p256 ? 1 : 0, 1),
    uint((debitWidth << 4) | creditWidth, 1),
    uint(debits.length, 2),
    uint(boths.length, 2),
    uint(credits.length, 2),
    ...debits.map((entry) => digits(entry.signature) + total(entry.total, debitWidth) + digits(entry.history)),
    ...boths.map(
      (entry) =>
        digits(entry.signature) +
        total(entry.debitTotal, debitWidth) +
        digits(entry.history) +
        total(entry.creditTotal, creditWidth),
    ),
    ...credits.map((entry) => digits(entry.account) + total(entry.total, creditWidth)),
  ].join('')
}

const total = (value: bigint, bytes: number): string => (bytes === 0 ? '' : uint(value, bytes))

/** A settlement batch. */
export const encode = (sections: readonly Section[]): Hex =>
  `0x${uint(version, 1)}${sections.map(encodeSection).join('')}`

/** A batch of readings; group them by owner, so that each owner's credits are minted once. */
export const encodeReadings = (readings: readonly ReadingEntry[]): Hex => {
  const sections = [false, true].map((p256) => {
    const own = readings.filter((reading) => (reading.signature.length === 258) === p256)
    if (own.length === 0) return ''
    return uint(p256 ? 1 : 0, 1) + uint(own.length, 2) + own.map(encodeReading).join('')
  })
  return `0x${uint(version, 1)}${sections.join('')}`
}

const encodeReading = (reading: ReadingEntry): string =>
  digits(reading.meter) +
  uint(reading.timestamp, 5) +
  uint(reading.energyMilliWh, 9) +
  uint(reading.computeUnits, 9) +
  digits(reading.detail) +
  digits(reading.signature)

const nobody: Address = `0x${'0'.repeat(40)}`

/** A batch of deposits. Where everybody pays into its own account, that is said once for all. */
export const encodeDeposits = (deposits: readonly DepositEntry[]): Hex => {
  const own = deposits.every(({ from, account, owner }) => account === from && owner === nobody)
  const entries = deposits.map(
    (entry) =>
      digits(entry.from) +
      uint(entry.amount, 10) +
      uint(entry.validAfter, 5) +
      uint(entry.validBefore, 5) +
      digits(entry.salt) +
      digits(entry.signature) +
      (own ? '' : digits(entry.account) + digits(entry.owner)),
  )
  return `0x${uint(version, 1)}${uint(own ? 1 : 0, 1)}${entries.join('')}`
}

/** Reads hex digits one field after the other. */
const reader = (text: string) => {
  let at = 0
  const take = (bytes: number): string => {
    const end = at + 2 * bytes
    if (end > text.length) throw new BatchMalformedError(`at least ${end / 2} bytes`, `${text.length / 2} bytes`)
    const field = text.slice(at, end)
    at = end
    return field
  }
  return {
    hex: (bytes: number): Hex => `0x${take(bytes)}`,
    uint: (bytes: number): bigint => (bytes === 0 ? 0n : BigInt(`0x${take(bytes)}`)),
    int: (bytes: number): number => Number.parseInt(take(bytes), 16),
    atEnd: () => at === text.length,
  }
}

const list = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make)

/** What stands behind the version, which must be ours. */
const open = (batch: Hex): ReturnType<typeof reader> => {
  if (!/^0x[0-9a-f]*$/i.test(batch) || batch.length % 2 !== 0)
    throw new BatchMalformedError('0x and whole bytes in hex', `${batch.slice(0, 40)}…`)
  const input = reader(digits(batch))
  const found = input.int(1)
  if (found !== version) throw new BatchMalformedError(`version ${version}`, `version ${found}`)
  return input
}

/**
 * The inverse of `encodeReadings`; secp256k1 signatures come first.
 * @throws {BatchMalformedError} another version, unknown flags, cut off or too long
 */
export const decodeReadings = (batch: Hex): ReadingEntry[] => {
  const input = open(batch)
  const readings: ReadingEntry[] = []
  while (!input.atEnd()) {
    const flags = input.int(1)
    if (flags > 1) throw new BatchMalformedError('flags 0 or 1', `flags ${flags}`)
    const section = list(input.int(2), () => ({
      meter: input.hex(20),
      timestamp: input.uint(5),
      energyMilliWh: input.uint(9),
      computeUnits: input.uint(9),
      detail: input.hex(32),
      signature: input.hex(flags === 1 ? 128 : 64),
    }))
    for (const reading of section) readings.push(reading)
  }
  return readings
}

/**
 * The inverse of `encodeDeposits`.
 * @throws {BatchMalformedError} another version, unknown flags, cut off or too long
 */
export const decodeDeposits = (batch: Hex): DepositEntry[] => {
  const input = open(batch)
  const flags = input.int(1)
  if (flags > 1) throw new BatchMalformedError('flags 0 or 1', `flags ${flags}`)
  const deposits: DepositEntry[] = []
  while (!input.atEnd()) {
    const from = input.hex(20)
    const amount = input.uint(10)
    const [validAfter, validBefore] = [input.uint(5), input.uint(5)]
    const [salt, signature] = [input.hex(32), input.hex(64)]
    const [account, owner] = flags === 1 ? [from, nobody] : [input.hex(20), input.hex(20)]
    deposits.push({ from, account, owner, amount, validAfter, validBefore, salt, signature })
  }
  return deposits
}

/**
 * The inverse of `encode`.
 * @throws {BatchMalformedError} another version, unknown flags, cut off or too long
 */
export const decode = (batch: Hex): Section[] => {
  const input = open(batch)
  const sections: Section[] = []
  while (!input.atEnd()) {
    const [asset, flags, widths] = [input.hex(20), input.int(1), input.int(1)]
    if (flags > 1) throw new BatchMalformedError('flags 0 or 1', `flags ${flags}`)
    const [debitWidth, creditWidth] = [widths >> 4, widths & 15]
    if (debitWidth > 10 || creditWidth > 10) throw new BatchMalformedError('widths of at most 10', `widths ${widths}`)
    const [debits, boths, credits] = [input.int(2), input.int(2), input.int(2)]
    const signature = flags === 1 ? 128 : 64
    sections.push({
      asset,
      p256: flags === 1,
      debits: list(debits, () => ({
        signature: input.hex(signature),
        total: input.uint(debitWidth),
        history: input.hex(32),
      })),
      boths: list(boths, () => ({
        signature: input.hex(signature),
        debitTotal: input.uint(debitWidth),
        history: input.hex(32),
        creditTotal: input.uint(creditWidth),
      })),
      credits: list(credits, () => ({ account: input.hex(20), total: input.uint(creditWidth) })),
    })
  }
  return sections
}

/** A batch is not of the format. */
export class BatchMalformedError extends SunledgerError {
  override readonly name = 'BatchMalformedError'
  constructor(expected: string, actual: string) {
    super('SL318', 'Not a batch of the format.', { expected, actual })
  }
}
