/** The economy's tables of a report: who earned and holds what, what such days are like over many seeds, and what all of it assumes. */
import type { Document } from './Document.ts'
import * as Format from './Format.ts'
import type { Table } from './ReportTable.ts'

const { grouped } = Format

const dollars = (atomic: string): string => Format.dollars(BigInt(atomic))

const kwh = (milliWh: string): string => Format.kwh(BigInt(milliWh))

/** An economy's sums by role and its key figures. */
export const tables = ({ economy: e }: Document): Table[] => {
  if (!e) return []
  return [
    {
      title: 'Who paid and earned what',
      columns: ['', 'how many', 'deposited', 'earned', 'paid', 'held at the end', 'bought', 'sold'],
      right: [1, 2, 3, 4, 5, 6, 7],
      rows: e.byRole.map((row) => [
        row.role,
        grouped(row.participants),
        ...[row.depositedAtomic, row.earnedAtomic, row.paidAtomic, row.heldAtomic].map(dollars),
        ...[row.boughtMilliWh, row.soldMilliWh].map(kwh),
      ]),
    },
    {
      title: 'Key figures of the economy',
      columns: ['', 'value', 'unit', 'counted from'],
      right: [1],
      rows: e.figures.map(({ name, value, unit, from }) => [name, ...figure(value, unit), from]),
    },
    steady(e),
    wealth(e),
    wealthOverTime(e),
    sensitivity(e),
  ]
}

type EconomyPart = NonNullable<Document['economy']>

/** A key figure and its unit, for people. */
const figure = (value: string | number | null, unit: string): [string, string] => {
  if (value === null) return ['–', unit]
  if (unit === 'mWh') return [kwh(String(value)), '']
  if (unit.startsWith('atomic dollars')) return [dollars(String(value)), unit.slice('atomic dollars'.length).trim()]
  return [typeof value === 'number' && !Number.isInteger(value) ? Format.number(value) : grouped(value as never), unit]
}

/** By its unit. */
const estimated = (value: number | null, unit: string): string => {
  if (value === null) return '–'
  if (unit.startsWith('share')) return Format.percent(value)
  return unit.startsWith('dollars') ? `$${Format.number(value)}` : Format.number(value)
}

const steady = ({ steady: rows, days, seeds }: EconomyPart): Table => ({
  title: `A day like this, after ${days} days, over ${seeds} seeds (worked out in one process)`,
  columns: ['', 'this run', 'mean', '95 % interval', 'unit'],
  right: [1, 2, 3],
  rows: rows.map(({ name, thisRun, mean, low, high, unit }) => [
    name,
    estimated(thisRun, unit),
    estimated(mean, unit),
    low === null ? '–' : `${estimated(low, unit)} – ${estimated(high, unit)}`,
    unit,
  ]),
})

const wealth = ({ wealth: rows }: EconomyPart): Table => ({
  title: 'Who holds the money at the end',
  columns: ['', 'how many', 'held', 'share of all', 'Gini within', 'the richest tenth’s share within'],
  right: [1, 2, 3, 4, 5],
  rows: rows.map(({ role, participants, heldAtomic, share, gini, topDecile }) => [
    role,
    grouped(participants),
    dollars(heldAtomic),
    Format.percent(share),
    gini.toFixed(3),
    Format.percent(topDecile),
  ]),
})

/** Rows of a series that a person reads; the rest is in `wealth.csv`. */
const fewRows = 8

const wealthOverTime = ({ wealthOverTime: all }: EconomyPart): Table => {
  const every = Math.max(1, Math.ceil(all.length / fewRows))
  const shown = all.filter((_, index) => (all.length - 1 - index) % every === 0)
  const roles = Object.keys(shown[0]?.byRoleAtomic ?? {})
  return {
    title: 'What each role holds in the course of the day',
    columns: ['time', ...roles, 'Gini of all'],
    right: roles.map((_, index) => index + 1).concat(roles.length + 1),
    rows: shown.map(({ clockSeconds, byRoleAtomic, gini }) => [
      clockSeconds === 86_400 ? '24:00' : Format.clock(clockSeconds),
      ...roles.map((role) => dollars(byRoleAtomic[role] ?? '0')),
      gini.toFixed(3),
    ]),
  }
}

const sensitivity = ({ sensitivity: rows }: EconomyPart): Table => ({
  title: 'How prices move with what is assumed (at most 200 robots, two seeds)',
  columns: ['assumption', 'times', 'dawn', 'noon', 'night', 'unmet'],
  right: [1, 2, 3, 4, 5],
  rows: rows.map((row) => [
    row.assumption,
    row.times === 0.5 ? '½' : String(row.times),
    ...[row.priceDawn, row.priceNoon, row.priceNight].map(Format.price),
    Format.percent(row.unmetShare),
  ]),
})

/** Everything that the economy takes as given. */
export const given = ({ economy: e }: Document): Table => ({
  title: 'What the economy assumes',
  columns: ['name', 'what it is', 'value', 'unit', 'basis', 'source'],
  right: [2],
  rows: (e?.assumptions ?? []).map((row) => [
    ...[row.name, row.says, row.value, row.unit, `${row.basis}, ${row.date}`, row.source],
  ]),
})

/** Where and when the economy was. */
export const whereAndWhen = ({ economy: e }: Document): string => {
  if (!e) return ''
  const { place, sun, date, agreement } = e
  const light =
    sun.sunrise === null && sun.sunset === null
      ? `the sun neither rises nor sets, solar noon ${sun.noon}`
      : `sunrise ${sun.sunrise ?? '–'}, solar noon ${sun.noon}, sunset ${sun.sunset ?? '–'}`
  const agreed =
    agreement === null
      ? ''
      : `\nagainst the same day in one process: ${agreement.differingSlots} of ${agreement.slots} slots and ${agreement.differingAccounts} of ${agreement.accounts} balances differ`
  return `${place.name} (${place.latitude}, ${place.longitude}), ${date}, ${place.timeZone}: ${light}${agreed}\n`
}
