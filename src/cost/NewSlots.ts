/**
 * Storage slots that a transaction uses for the first time. A network may charge far more for them than Ethereum does (Tempo: 250 000 gas
 * in place of 20 000), so they are counted: in the traces of small executions, per payer, payee, pair or payment.
 */
import type { Workbench } from '../chain/Workbench.ts'
import type { Hex } from '../core/Payment.ts'
import * as Rational from './Rational.ts'
import type { Context, Execution, Phase, Scope, Strategy, Unit } from './strategies/Strategy.ts'
import * as Workload from './Workload.ts'

interface Step {
  readonly op: string
  readonly gasCost: number
}

/** What SSTORE costs at least where a slot goes from zero to something (EIP-2200, EIP-2929: 20 000, and 2 100 more for a cold slot). */
const newSlotGas = 20_000

/** Slots that one transaction used for the first time. */
export const count = async (bench: Pick<Workbench, 'request'>, transaction: Hex): Promise<number> => {
  const options = { disableMemory: true, disableStorage: true, disableStack: true }
  const { structLogs } = (await bench.request('debug_traceTransaction', [transaction, options])) as {
    structLogs: readonly Step[]
  }
  return structLogs.filter(({ op, gasCost }) => op === 'SSTORE' && gasCost >= newSlotGas).length
}

/** What the slots of a phase grow with where it is not what its transactions grow with: accounts that paid in before have their slot. */
const slotUnits: Readonly<Record<string, Unit>> = { members: 'onlyPayees' }

const slotUnitOf = ({ unit }: Phase): Unit => slotUnits[unit] ?? unit

/** Slots per unit of each phase of a strategy. */
export type Slots = Readonly<Record<Scope, readonly NonNullable<Phase['newSlots']>[]>>

const sample = 10

/** As many payers pay as many payees, each once. */
const pairs = (size: number): Workload.Workload => ({
  name: 'sample',
  title: 'a small batch',
  about: '',
  basis: 'assumed',
  payments: Array.from({ length: size }, (_, i) => ({ payer: i, payee: 1000 + i, amountAtomic: 125n, atMs: 0 })),
  computed: [],
})

/**
 * Counts in two small executions, so that what a contract uses once for all (a pool, the token's balance of the contract) drops out.
 * @throws what the strategy throws
 */
export const measure = async (strategy: Strategy, base: Pick<Context, 'seed' | 'signal'>): Promise<Slots> => {
  const run = async (size: number) => {
    const workload = pairs(size)
    const [execution] = await strategy.run(workload, [size], { ...base, done: () => {}, countNewSlots: true })
    return { execution: execution as Execution, counts: Workload.counts(workload, size) }
  }
  const [small, large] = [await run(sample), await run(2 * sample)]
  const of = (scope: Scope) =>
    large.execution[scope].map((phase, i) => {
      const unit = slotUnitOf(phase)
      const more = phase.bundle.newSlots - (small.execution[scope][i]?.bundle.newSlots ?? 0)
      return { unit, perUnit: Rational.from(BigInt(more), BigInt(large.counts[unit] - small.counts[unit])) }
    })
  return { life: of('life'), settlement: of('settlement') }
}

/** An execution with the slots of its phases. */
export const withSlots = (execution: Execution, slots: Slots | undefined): Execution => {
  if (slots === undefined) return execution
  const of = (scope: Scope) => execution[scope].map((phase, i) => ({ ...phase, newSlots: slots[scope][i] }))
  return { ...execution, life: of('life'), settlement: of('settlement') }
}
