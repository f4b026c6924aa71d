/**
 * An economy's tables as CSV: every participant's bill, every signed order, every sale, every settlement and every slot. Two runs of one seed write the same
 * orders, sales and bills, byte for byte: nothing in them says when something came to stand in the journal.
 */
import { createHash } from 'node:crypto'
import type { Inputs } from './EconomyInputs.ts'

/** A cell; names and strategies may hold anything (RFC 4180). */
const cell = (value: string | number | bigint): string => {
  const text = String(value)
  // A text that a spreadsheet would take for a formula is kept one.
  const safe = typeof value === 'string' && /^[=+\-@\t]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

type Cells = readonly (string | number | bigint)[]

const csv = (columns: readonly string[], rows: readonly Cells[]): string =>
  `${[columns, ...rows].map((row) => row.map(cell).join(',')).join('\n')}\n`

/** A table whose columns are the fields of its rows. */
const plain = <T, K extends keyof T & string>(columns: readonly K[], rows: readonly T[]): string =>
  csv(
    columns,
    rows.map((row) => columns.map((column) => (row[column] ?? '') as string | number | bigint)),
  )

const roles = ['customer', 'robot', 'producer', 'site', 'station', 'storage'] as const

const bills = ({ bills: all, held }: Inputs): string =>
  csv(
    [
      ...['name', 'role', 'address', 'strategy', 'payments', 'depositedAtomic'],
      ...roles.map((role) => `earnedFrom.${role}Atomic`),
      ...roles.map((role) => `paidTo.${role}Atomic`),
      ...['heldAtomic', 'boughtMilliWh', 'soldMilliWh', 'withdrawnMilliWh'],
    ],
    all.map((bill) => [
      ...[bill.name, bill.role, bill.address, bill.strategy, bill.payments, bill.deposited],
      ...roles.map((role) => bill.earned.get(role) ?? 0n),
      ...roles.map((role) => bill.paid.get(role) ?? 0n),
      ...[held(bill.address), bill.boughtMilliWh, bill.soldMilliWh, bill.withdrawnMilliWh],
    ]),
  )

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** SHA-256 over the calldata of all settlements, in their order: each as lower-case 0x text, one a line. */
export const calldataDigest = (settlements: Inputs['settlements']): string =>
  sha256(settlements.map(({ calldata }) => `${calldata}\n`).join(''))

/** Files by name. */
export const files = (inputs: Inputs): { readonly [file: string]: string } => ({
  'bills.csv': bills(inputs),
  'orders.csv': plain(
    [
      ...(['slot', 'place', 'name', 'account', 'via', 'side', 'energyMilliWh', 'limitAtomicPerKwh', 'nonce'] as const),
      ...(['filledMilliWh', 'signature'] as const),
    ],
    inputs.orders,
  ),
  'trades.csv': plain(['slot', 'index', 'seller', 'buyer', 'energyMilliWh', 'priceAtomic', 'reference'], inputs.trades),
  'settlements.csv': csv(
    ['slot', 'transaction', 'block', 'members', 'gasUsed', 'bytes', 'fastLzBytes', 'calldataSha256'],
    inputs.settlements.map((each) => [
      ...[each.slot ?? '', each.transaction, each.block, each.members, each.gasUsed, each.bytes, each.fastLzBytes],
      sha256(each.calldata),
    ]),
  ),
  'slots.csv': plain(
    [
      ...(['slot', 'clockSeconds', 'priceAtomicPerKwh', 'clearingPriceAtomicPerKwh', 'producedMilliWh'] as const),
      ...(['importedMilliWh', 'consumedMilliWh', 'soldMilliWh', 'missingMilliWh', 'curtailedMilliWh'] as const),
      ...(['neededMilliWh', 'unmetMilliWh', 'computeMilliWh', 'batteryMilliWh', 'payments', 'valueAtomic'] as const),
      ...(['tasksDone', 'tasksUnpowered', 'tasksUnaffordable', 'jobsBought', 'jobsUnpowered'] as const),
      'jobsUnaffordable' as const,
    ],
    inputs.slots,
  ),
  'wealth.csv': csv(
    ['slot', 'clockSeconds', ...roles.map((role) => `${role}Atomic`), 'gini'],
    inputs.wealth.map(({ slot, clockSeconds, byRole, gini }) => [
      slot,
      clockSeconds,
      ...roles.map((role) => byRole[role] ?? 0n),
      gini,
    ]),
  ),
})

/** SHA-256 of what two runs of one seed have in common. */
export const digests = (inputs: Inputs): { readonly [what: string]: string } => {
  const all = files(inputs)
  const names = ['orders.csv', 'trades.csv', 'bills.csv'] as const
  return {
    ...Object.fromEntries(names.map((name) => [name, sha256(all[name] ?? '')])),
    'settlement calldata': calldataDigest(inputs.settlements),
  }
}
