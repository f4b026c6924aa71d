/**
 * An economy's figures and tables: key figures for the report, and CSV files with every participant's bill, every sale, every settlement and every slot.
 * Each key figure says from what it is counted.
 */
import type { Settlement } from '../core/Record.ts'
import * as Bills from './Bills.ts'

/** A slot as the run published it; quantities of the slot. */
export interface Slot {
  readonly slot: number
  readonly clockSeconds: number
  readonly priceAtomicPerKwh: bigint
  readonly producedMilliWh: bigint
  readonly consumedMilliWh: bigint
  readonly soldMilliWh: bigint
  readonly missingMilliWh: bigint
  readonly curtailedMilliWh: bigint
  readonly unmetMilliWh: bigint
  readonly batteryMilliWh: bigint
  readonly payments: number
}

export interface Inputs extends Bills.Bills {
  readonly slots: readonly Slot[]
  readonly settlements: readonly Settlement[]
  /** What an account holds at the end, atomic dollars. */
  readonly held: (account: string) => bigint
  /** Sum of all payments in dollars, atomic. */
  readonly valueAtomic: bigint
}

const sum = <T>(list: readonly T[], of: (each: T) => bigint): bigint => list.reduce((all, each) => all + of(each), 0n)

const ratio = (part: bigint, whole: bigint): number | null =>
  whole === 0n ? null : Number((part * 1_000_000n) / whole) / 1e6

/** Key figures; `from` says what they were counted from. */
export const figures = ({ slots, bills, trades, held, valueAtomic }: Inputs) => {
  const energy = sum(trades, ({ energyMilliWh }) => energyMilliWh)
  const price = sum(trades, ({ priceAtomic }) => priceAtomic)
  const money = sum(bills, ({ deposited }) => deposited)
  const robots = bills.filter(({ role }) => role === 'robot')
  const figure = (name: string, value: string | number | null, unit: string, from: string) => ({
    name,
    value,
    unit,
    from,
  })
  return [
    figure(
      'mean price of energy',
      energy === 0n ? null : ((price * 1_000_000n) / energy).toString(),
      'atomic dollars a kWh',
      'journal: sales',
    ),
    figure('energy sold', energy.toString(), 'mWh', 'journal: sales'),
    figure('sales', trades.length, '', 'journal: sales'),
    figure(
      'curtailed',
      sum(slots, ({ curtailedMilliWh }) => curtailedMilliWh).toString(),
      'mWh',
      'simulation: sunlight less meters',
    ),
    figure('unmet', sum(slots, ({ unmetMilliWh }) => unmetMilliWh).toString(), 'mWh', 'simulation: batteries'),
    figure(
      'sold and not delivered',
      sum(slots, ({ missingMilliWh }) => missingMilliWh).toString(),
      'mWh',
      'simulation: auction less meters',
    ),
    figure('money deposited', money.toString(), 'atomic dollars', 'chain: deposits'),
    figure('value paid', valueAtomic.toString(), 'atomic dollars', 'journal: payments'),
    figure('velocity of money', ratio(valueAtomic, money), 'turns a run', 'value paid over money deposited'),
    figure(
      'Gini coefficient of robots’ dollars',
      Bills.gini(robots.map(({ address }) => held(address))),
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

/** A cell; names and strategies may hold anything (RFC 4180). */
const cell = (value: string | number | bigint): string => {
  const text = String(value)
  // A text that a spreadsheet would take for a formula is kept one.
  const safe = typeof value === 'string' && /^[=+\-@\t]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

const csv = (columns: readonly string[], rows: readonly (readonly (string | number | bigint)[])[]): string =>
  `${[columns, ...rows].map((row) => row.map(cell).join(',')).join('\n')}\n`

const roles = ['customer', 'robot', 'producer', 'site', 'station', 'storage'] as const

/** Files by name. */
export const files = (inputs: Inputs): { readonly [file: string]: string } => {
  const { bills, trades, slots, settlements, held } = inputs
  return {
    'bills.csv': csv(
      [
        ...['name', 'role', 'address', 'strategy', 'payments', 'depositedAtomic'],
        ...roles.map((role) => `earnedFrom.${role}Atomic`),
        ...roles.map((role) => `paidTo.${role}Atomic`),
        ...['heldAtomic', 'boughtMilliWh', 'soldMilliWh', 'withdrawnMilliWh'],
      ],
      bills.map((bill) => [
        ...[bill.name, bill.role, bill.address, bill.strategy, bill.payments, bill.deposited],
        ...roles.map((role) => bill.earned.get(role) ?? 0n),
        ...roles.map((role) => bill.paid.get(role) ?? 0n),
        ...[held(bill.address), bill.boughtMilliWh, bill.soldMilliWh, bill.withdrawnMilliWh],
      ]),
    ),
    'trades.csv': csv(
      ['position', 'seller', 'buyer', 'energyMilliWh', 'priceAtomic'],
      trades.map((trade) => [trade.position, trade.seller, trade.buyer, trade.energyMilliWh, trade.priceAtomic]),
    ),
    'settlements.csv': csv(
      ['transaction', 'block', 'members', 'gasUsed', 'bytes', 'fastLzBytes'],
      settlements.map((each) => [
        each.transaction,
        each.block,
        each.members,
        each.gasUsed,
        each.bytes,
        each.fastLzBytes,
      ]),
    ),
    'slots.csv': csv(
      [
        'slot',
        'clockSeconds',
        'priceAtomicPerKwh',
        'producedMilliWh',
        'consumedMilliWh',
        'soldMilliWh',
        'missingMilliWh',
        'curtailedMilliWh',
        'unmetMilliWh',
        'batteryMilliWh',
        'payments',
      ],
      slots.map((each) => [
        each.slot,
        each.clockSeconds,
        each.priceAtomicPerKwh,
        each.producedMilliWh,
        each.consumedMilliWh,
        each.soldMilliWh,
        each.missingMilliWh,
        each.curtailedMilliWh,
        each.unmetMilliWh,
        each.batteryMilliWh,
        each.payments,
      ]),
    ),
  }
}
