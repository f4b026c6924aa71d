/**
 * What an operation costs at least: the sum of what the machine charges for the parts that it cannot do without (Osaka's gas schedule).
 * Nothing is charged here for computing, memory or calls within a contract, so no program reaches its floor.
 */
import type { Hex } from '../../../src/core/Payment.ts'

/** A part of a floor: what for, and the gas of one operation. */
export type Part = readonly [what: string, gas: number]

/** What every transaction pays. */
export const transaction = 21_000
/** A call of an account that was called before, or of a precompile. */
export const warmCall = 100
/** The first call of another contract in a transaction (EIP-2929). */
export const coldCall = 2_600
/** The first read of a storage slot (EIP-2929). */
export const coldRead = 2_100
/** Read and written for the first time, the slot not being zero before or after: 2 100 + 2 900. */
export const update = 5_000
/** A slot that was written before in the transaction. */
export const warmUpdate = 100 + 100
/** A slot that was zero: 2 100 + 20 000. */
export const create = 22_100
/** The precompile that recovers secp256k1 keys, and the call of it. */
export const recover = warmCall + 3_000
/** The precompile of EIP-7951, and the call of it. */
export const verifyP256 = warmCall + 6_900

/** An event with so many topics (its own hash among them) and bytes of data. */
export const log = (topics: number, bytes: number): number => 375 + 375 * topics + 8 * bytes

/** Hashing so many bytes. */
export const keccak = (bytes: number): number => 30 + 6 * Math.ceil(bytes / 32)

/** Where a mapping's value lies: two words hashed. */
export const slotOf = keccak(64)

/** A message's digest: its struct of so many words, then prefix, domain and that hash. */
export const digest = (words: number): number => keccak(32 * words) + keccak(66)

/**
 * Calldata: 4 a zero byte, 16 any other. EIP-7623 charges 10 and 40 instead where that comes to more than all the rest; it never does
 * where signatures are checked and slots written, and `exceedsCalldataFloor` says so.
 */
export const calldata = (data: Hex): number => {
  const { zero, other } = count(data)
  return 4 * zero + 16 * other
}

/** Whether a transaction is charged by EIP-7623's floor rather than by what it did. */
export const exceedsCalldataFloor = (data: Hex, gasUsed: bigint): boolean => {
  const { zero, other } = count(data)
  return Number(gasUsed) > transaction + 10 * zero + 40 * other
}

const count = (data: Hex): { zero: number; other: number } => {
  const bytes = Buffer.from(data.slice(2), 'hex')
  const zero = bytes.reduce((sum, byte) => (byte === 0 ? sum + 1 : sum), 0)
  return { zero, other: bytes.length - zero }
}

export const sum = (parts: readonly Part[]): number => parts.reduce((total, [, gas]) => total + gas, 0)

/** A share of what a batch pays once. */
export const share = (gas: number, of: number): number => gas / of
