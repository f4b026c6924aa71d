/**
 * One size of the economy in a process of its own, so that its memory is its own: `node measure.ts ROBOTS SLOTS CLEARED` prints one line of JSON. The
 * engine works out every robot's slots; a part of the payments it makes is then signed and put through the clearing core for real.
 */
import * as Accept from '../../../src/clearing/Accept.ts'
import * as Commit from '../../../src/clearing/Commit.ts'
import type { AmountAtomic } from '../../../src/core/Amount.ts'
import * as Ledger from '../../../src/core/Ledger.ts'
import { type Address, debitGenesis, type Hex, type PaymentRequest } from '../../../src/core/Payment.ts'
import * as Digest from '../../../src/crypto/Digest.ts'
import * as Keccak from '../../../src/crypto/Keccak.ts'
import * as Signature from '../../../src/crypto/Signature.ts'
import { Engine } from '../../../src/sim/Engine.ts'
import type { Party } from '../../../src/sim/plan/Plan.ts'
import * as Random from '../../../src/sim/Random.ts'
import * as Scenario from '../../../src/sim/Scenario.ts'
import * as Embedded from '../../../src/store/Embedded.ts'

/** What one size came to. */
export interface Measured {
  readonly robots: number
  readonly prepareMs: number
  readonly slotMs: readonly number[]
  readonly payments: number
  readonly orders: number
  readonly refused: number
  readonly peakBytes: number
  /** Of the process before there was an economy. */
  readonly baseBytes: number
  /** Payments put through the clearing core, and how long that took. */
  readonly cleared: number
  readonly signMs: number
  readonly clearMs: number
}

interface Paid {
  readonly from: Party
  readonly to: Party
  readonly amount: bigint
}

const seed = 1
const validUntil = 4_000_000_000n
const house: Address = `0x${'cc'.repeat(20)}`
const dollar: Address = `0x${'dd'.repeat(20)}`
const domain = Digest.domain(31337, house)

/** Each payer's payments, one after the other in its own order, signed. */
const sign = (payments: readonly Paid[]): { requests: PaymentRequest[]; funds: Map<Address, bigint> } => {
  const heads = new Map<Address, { total: bigint; history: Hex }>()
  const requests = payments.map(({ from, to, amount }, i): PaymentRequest => {
    const key = Random.key(seed, from.role, from.index)
    const payer = Signature.addressOf(key)
    const payee = Signature.addressOf(Random.key(seed, to.role, to.index))
    const head = heads.get(payer) ?? { total: 0n, history: debitGenesis(payer) }
    const reference = Digest.reference(`bench ${i}`, '')
    const total = head.total + amount
    const history = Digest.debitHistory(head.history, payee, amount, reference, validUntil)
    heads.set(payer, { total, history })
    const signature = Signature.sign(Digest.debit(domain, dollar, total, history), key)
    return {
      asset: dollar,
      payee,
      amount: amount as AmountAtomic,
      reference,
      validUntil,
      total: total as AmountAtomic,
      history,
      signature,
    }
  })
  return { requests, funds: new Map([...heads].map(([payer, { total }]) => [payer, total])) }
}

/** Through the clearing core: verified, ordered, applied, on disk, credited. */
const clear = async (folder: string, payments: readonly Paid[]): Promise<{ signMs: number; clearMs: number }> => {
  const identity = { chainId: 31337, genesisHash: Keccak.ofText('genesis'), clearingHouse: house, startBlock: 0n }
  const journal = Embedded.open(folder, identity)
  try {
    const began = performance.now()
    const { requests, funds } = sign(payments)
    const signMs = performance.now() - began
    const ledger = Ledger.create([dollar])
    const commit = Commit.create(ledger, journal, domain, Keccak.ofText('credit key'))
    const accept = Accept.create({
      ledger,
      journal,
      commit,
      domain,
      nowSeconds: () => 2_000_000_000n,
      onAccepted() {},
      onRefused() {},
    })
    const slots = [...funds].map(([account, balance]) => ({
      asset: dollar,
      account,
      balance,
      debited: 0n,
      credited: 0n,
      leaving: false,
    }))
    await commit.add({
      type: 'chain',
      block: 1n,
      hash: Keccak.ofText('block'),
      timestamp: 2_000_000_000n,
      undone: null,
      slots,
      events: [],
      settlements: [],
      atMs: 0,
    })
    const clearing = performance.now()
    for (let i = 0; i < requests.length; i += 1000)
      await Promise.all(requests.slice(i, i + 1000).map((request) => accept.pay(request)))
    return { signMs, clearMs: performance.now() - clearing }
  } finally {
    journal.close()
  }
}

const measure = async (folder: string, robots: number, slots: number, most: number): Promise<Measured> => {
  const baseBytes = process.memoryUsage.rss()
  const began = performance.now()
  const counts = {
    robots,
    producers: Math.max(100, Math.min(10_000, robots / 10)),
    sites: 20,
    stations: Math.max(20, Math.min(2000, robots / 50)),
    storages: 10,
  }
  const world = Scenario.prepare(Scenario.from({ ...counts, seed, slots: 96, steadySun: true }))
  const sample: Paid[] = []
  const engine = new Engine(world, {
    onPayment(from, to, amount) {
      if (sample.length < most && from.role !== 'storage') sample.push({ from, to, amount })
    },
  })
  const prepareMs = performance.now() - began
  const slotMs: number[] = []
  let [payments, orders, refused] = [0, 0, 0]
  for (let slot = 0; slot < slots; slot++) {
    const started = performance.now()
    const done = engine.step()
    slotMs.push(performance.now() - started)
    payments += done.legs
    orders += done.orders
    refused += done.refused
  }
  const peakBytes = process.resourceUsage().maxRSS * 1024
  const { signMs, clearMs } = await clear(folder, sample)
  return {
    robots,
    prepareMs,
    slotMs,
    payments,
    orders,
    refused,
    peakBytes,
    baseBytes,
    cleared: sample.length,
    signMs,
    clearMs,
  }
}

const [folder = '', ...counts] = process.argv.slice(2)
const [robots = 1000, slots = 4, cleared = 1000] = counts.map(Number)
process.stdout.write(`${JSON.stringify(await measure(folder, robots, slots, cleared))}\n`)
