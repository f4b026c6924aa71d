/**
 * The direct ways: each payment moves the token by itself. Their settlement is their whole life. A smaller size is the beginning of a
 * larger one, so one execution gives all sizes.
 */
import type { Abi } from 'viem'
import { authorizations } from '../../chain/abi/Authorizations.ts'
import { testDollar } from '../../chain/abi/TestDollar.ts'
import type { Address } from '../../core/Payment.ts'
import * as Bundle from '../Bundle.ts'
import type { Payment, Workload } from '../Workload.ts'
import * as Authorized from './Authorized.ts'
import * as Stage from './Stage.ts'
import type { Context, Execution, Strategy } from './Strategy.ts'

const dollar = testDollar.abi as Abi

/** Carries out some payments, in order; tells after each transaction how many have been paid. */
type Carry = (
  stage: Stage.Stage,
  payments: readonly Payment[],
  from: number,
  counter: Bundle.Counter,
  helper: Address | undefined,
) => Promise<void>

const direct = (
  name: string,
  title: string,
  about: string,
  perTransaction: number,
  carry: Carry,
  prepare: (stage: Stage.Stage) => Promise<Address | undefined> = async () => undefined,
): Strategy => ({
  name,
  title,
  about,
  estimate: (_, sizes) => Math.ceil((sizes.at(-1) ?? 0) / perTransaction),
  async run(workload: Workload, sizes: readonly number[], context: Context): Promise<Execution[]> {
    const payments = workload.payments.slice(0, sizes.at(-1))
    const stage = await Stage.open(context, payments, 1n)
    try {
      const helper = await prepare(stage)
      const counter = Bundle.counter()
      const executions: Execution[] = []
      let paid = 0
      for (const size of sizes) {
        await carry(stage, payments.slice(paid, size), paid, counter, helper)
        paid = size
        const phases = [{ unit: 'payments' as const, bundle: counter.bundle() }]
        executions.push({ strategy: name, workload: workload.name, size, life: phases, settlement: phases })
      }
      await stage.expectPaid()
      return executions
    } finally {
      await stage.close()
    }
  },
})

const signed = (stage: Stage.Stage, { payer, payee, amountAtomic }: Payment, index: number) =>
  Authorized.transfer(
    stage.dollarDomain,
    stage.member(payer).key,
    stage.member(payer).address,
    stage.member(payee).address,
    amountAtomic,
    index,
  )

export const transfer = direct(
  'transfer',
  'direct transfer',
  'An ERC-20 transfer for each payment, sent by the payer, who needs native coin.',
  1,
  async (stage, payments, _, counter) => {
    for (const { payer, payee, amountAtomic } of payments) {
      const args = [stage.member(payee).address, amountAtomic]
      counter.add(await stage.send(stage.member(payer).key, stage.dollar, dollar, 'transfer', args, 100_000n))
    }
  },
)

export const authorization = direct(
  'authorization',
  'authorization',
  'An ERC-3009 authorization for each payment, sent by a facilitator: the way of x402’s scheme exact.',
  1,
  async (stage, payments, from, counter) => {
    for (const [i, payment] of payments.entries()) {
      const a = signed(stage, payment, from + i)
      const args = [a.from, a.to, a.value, a.validAfter, a.validBefore, a.nonce, a.v, a.r, a.s]
      counter.add(await stage.send(stage.operator, stage.dollar, dollar, 'transferWithAuthorization', args, 200_000n))
    }
  },
)

/** Authorizations in one transaction. */
const perBundle = 100

export const multicall = direct(
  'multicall',
  'authorizations, 100 a transaction',
  'The same authorizations, a hundred in one transaction of a facilitator.',
  perBundle,
  async (stage, payments, from, counter, helper) => {
    for (let at = 0; at < payments.length; at += perBundle) {
      const bundle = payments.slice(at, at + perBundle).map((payment, i) => signed(stage, payment, from + at + i))
      const args = [stage.dollar, bundle]
      const [to, abi] = [helper as Address, authorizations.abi as Abi]
      counter.add(await stage.send(stage.operator, to, abi, 'transfer', args, 16_000_000n))
    }
  },
  (stage) =>
    stage.bench.deploy(stage.operator, { abi: authorizations.abi as Abi, bytecode: authorizations.bytecode }, []),
)
