/**
 * Executions priced on networks: for each strategy, workload, size and scope what a payment takes in gas and dollars. Larger sizes of the
 * same payments are computed from the largest that was executed: each phase grows with what it grows with.
 */
import { decimals } from '../core/Amount.ts'
import * as Networks from './Networks.ts'
import * as Rational from './Rational.ts'
import type { Execution, Phase, Scope } from './strategies/Strategy.ts'
import * as Workload from './Workload.ts'

export interface Row {
  readonly strategy: string
  readonly workload: string
  readonly payments: number
  readonly scope: Scope
  readonly network: string
  /** Null where the network charges for something else. */
  readonly gasPerPayment: number | null
  /** Null: the network carries no payment as small as the workload's average. */
  readonly usdPerPayment: number | null
  /** Fee over value: 0.01 is 1 %; null where there is no fee. */
  readonly shareOfValue: number | null
  /** Of the gas: `measured` where these very payments were executed, `computed` for larger counts, `published` where it is another system's. */
  readonly basis: Networks.Basis
  /** Dollars are worked out from gas, or from published fees, and the networks' figures. */
  readonly usdBasis: 'computed'
}

/** Digits after the point of what is printed as a number: enough for a millionth of a millionth of a dollar, and its first digits. */
const places = 18

export const toNumber = (value: Rational.Rational): number => Number(Rational.format(value, places))

export const scopes: readonly Scope[] = ['life', 'settlement']

/** What the transactions of a bundle cost in all, in a network's smallest unit. */
const unitsOf = (meter: Networks.Meter, { bundle }: Phase, isTransfer: boolean): bigint =>
  bundle.kinds.reduce((sum, kind) => {
    const gas = isTransfer && meter.transferGas !== undefined ? meter.transferGas : kind.gas
    const { executionWei, dataWei, operatorWei } = meter.parts({ ...kind, gas })
    return sum + (executionWei + dataWei + operatorWei) * BigInt(kind.count)
  }, 0n)

/** Storage slots that a phase used for the first time, at a size; none where they were not counted. */
const newSlots = ({ newSlots: slots }: Phase, target: Workload.Counts): Rational.Rational =>
  slots === undefined ? Rational.zero : Rational.multiply(slots.perUnit, Rational.from(BigInt(target[slots.unit])))

/** How often a phase happens at a size, over how often it happened when it was executed. */
const growth = ({ unit }: Phase, executed: Workload.Counts, target: Workload.Counts): Rational.Rational =>
  Rational.from(BigInt(target[unit]), BigInt(executed[unit]))

const sum = (values: readonly Rational.Rational[]): Rational.Rational => values.reduce(Rational.add, Rational.zero)

/** An execution at a size: the one that was executed, or a larger one that is computed from it. */
export interface Sized {
  readonly execution: Execution
  readonly payments: number
  readonly computed: boolean
}

export function sized(executions: readonly Execution[], workloads: readonly Workload.Workload[]): Sized[] {
  return workloads.flatMap((workload) => {
    const own = executions.filter((execution) => execution.workload === workload.name)
    const strategies = [...new Set(own.map(({ strategy }) => strategy))]
    return strategies.flatMap((strategy) => {
      const list = own.filter((execution) => execution.strategy === strategy)
      const last = list.at(-1) as Execution
      return [
        ...list.map((execution) => ({ execution, payments: execution.size, computed: false })),
        ...workload.computed
          .filter((payments) => payments > last.size)
          .map((payments) => ({ execution: last, payments, computed: true })),
      ]
    })
  })
}

/** Gas a payment, exactly. */
export function gasPerPayment(
  workload: Workload.Workload,
  { execution, payments }: Sized,
  scope: Scope,
): Rational.Rational {
  const [executed, target] = [Workload.counts(workload, execution.size), Workload.counts(workload, payments)]
  const gas = execution[scope].map((phase) =>
    Rational.multiply(Rational.from(phase.bundle.gas), growth(phase, executed, target)),
  )
  return Rational.divide(sum(gas), Rational.from(BigInt(payments)))
}

/** Dollars a payment, exactly. */
export function usdPerPayment(
  workload: Workload.Workload,
  { execution, payments }: Sized,
  scope: Scope,
  meter: Networks.Meter,
): Rational.Rational {
  const [executed, target] = [Workload.counts(workload, execution.size), Workload.counts(workload, payments)]
  const isTransfer = execution.strategy === 'transfer'
  const usd = execution[scope].map((phase) =>
    Rational.add(
      Rational.multiply(meter.usd(unitsOf(meter, phase, isTransfer)), growth(phase, executed, target)),
      Rational.multiply(meter.usd(meter.newSlotUnits), newSlots(phase, target)),
    ),
  )
  return Rational.divide(sum(usd), Rational.from(BigInt(payments)))
}

export const averageUsd = (workload: Workload.Workload, payments: number): Rational.Rational =>
  Rational.from(Workload.valueAtomic(workload, payments), 10n ** BigInt(decimals) * BigInt(payments))

/** Rows of the strategies on networks that charge for gas. */
export function priced(
  workloads: readonly Workload.Workload[],
  all: readonly Sized[],
  networks: readonly Networks.Network[],
): Row[] {
  const meters = networks.filter(Networks.chargesGas).map((network) => ({ network, meter: Networks.meter(network) }))
  return all.flatMap((one) => {
    const workload = workloads.find(({ name }) => name === one.execution.workload) as Workload.Workload
    const value = averageUsd(workload, one.payments)
    return scopes.flatMap((scope) => {
      const gas = Number(Rational.format(gasPerPayment(workload, one, scope), 4))
      return meters.map(({ network, meter }): Row => {
        const usd = usdPerPayment(workload, one, scope, meter)
        return {
          strategy: one.execution.strategy,
          workload: workload.name,
          payments: one.payments,
          scope,
          network: network.name,
          gasPerPayment: gas,
          usdPerPayment: toNumber(usd),
          shareOfValue: toNumber(Rational.divide(usd, value)),
          basis: one.computed ? 'computed' : 'measured',
          usdBasis: 'computed',
        }
      })
    })
  })
}

/** The name under which a network's own way of paying stands among the strategies. */
export const own = 'own'

/** Rows of networks that have a way of their own: the same for each payment of a workload, at its average value. */
export function comparisons(workloads: readonly Workload.Workload[], networks: readonly Networks.Network[]): Row[] {
  return workloads.flatMap((workload) =>
    networks.filter(Networks.chargesEach).map((network): Row => {
      const payments = workload.payments.length
      const value = averageUsd(workload, payments)
      const isPossible = Rational.compare(value, Networks.leastUsd(network)) >= 0
      const usd = Networks.ownFee(network, value)
      return {
        strategy: own,
        workload: workload.name,
        payments,
        scope: 'life',
        network: network.name,
        gasPerPayment: null,
        usdPerPayment: isPossible ? toNumber(usd) : null,
        shareOfValue: isPossible ? toNumber(Rational.divide(usd, value)) : null,
        basis: 'computed',
        usdBasis: 'computed',
      }
    }),
  )
}
