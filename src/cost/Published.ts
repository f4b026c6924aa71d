/**
 * Ways of settling that are not executed here, because they are a company's service or another chain's: priced from what is published about
 * them, for the same workloads. What they ask of their users beside fees (custody, another currency) stands in their description.
 */
import * as Circle from './Circle.ts'
import * as Networks from './Networks.ts'
import * as Rational from './Rational.ts'
import { averageUsd, type Row, toNumber } from './Rows.ts'
import type { Scope } from './strategies/Strategy.ts'
import * as Workload from './Workload.ts'

export interface Way {
  readonly name: string
  readonly title: string
  readonly about: string
}

export const circleGateway: Way = {
  name: 'circle-gateway',
  title: 'Circle Gateway nanopayments',
  about:
    'One deposit per payer; payments signed off chain, netted and settled by Circle without a fee; one withdrawal per payee, for a fixed fee. Hosted: payments stop where the company stops them.',
}

export const lightningHub: Way = {
  name: 'lightning',
  title: 'Lightning, through a hub',
  about:
    'One channel per member with a hub, opened and closed on Bitcoin; a routing fee per payment. In bitcoin, not in dollars.',
}

export const ways: readonly Way[] = [circleGateway, lightningHub]

const of = (count: number): Rational.Rational => Rational.from(BigInt(count))

const rowOf = (
  strategy: string,
  network: string,
  workload: Workload.Workload,
  payments: number,
  scope: Scope,
  usd: Rational.Rational,
): Row => ({
  ...{ strategy, workload: workload.name, payments, scope, network },
  gasPerPayment: null,
  usdPerPayment: toNumber(usd),
  shareOfValue: toNumber(Rational.divide(usd, averageUsd(workload, payments))),
  basis: 'published',
  usdBasis: 'computed',
})

/** What a deposit costs on a network that charges for gas, dollars. */
const depositUsd = (network: Networks.Network): Rational.Rational => {
  const meter = Networks.meter(network)
  const gas = BigInt(Circle.depositGas.value)
  const { executionWei, dataWei, operatorWei } = meter.parts({
    ...{ gas, flzSize: Circle.depositBytes, brotliSize: Circle.depositBytes },
  })
  return meter.usd(executionWei + dataWei + operatorWei)
}

const circleRows = (workload: Workload.Workload, sizes: readonly number[], networks: readonly Networks.Network[]) =>
  networks.flatMap((network) => {
    const withdrawal = Circle.withdrawalUsd[network.name]
    if (withdrawal === undefined || !Networks.chargesGas(network)) return []
    const deposit = depositUsd(network)
    return sizes.flatMap((payments) => {
      const { payers, payees } = Workload.counts(workload, payments)
      const all = Rational.add(
        Rational.multiply(deposit, of(payers)),
        Rational.multiply(Rational.parse(withdrawal.value), of(payees)),
      )
      const row = (scope: Scope, usd: Rational.Rational) =>
        rowOf(circleGateway.name, network.name, workload, payments, scope, usd)
      return [row('life', Rational.divide(all, of(payments))), row('settlement', Rational.zero)]
    })
  })

/** A hub's fees: dollars per channel over its life, per payment, and as a share of a payment. */
const hubFees = (network: Networks.Network) => {
  const value = (name: string) => Rational.parse(Networks.figure(network, name).value)
  const usd = (units: Rational.Rational) =>
    Rational.divide(Rational.multiply(units, value('tokenUsd')), value('unitsPerToken'))
  const bytes = Rational.add(value('openBytes'), value('closeBytes'))
  return {
    channelUsd: usd(Rational.multiply(bytes, value('feePerByte'))),
    paymentUsd: usd(Rational.divide(value('routingBaseMillisatoshis'), of(1000))),
    share: Rational.divide(value('routingMillionths'), of(1_000_000)),
  }
}

const lightningRows = (workload: Workload.Workload, sizes: readonly number[], networks: readonly Networks.Network[]) =>
  networks
    .filter(({ rule }) => rule === 'hub')
    .flatMap((network) => {
      const { channelUsd, paymentUsd, share } = hubFees(network)
      return sizes.flatMap((payments) => {
        const { members } = Workload.counts(workload, payments)
        const routing = Rational.add(paymentUsd, Rational.multiply(share, averageUsd(workload, payments)))
        const channels = Rational.divide(Rational.multiply(channelUsd, of(members)), of(payments))
        const row = (scope: Scope, usd: Rational.Rational) =>
          rowOf(lightningHub.name, network.name, workload, payments, scope, usd)
        return [row('life', Rational.add(channels, routing)), row('settlement', routing)]
      })
    })

/**
 * Rows of every published way, at the sizes that are executed and computed.
 * @param names of ways that are wanted
 */
export function rows(
  workloads: readonly Workload.Workload[],
  networks: readonly Networks.Network[],
  names: readonly string[],
): Row[] {
  return workloads.flatMap((workload) => {
    const sizes = [...Workload.sizes(workload), ...workload.computed]
    return [
      ...(names.includes(circleGateway.name) ? circleRows(workload, sizes, networks) : []),
      ...(names.includes(lightningHub.name) ? lightningRows(workload, sizes, networks) : []),
    ]
  })
}
