/**
 * What is measured beside the workloads: small batches taken apart (the bill of each transaction, what one more member adds), and how long this
 * machine takes until a payment is accepted, in several rounds.
 */
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as Keccak from '../crypto/Keccak.ts'
import * as Signature from '../crypto/Signature.ts'
import * as Bill from './Bill.ts'
import * as Brotli from './Brotli.ts'
import * as FastLz from './FastLz.ts'
import type { Marginal } from './Interval.ts'
import type { Transaction } from './Networks.ts'
import { channel } from './strategies/Channel.ts'
import { clearing } from './strategies/Clearing.ts'
import { authorization, multicall, transfer } from './strategies/Direct.ts'
import type { Context, Inspected, Strategy } from './strategies/Strategy.ts'
import type { Payment, Workload } from './Workload.ts'

type Base = Pick<Context, 'seed' | 'signal'>

const workloadOf = (payments: readonly Payment[]): Workload => ({
  name: 'sample',
  title: 'a small batch',
  about: '',
  basis: 'assumed',
  payments,
  computed: [],
})

const pay = (payer: number, payee: number): Payment => ({ payer, payee, amountAtomic: 125n, atMs: 0 })

const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i))

/** Runs a strategy on some payments and gives what is made of the last transaction that calls a function. */
const last = async <T>(
  base: Base,
  strategy: Strategy,
  payments: readonly Payment[],
  name: string,
  make: (inspected: Inspected) => Promise<T> | T,
): Promise<T> => {
  let made: T | undefined
  const inspect = async (inspected: Inspected) => {
    if (inspected.name === name) made = await make(inspected)
  }
  await strategy.run(workloadOf(payments), [payments.length], { ...base, done: () => {}, inspect })
  return made as T
}

const sample = 10

/** What is billed: ten payments of ten payers to ten payees, in one transaction where the strategy can; between accounts that were settled before. */
const billed: readonly { strategy: Strategy; call: string; title: string; items: number; item: string }[] = [
  { strategy: transfer, call: 'transfer', title: 'direct transfer', items: 1, item: 'payment' },
  { strategy: authorization, call: 'transferWithAuthorization', title: 'authorization', items: 1, item: 'payment' },
  { strategy: multicall, call: 'transfer', title: 'ten authorizations', items: sample, item: 'payment' },
  { strategy: channel, call: 'claim', title: 'claim of ten channels', items: sample, item: 'channel' },
  { strategy: clearing, call: 'settle', title: 'settlement of 20 members', items: 2 * sample, item: 'member' },
]

/** @throws {MeasurementFailedError} a bill that does not add up */
export const bills = async (base: Base): Promise<Bill.Bill[]> => {
  const payments = times(sample, (i) => pay(i, 100 + i))
  const made: Bill.Bill[] = []
  for (const { strategy, call, title, items, item } of billed)
    made.push(
      await last(base, strategy, payments, call, ({ bench, executed }) =>
        Bill.of(bench, executed.transaction, executed.gas, title, items, item),
      ),
    )
  return made
}

/** Members that are added to a settlement to see what one adds. */
const added = 20

/** What a settlement and each kind of member add, between accounts that were settled before. */
export const marginal = async (base: Base): Promise<Marginal> => {
  const settle = (payments: readonly Payment[]): Promise<Transaction> =>
    last(base, clearing, payments, 'settle', ({ executed: { gas, bytes } }) => ({
      gas,
      flzSize: FastLz.size(bytes),
      brotliSize: Brotli.size(bytes),
    }))
  const one = await settle([pay(0, 1)])
  const more = async (payments: readonly Payment[]): Promise<Transaction> => {
    const all = await settle([pay(0, 1), ...payments])
    return {
      gas: (all.gas - one.gas) / BigInt(added),
      flzSize: (all.flzSize - one.flzSize) / added,
      brotliSize: ((all.brotliSize ?? 0) - (one.brotliSize ?? 0)) / added,
    }
  }
  const debit = await more(times(added, (i) => pay(10 + i, 1)))
  const credit = await more(times(added, (i) => pay(0, 10 + i)))
  const both = await more(times(added, (i) => pay(10 + i, 10 + ((i + 1) % added))))
  const base_ = {
    gas: one.gas - debit.gas - credit.gas,
    flzSize: one.flzSize - debit.flzSize - credit.flzSize,
    brotliSize: (one.brotliSize ?? 0) - (debit.brotliSize ?? 0) - (credit.brotliSize ?? 0),
  }
  return { base: whole(base_), debit: whole(debit), credit: whole(credit), both: whole(both) }
}

/** Lengths in whole bytes, rounded to the nearest. */
const whole = ({ gas, flzSize, brotliSize }: Transaction): Transaction => ({
  gas,
  flzSize: Math.round(flzSize),
  brotliSize: Math.round(brotliSize ?? 0),
})

/** Times of several rounds, milliseconds. */
export interface Rounds {
  readonly strategy: string
  /** What was timed. */
  readonly what: string
  readonly rounds: readonly (readonly number[])[]
}

const roundCount = 5
const perRound = 100

const timed = async (base: Base, strategy: Strategy): Promise<number[]> => {
  const tookMs: number[] = []
  const payments = times(perRound, (i) => pay(i % 10, 100 + (i % 7)))
  const inspect = ({ tookMs: took }: Inspected) => void tookMs.push(took)
  await strategy.run(workloadOf(payments), [payments.length], { ...base, done: () => {}, inspect })
  return tookMs
}

/** A payee accepts a voucher: recovers its signer and puts it on disk. */
const vouchers = (): number[] => {
  const folder = mkdtempSync(join(tmpdir(), 'sunledger-cost-'))
  const file = openSync(join(folder, 'vouchers'), 'a')
  try {
    const key = Keccak.ofText('voucher')
    const payer = Signature.addressOf(key)
    return times(perRound, (i) => {
      const digest = Keccak.ofText(`voucher ${i}`)
      const signature = Signature.sign(digest, key)
      const began = performance.now()
      if (Signature.recover(digest, signature) !== payer) throw new RangeError('a voucher of somebody else')
      writeSync(file, `${digest} ${signature}\n`)
      fdatasyncSync(file)
      return performance.now() - began
    })
  } finally {
    closeSync(file)
    rmSync(folder, { recursive: true })
  }
}

/** Until a payment is accepted on this machine, without the network's own time; rounds of the ways are interleaved. */
export const accepted = async (base: Base): Promise<Rounds[]> => {
  const rounds = { transfer: [] as number[][], authorization: [] as number[][], channel: [] as number[][] }
  for (let round = 0; round < roundCount; round++) {
    rounds.transfer.push(await timed(base, transfer))
    rounds.authorization.push(await timed(base, authorization))
    rounds.channel.push(vouchers())
  }
  return [
    { strategy: 'transfer', what: 'signed, sent, executed on the local chain, receipt read', rounds: rounds.transfer },
    {
      strategy: 'authorization',
      what: 'taken by the facilitator, sent, executed on the local chain, receipt read',
      rounds: rounds.authorization,
    },
    { strategy: 'channel', what: 'voucher’s signer recovered by the payee, written to disk', rounds: rounds.channel },
  ]
}
