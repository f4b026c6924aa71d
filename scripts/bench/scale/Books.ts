/** A ledger with many accounts, all of them in use: deposits have been read from the chain, and payments were made among all. */
import { cell, read } from '../../../src/core/Accounts.ts'
import * as Ledger from '../../../src/core/Ledger.ts'
import * as Packed from '../../../src/core/Packed.ts'
import type { Address, Hex } from '../../../src/core/Payment.ts'
import * as Keccak from '../../../src/crypto/Keccak.ts'
import * as Signature from '../../../src/crypto/Signature.ts'

export const dollar: Address = `0x${'d0'.repeat(20)}`

/** Accounts whose keys are at hand: these pay in the measurement. */
const mostSigners = 25_000

export interface Signer {
  readonly key: Hex
  readonly address: Address
}

export interface Books {
  readonly ledger: Ledger.Ledger
  readonly signers: readonly Signer[]
  readonly size: number
  /** The address of an account. */
  address(number: number): Address
}

const balance = 1n << 40n
const slotsARecord = 10_000

/** Signers lie evenly among all. */
const signersOf = (size: number): Map<number, Signer> => {
  const step = Math.ceil(size / mostSigners)
  const all = new Map<number, Signer>()
  for (let i = 0; i < size; i += step) {
    const key = Keccak.ofText(`scale ${i}`)
    all.set(i, { key, address: Signature.addressOf(key) })
  }
  return all
}

const deposit = (ledger: Ledger.Ledger, accounts: readonly Address[]): void =>
  Ledger.apply(ledger, {
    ...{ type: 'chain', block: 1n, hash: Keccak.ofText('block'), timestamp: 1n, undone: null, events: [] },
    ...{ settlements: [], atMs: 0 },
    slots: accounts.map((account) => ({
      ...{ asset: dollar, account, balance, debited: 0n, credited: 0n, leaving: false },
    })),
  })

/** A payment that was accepted at some time: the books take it as it is. */
const pay = (ledger: Ledger.Ledger, p: Packed.Packed, payer: Address, payee: Address): void => {
  p.bytes.write(payer.slice(2), p.start + Packed.at.payer, 'hex')
  p.bytes.write(payee.slice(2), p.start + Packed.at.payee, 'hex')
  const row = Ledger.payeeOf(ledger, p)
  const earned = row === undefined ? 0n : read(row, cell.creditTotal)
  Packed.writeAmount(p.view, p.start + Packed.at.creditTotal, earned + 1n)
  Ledger.applyPacked(ledger, p)
}

export const open = (size: number): Books => {
  const ledger = Ledger.create([dollar])
  const signers = signersOf(size)
  const address = (number: number): Address =>
    signers.get(number)?.address ?? (Keccak.ofText(`account ${number}`).slice(0, 42) as Address)
  for (let i = 0; i < size; i += slotsARecord)
    deposit(
      ledger,
      Array.from({ length: Math.min(slotsARecord, size - i) }, (_, j) => address(i + j)),
    )
  const p = Packed.create()
  p.bytes.fill(7)
  p.bytes.write(dollar.slice(2), Packed.at.asset, 'hex')
  Packed.writeAmount(p.view, Packed.at.amount, 1n)
  Packed.writeAmount(p.view, Packed.at.total, 1n)
  // Signers have not paid yet, so that what they sign begins at zero; they are paid as all are.
  for (let i = 0; i < size; i++)
    if (!signers.has(i)) pay(ledger, p, address(i), address((i * 7919 + 1) % size))
    else if (signers.size === size) pay(ledger, p, `0x${'fe'.repeat(20)}`, address(i))
  return { ledger, signers: [...signers.values()], size, address }
}
