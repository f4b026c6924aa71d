/**
 * What every strategy starts from: a fresh chain with a stablecoin, members with keys of their own that already hold some of it (so that nobody
 * pays for a wallet's first use), and an operator that sends what machines without native coin have signed.
 */
import type { Abi } from 'viem'
import { encodeFunctionData } from 'viem'
import { testDollar } from '../../chain/abi/TestDollar.ts'
import * as Workbench from '../../chain/Workbench.ts'
import type { Address, Hex } from '../../core/Payment.ts'
import * as Digest from '../../crypto/Digest.ts'
import * as Keccak from '../../crypto/Keccak.ts'
import * as Signature from '../../crypto/Signature.ts'
import * as NewSlots from '../NewSlots.ts'
import type { Payment } from '../Workload.ts'
import type { Context } from './Strategy.ts'

export interface Member {
  readonly key: Hex
  readonly address: Address
}

export interface Stage {
  readonly bench: Workbench.Workbench
  readonly dollar: Address
  /** EIP-712 domain of the stablecoin. */
  readonly dollarDomain: Digest.Domain
  readonly operator: Hex
  member(number: number): Member
  /** A transaction that counts for the progress. @throws {Interrupted} */
  send(
    key: Hex,
    to: Address,
    abi: Abi,
    name: string,
    args: readonly unknown[],
    gas: bigint,
  ): Promise<Workbench.Executed>
  /** Makes sure that each wallet has what was paid to it, and nothing else is left. @throws {Workbench.MeasurementFailedError} */
  expectPaid(): Promise<void>
  close(): Promise<void>
}

/** What a wallet holds before anything. */
const dust = 1n

const mintGas = 200_000n

/** What each member pays in all. */
export const paid = (payments: readonly Payment[]): Map<number, bigint> => {
  const sums = new Map<number, bigint>()
  for (const { payer, amountAtomic } of payments) sums.set(payer, (sums.get(payer) ?? 0n) + amountAtomic)
  return sums
}

/** What each member earns in all. */
export const earned = (payments: readonly Payment[]): Map<number, bigint> => {
  const sums = new Map<number, bigint>()
  for (const { payee, amountAtomic } of payments) sums.set(payee, (sums.get(payee) ?? 0n) + amountAtomic)
  return sums
}

/**
 * @param payments of which the members are made
 * @param times how often the payers' money is handed out: once for each time that the payments are carried out
 */
export const open = async (context: Context, payments: readonly Payment[], times: bigint): Promise<Stage> => {
  const { seed } = context
  const bench = await Workbench.start()
  const members = new Map<number, Member>()
  const keyOf = (...words: (string | number)[]) =>
    Keccak.ofText(JSON.stringify(['sunledger cost, worthless', seed, ...words]))
  const member = (number: number): Member => {
    const known = members.get(number)
    if (known !== undefined) return known
    const key = keyOf('member', number)
    const made = { key, address: Signature.addressOf(key) }
    members.set(number, made)
    return made
  }
  const operator = keyOf('operator')
  await bench.fund(Signature.addressOf(operator))
  const dollar = await bench.deploy(operator, { abi: testDollar.abi as Abi, bytecode: testDollar.bytecode }, [
    Signature.addressOf(operator),
  ])
  const call = (key: Hex, to: Address, abi: Abi, name: string, args: readonly unknown[], gas: bigint) =>
    bench.send(key, to, encodeFunctionData({ abi, functionName: name, args }), gas)
  const [out, into] = [paid(payments), earned(payments)]
  const everybody = [...new Set([...out.keys(), ...into.keys()])]
  for (const number of everybody) {
    context.signal.throwIfAborted()
    const amount = dust + times * (out.get(number) ?? 0n)
    await call(operator, dollar, testDollar.abi as Abi, 'mint', [member(number).address, amount], mintGas)
    await bench.fund(member(number).address)
  }
  return {
    bench,
    dollar,
    dollarDomain: Digest.domain(bench.chainId, dollar, 'Test Dollar', '1'),
    operator,
    member,
    async send(...args) {
      context.signal.throwIfAborted()
      const began = performance.now()
      const sent = await call(...args)
      const tookMs = performance.now() - began
      const executed =
        context.countNewSlots === true ? { ...sent, newSlots: await NewSlots.count(bench, sent.transaction) } : sent
      context.done(1)
      if (context.inspect !== undefined) await context.inspect({ name: args[3], executed, bench, tookMs })
      return executed
    },
    async expectPaid() {
      for (const number of everybody) {
        const expected = (into.get(number) ?? 0n) + dust
        const held = await bench.read(dollar, testDollar.abi as Abi, 'balanceOf', [member(number).address])
        if (held !== expected)
          throw new Workbench.MeasurementFailedError(
            `account ${number} holds ${String(held)} atomic units, not ${expected}`,
          )
      }
    },
    close: () => bench.close(),
  }
}
