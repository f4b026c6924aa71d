/**
 * `bench throughput`: payments accepted a second on one core and on two, and records replayed a second, each beside `R`: the rate at which one core
 * recovers signatures with libsecp256k1 and does nothing else, measured in the same run, between the samples. Load is signed beforehand.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as Accept from '../../src/clearing/Accept.ts'
import * as Commit from '../../src/clearing/Commit.ts'
import { replay } from '../../src/clearing/Replay.ts'
import * as Ledger from '../../src/core/Ledger.ts'
import { pack } from '../../src/core/Pack.ts'
import type { Packed } from '../../src/core/Packed.ts'
import type { Address, Hex } from '../../src/core/Payment.ts'
import { debitGenesis } from '../../src/core/Payment.ts'
import * as Wire from '../../src/core/Wire.ts'
import * as Digest from '../../src/crypto/Digest.ts'
import * as Keccak from '../../src/crypto/Keccak.ts'
import * as Pool from '../../src/crypto/Pool.ts'
import * as Signature from '../../src/crypto/Signature.ts'
import * as Embedded from '../../src/store/Embedded.ts'
import { print, type Result, type RunOptions, resultsTable, say } from './Output.ts'
import * as Chain from './throughput/Chain.ts'

export const help = `Usage: npm run -s bench -- throughput [--json]

Payments accepted a second in this process (parsed, verified, ordered, applied, on disk, credit and proof made), without threads and with
as many as there are cores; records replayed a second; members settled a second on a local chain. Ratios are to R, one core that only
recovers signatures, in the same run.
`

const house: Address = `0x${'c0'.repeat(20)}`
const dollar: Address = `0x${'d0'.repeat(20)}`
const domain = Digest.domain(31337, house)
const members = 100
const samples = 5
const paymentsASample = 6000
const inFlight = 500
const recoveries = 6000

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] as number

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

/** Bodies as they would come in. */
const signAll = (all: readonly Payer[], count: number): string[] =>
  Array.from({ length: count }, (_, i) => {
    const payer = all[i % members] as Payer
    const payee = (all[(i * 7 + 1 + (i % members)) % members] as Payer).address
    const to = payee === payer.address ? (all[(i + 1) % members] as Payer).address : payee
    const [reference, amount, validUntil] = [Keccak.ofText(`purchase ${i}`), 5n, 4_000_000_000n]
    payer.total += amount
    payer.history = Digest.debitHistory(payer.history, to, amount, reference, validUntil)
    const { total, history } = payer
    const signature = Signature.sign(Digest.debit(domain, dollar, total, history), payer.key)
    return Wire.stringify({ asset: dollar, payee: to, amount, reference, validUntil, total, history, signature })
  })

const perSecond = async (count: number, work: () => Promise<void> | void): Promise<number> => {
  const began = performance.now()
  await work()
  return (1000 * count) / (performance.now() - began)
}

const recovering = (): Promise<number> => {
  const key65 = Buffer.alloc(65)
  const [hash, key] = [Buffer.alloc(32, 9), Buffer.alloc(32, 7)]
  const backend = Signature.native() ?? Signature.pure
  const { signature, recovery } = backend.sign(hash, key)
  return perSecond(recoveries, () => {
    for (let i = 0; i < recoveries; i++) backend.recover(key65, hash, signature, recovery)
  })
}

/** A service's acceptance on a journal of its own. */
const open = async (folder: string, all: readonly Payer[], pool: Pool.Pool | undefined) => {
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

/** Always as many under way, as the window of a busy service would be. */
const acceptAll = async (accept: Accept.Accept, bodies: readonly string[]): Promise<void> => {
  let next = 0
  const one = async (): Promise<void> => {
    while (next < bodies.length) await accept.take(pack(JSON.parse(bodies[next++] as string)) as Packed)
  }
  await Promise.all(Array.from({ length: inFlight }, one))
}

const measure = async (folder: string, threads: number, rates: number[]): Promise<number[]> => {
  const all = payers()
  say(`signing ${(samples + 1) * paymentsASample} payments`)
  const bodies = signAll(all, (samples + 1) * paymentsASample)
  const pool = threads > 0 ? Pool.create(domain, threads) : undefined
  const { journal, accept } = await open(folder, all, pool)
  const measured: number[] = []
  for (let i = 0; i <= samples; i++) {
    const part = bodies.slice(i * paymentsASample, (i + 1) * paymentsASample)
    const rate = await perSecond(part.length, () => acceptAll(accept, part))
    // The first one warms up.
    if (i === 0) continue
    measured.push(rate)
    rates.push(await recovering())
    say(
      `${threads === 0 ? 'one core' : `${threads} threads`}: ${Math.round(rate)} payments/s, R ${Math.round(rates.at(-1) as number)}`,
    )
  }
  pool?.close()
  journal.close()
  return measured
}

const replaying = async (folder: string): Promise<number[]> => {
  const journal = Embedded.read(folder)
  const measured: number[] = []
  for (let i = 0; i <= samples; i++) {
    const rate = await perSecond(journal.end, () => void replay(journal, Ledger.create([dollar])))
    if (i > 0) measured.push(rate)
  }
  journal.close()
  return measured
}

export const run = async ({ json }: RunOptions): Promise<number> => {
  const folder = mkdtempSync(join(tmpdir(), 'sunledger-bench-'))
  try {
    const rates: number[] = []
    const single = await measure(join(folder, 'one'), 0, rates)
    const double = await measure(join(folder, 'two'), 2, rates)
    const replayed = await replaying(join(folder, 'one'))
    const [r, one, two] = [median(rates), median(single), median(double)]
    const row = (name: string, value: number, unit: string, count: number): Result => ({
      name,
      value,
      unit,
      samples: count,
    })
    const results: Result[] = [
      row('R', r, 'recoveries/s', rates.length),
      { ...row('accept.1core', one, 'payments/s', samples), ratio: one / r, of: 'R' },
      { ...row('accept.2cores', two, 'payments/s', samples), ratio: two / one, of: 'accept.1core' },
      row('replay', median(replayed), 'records/s', samples),
      await Chain.measure(),
    ]
    print(json, { results }, () => resultsTable(results))
    return 0
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
