/** How long a payment takes on a ledger: through the whole of acceptance, and in the books alone. */
import * as Accept from '../../../src/clearing/Accept.ts'
import * as Commit from '../../../src/clearing/Commit.ts'
import { cell, read } from '../../../src/core/Accounts.ts'
import * as Ledger from '../../../src/core/Ledger.ts'
import { pack } from '../../../src/core/Pack.ts'
import * as Packed from '../../../src/core/Packed.ts'
import { type Address, debitGenesis, type Hex } from '../../../src/core/Payment.ts'
import * as Wire from '../../../src/core/Wire.ts'
import * as Digest from '../../../src/crypto/Digest.ts'
import * as Keccak from '../../../src/crypto/Keccak.ts'
import * as PackedDigest from '../../../src/crypto/Packed.ts'
import * as Signature from '../../../src/crypto/Signature.ts'
import * as Embedded from '../../../src/store/Embedded.ts'
import * as Books from './Books.ts'

export interface Plan {
  readonly samples: number
  readonly payments: number
}

export interface Site {
  /** Accepts the next sample; µs a payment. */
  accept(): Promise<number>
  /** The same for the books alone, with another sample. */
  books(): number
  close(): void
}

const house: Address = `0x${'c0'.repeat(20)}`
const domain = Digest.domain(31337, house)
const nowSeconds = 2_000_000_000n
const validUntil = 4_000_000_000n
const inFlight = 500

/** Payments as they would come in: from each signer in turn, to accounts all over the ledger. */
const sign = ({ signers, size, address }: Books.Books, count: number): string[] => {
  const heads = signers.map((signer) => ({ ...signer, total: 0n, history: debitGenesis(signer.address) }))
  return Array.from({ length: count }, (_, i) => {
    const payer = heads[i % heads.length] as (typeof heads)[number]
    const chosen = address((i * 104_729 + 13) % size)
    const payee = chosen === payer.address ? address((i * 104_729 + 14) % size) : chosen
    const [reference, amount] = [Keccak.ofText(`scale purchase ${i}`), 5n]
    payer.total += amount
    payer.history = Digest.debitHistory(payer.history, payee, amount, reference, validUntil)
    const { total, history } = payer
    const signature = Signature.sign(Digest.debit(domain, Books.dollar, total, history), payer.key)
    return Wire.stringify({ asset: Books.dollar, payee, amount, reference, validUntil, total, history, signature })
  })
}

const packed = (body: string): Packed.Packed => pack(JSON.parse(body)) as Packed.Packed

/** What acceptance does with the books, once it is known who signed. */
const book = (ledger: Ledger.Ledger, p: Packed.Packed): void => {
  const problem = Ledger.checkPacked(ledger, p, nowSeconds)
  const other = PackedDigest.otherHistory(p, Ledger.payerOf(ledger, p))
  if (problem !== undefined || other !== undefined) throw new Error(`a payment of the bench was refused: ${problem}`)
  const payee = Ledger.payeeOf(ledger, p)
  PackedDigest.credited(p, payee)
  const earned = payee === undefined ? 0n : read(payee, cell.creditTotal)
  Packed.writeAmount(p.view, p.start + Packed.at.creditTotal, earned + Packed.amount(p))
  Ledger.applyPacked(ledger, p)
}

const timed = (began: number, payments: number): number => ((performance.now() - began) * 1000) / payments

export const open = (folder: string, books: Books.Books, { samples, payments }: Plan): Site => {
  const identity = { chainId: 31337, genesisHash: `0x${'ab'.repeat(32)}` as Hex, clearingHouse: house, startBlock: 0n }
  const { ledger } = books
  const journal = Embedded.open(folder, identity)
  const commit = Commit.create(ledger, journal, domain, Keccak.ofText('bench credit key'))
  const accept = Accept.create({
    ...{ ledger, journal, commit, domain, nowSeconds: () => nowSeconds },
    onAccepted() {},
    onRefused(code) {
      throw new Error(`a payment of the bench was refused: ${code}`)
    },
  })
  const bodies = sign(books, 2 * samples * payments)
  return {
    async accept() {
      const part = bodies.splice(0, payments)
      const began = performance.now()
      let next = 0
      const one = async (): Promise<void> => {
        while (next < part.length) await accept.take(packed(part[next++] as string))
      }
      await Promise.all(Array.from({ length: inFlight }, one))
      return timed(began, payments)
    },
    books() {
      const part = bodies.splice(0, payments).map(packed)
      for (const p of part) PackedDigest.identify(domain, p)
      const began = performance.now()
      for (const p of part) book(ledger, p)
      return timed(began, payments)
    },
    close: () => journal.close(),
  }
}
