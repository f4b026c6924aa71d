/**
 * An economy's figures: what its reported day came to, beside what a study in one process says of such days over many seeds, and the table of what both
 * assume. Each key figure says from what it is counted.
 */
import * as Bills from './Bills.ts'
import type { Inputs, Slot } from './EconomyInputs.ts'
import * as Tables from './Tables.ts'
import * as Wealth from './Wealth.ts'

const sum = <T>(list: readonly T[], of: (each: T) => bigint): bigint => list.reduce((all, each) => all + of(each), 0n)

const ratio = (part: bigint, whole: bigint): number | null =>
  whole === 0n ? null : Number((part * 1_000_000n) / whole) / 1e6

/** Key figures; `from` says what they were counted from. */
export const figures = ({ slots, bills, trades, held, valueAtomic }: Inputs) => {
  const energy = sum(trades, ({ energyMilliWh }) => energyMilliWh)
  const price = sum(trades, ({ priceAtomic }) => priceAtomic)
  const money = sum(bills, ({ deposited }) => deposited)
  const figure = (name: string, value: string | number | null, unit: string, from: string) => ({
    name,
    value,
    unit,
    from,
  })
  const ofSlots = (name: string, of: (slot: Slot) => bigint, from: string) =>
    figure(name, sum(slots, of).toString(), 'mWh', from)
  return [
    figure(
      'mean price of energy',
      energy === 0n ? null : ((price * 1_000_000n) / energy).toString(),
      'atomic dollars per kWh',
      'journal: sales',
    ),
    figure('energy sold, resold energy included', energy.toString(), 'mWh', 'journal: sales'),
    figure('sales', trades.length, '', 'journal: sales'),
    ofSlots('imported', ({ importedMilliWh }) => importedMilliWh, 'simulation: auction'),
    ofSlots('curtailed', ({ curtailedMilliWh }) => curtailedMilliWh, 'simulation: sunlight less meters'),
    ofSlots('needed', ({ neededMilliWh }) => neededMilliWh, 'simulation: what robots and jobs wanted'),
    ofSlots('unmet', ({ unmetMilliWh }) => unmetMilliWh, 'simulation: batteries and sites'),
    ofSlots('sold and not delivered', ({ missingMilliWh }) => missingMilliWh, 'simulation: auction less meters'),
    figure('money deposited', money.toString(), 'atomic dollars', 'chain: deposits'),
    figure('value paid', valueAtomic.toString(), 'atomic dollars', 'journal: payments'),
    figure(
      'velocity of money (transactions velocity, Fisher)',
      ratio(valueAtomic, money),
      'turns per day',
      'value paid over money deposited',
    ),
    figure(
      'Gini coefficient of all dollars',
      Wealth.gini(bills.map(({ address }) => held(address))),
      '',
      'journal: balances at the end',
    ),
  ]
}

/** Sums by role. */
export const byRole = ({ bills, held }: Inputs) =>
  [...new Set(bills.map(({ role }) => role))].map((role) => {
    const own = bills.filter((bill) => bill.role === role)
    return {
      role,
      participants: own.length,
      depositedAtomic: sum(own, ({ deposited }) => deposited).toString(),
      earnedAtomic: sum(own, ({ earned }) => Bills.total(earned)).toString(),
      paidAtomic: sum(own, ({ paid }) => Bills.total(paid)).toString(),
      heldAtomic: sum(own, ({ address }) => held(address)).toString(),
      boughtMilliWh: sum(own, ({ boughtMilliWh }) => boughtMilliWh).toString(),
      soldMilliWh: sum(own, ({ soldMilliWh }) => soldMilliWh).toString(),
    }
  })

/** The report's part on the economy. */
export const document = (inputs: Inputs) => {
  const { bills, held, study, wealth } = inputs
  const byOwner = new Map<string, bigint[]>()
  for (const { role, address } of bills) byOwner.set(role, [...(byOwner.get(role) ?? []), held(address)])
  return {
    ...{ place: study.place, date: study.date, sun: study.sun, days: study.days, seeds: study.seeds },
    ...{ steady: study.steady, agreement: study.agreement, sensitivity: study.sensitivity },
    wealth: Wealth.rows(byOwner),
    wealthOverTime: wealth.map(({ byRole: sums, ...rest }) => ({
      ...rest,
      byRoleAtomic: Object.fromEntries(Object.entries(sums).map(([role, amount]) => [role, amount.toString()])),
    })),
    assumptions: study.assumptions,
    figures: figures(inputs),
    byRole: byRole(inputs),
    sha256: Tables.digests(inputs),
  }
}
