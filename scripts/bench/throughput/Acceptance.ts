/**
 * Acceptance in one process, as the service does it for requests over HTTP: bodies of bytes are parsed, verified, put in order, applied and
 * journaled, and each is answered with its credit and proof. Load is signed beforehand.
 */
import { setImmediate } from 'node:timers/promises'
import * as Accept from '../../../src/clearing/Accept.ts'
import * as Commit from '../../../src/clearing/Commit.ts'
import * as Ledger from '../../../src/core/Ledger.ts'
import type { Packed } from '../../../src/core/Packed.ts'
import type { Address, Hex } from '../../../src/core/Payment.ts'
import { debitGenesis } from '../../../src/core/Payment.ts'
import { scan } from '../../../src/core/Scan.ts'
import * as Wire from '../../../src/core/Wire.ts'
import * as Digest from '../../../src/crypto/Digest.ts'
import * as Keccak from '../../../src/crypto/Keccak.ts'
import * as Pool from '../../../src/crypto/Pool.ts'
import * as Signature from '../../../src/crypto/Signature.ts'
import * as Embedded from '../../../src/store/Embedded.ts'

const house: Address = `0x${'c0'.repeat(20)}`
export const dollar: Address = `0x${'d0'.repeat(20)}`
const domain = Digest.domain(31337, house)
const members = 100
const paymentsASample = 12_000
const inFlight = 500

interface Payer {
  readonly key: Hex
  readonly address: Address
  total: bigint
  history: Hex
}

const payers = (): Payer[] =>
  Array.from({ length: members }, (_, i) => {
    const key = Keccak.ofText(`bench member ${i}`)
    const address = Signature.addressOf(key)
    return { key, address, total: 0n, history: debitGenesis(address) }
  })

const signNext = (all: readonly Payer[], i: number): string => {
  const payer = all[i % members] as Payer
  const payee = (all[(i * 7 + 1 + (i % members)) % members] as Payer).address
  const to = payee === payer.address ? (all[(i + 1) % members] as Payer).address : payee
  const [reference, amount, validUntil] = [Keccak.ofText(`purchase ${i}`), 5n, 4_000_000_000n]
  payer.total += amount
  payer.history = Digest.debitHistory(payer.history, to, amount, reference, validUntil)
  const { total, history } = payer
  const signature = Signature.sign(Digest.debit(domain, dollar, total, history), payer.key)
  return Wire.stringify({ asset: dollar, payee: to, amount, reference, validUntil, total, history, signature })
}

/** Bodies as they would come in. */
interface Load {
  body(number: number): Buffer
}

/** More than a body has. */
const mostBytes = 800

/** All in one piece of memory: as objects they would be most of what the garbage collector walks through, which a service has nothing of. */
const signAll = (all: readonly Payer[], count: number): Load => {
  const memory = Buffer.alloc(count * mostBytes)
  const ends = new Uint32Array(count + 1)
  for (let i = 0; i < count; i++) {
    const start = ends[i] as number
    ends[i + 1] = start + memory.write(signNext(all, i), start)
  }
  return { body: (number) => memory.subarray(ends[number], ends[number + 1]) }
}

/** A service's acceptance on a journal of its own. */
const openBook = async (folder: string, all: readonly Payer[], pool: Pool.Pool | undefined) => {
  const identity = { chainId: 31337, genesisHash: `0x${'ab'.repeat(32)}` as Hex, clearingHouse: house, startBlock: 0n }
  const journal = Embedded.open(folder, identity)
  const ledger = Ledger.create([dollar])
  const commit = Commit.create(ledger, journal, domain, Keccak.ofText('bench credit key'))
  const slot = { asset: dollar, balance: 1n << 60n, debited: 0n, credited: 0n, leaving: false }
  await commit.add({
    ...{
      type: 'chain',
      block: 1n,
      hash: identity.genesisHash,
      timestamp: 1n,
      undone: null,
      events: [],
      settlements: [],
    },
    ...{ slots: all.map(({ address }) => ({ ...slot, account: address })), atMs: 0 },
  })
  const accept = Accept.create({
    ...{ ledger, journal, commit, domain, check: pool?.check, nowSeconds: () => 2_000_000_000n },
    onAccepted() {},
    onRefused(code) {
      throw new Error(`a payment of the bench was refused: ${code}`)
    },
  })
  return { journal, accept }
}

/**
 * Always as many under way, as the window of a busy service would be. They come from two sides that do not keep step, so that there is something
 * to check while a group goes to disk.
 */
const acceptAll = async (accept: Accept.Accept, load: Load, from: number, to: number): Promise<void> => {
  let next = from
  const one = async (): Promise<void> => {
    while (next < to) await accept.take(scan(load.body(next++)) as Packed)
  }
  const some = (): Promise<void>[] => Array.from({ length: inFlight / 2 }, one)
  const first = some()
  // Until the group of these is on its way.
  for (let i = 0; i < 3; i++) await setImmediate()
  await Promise.all([...first, ...some()])
}

export interface Acceptance {
  /** Payments accepted a second, over so many of them. */
  sample(): Promise<number>
  close(): void
}

/**
 * @param threads that check signatures beside this one
 * @param samples that will be asked for
 */
export const open = async (folder: string, threads: number, samples: number): Promise<Acceptance> => {
  const all = payers()
  const load = signAll(all, samples * paymentsASample)
  const pool = threads > 0 ? Pool.create(domain, threads) : undefined
  const { journal, accept } = await openBook(folder, all, pool)
  let next = 0
  return {
    async sample() {
      const from = next
      next += paymentsASample
      const began = performance.now()
      await acceptAll(accept, load, from, next)
      return (1000 * paymentsASample) / (performance.now() - began)
    },
    close() {
      pool?.close()
      journal.close()
    },
  }
}
