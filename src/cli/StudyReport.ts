/** What a study says beside a run, and whether the run came to the same: put together for the report. */
import type * as EconomyReport from '../report/EconomyInputs.ts'
import * as Format from '../report/Format.ts'
import * as Assumptions from '../sim/Assumptions.ts'
import type * as Economy from '../sim/Economy.ts'
import * as Place from '../sim/Place.ts'
import type * as Scenario from '../sim/Scenario.ts'
import type * as Studies from '../sim/Studies.ts'
import * as Study from '../sim/Study.ts'

const value = ({ flows }: Economy.Outcome['slots'][number]): bigint =>
  flows.reduce((sum, { amountAtomic }) => sum + amountAtomic, 0n)

/** A run's day as the study has it. @param held what everybody holds at the end, by role and index, from the journal */
export const dayOf = ({ slots }: Economy.Outcome, held: Study.DayFigures['held']): Study.DayFigures => ({
  slots: slots.map((each) => ({
    slot: each.slot,
    priceAtomicPerKwh: each.clearingPriceAtomicPerKwh,
    soldMilliWh: each.soldMilliWh,
    importedMilliWh: each.importedMilliWh,
    producedMilliWh: each.producedMilliWh,
    curtailedMilliWh: each.curtailedMilliWh,
    neededMilliWh: each.neededMilliWh,
    unmetMilliWh: each.unmetMilliWh,
    computeMilliWh: each.computeMilliWh,
    valueAtomic: value(each),
    payments: each.payments,
    tasks: each.tasks,
  })),
  held,
})

/** A slot's figures, to be compared. */
const text = (slot: Study.SlotFigures): string =>
  JSON.stringify(slot, (_, each) => (typeof each === 'bigint' ? each.toString() : each))

/** How far a run and the same day in one process differ. */
export const compare = (run: Study.DayFigures, engine: Study.DayFigures): EconomyReport.Agreement => {
  const roles = Object.keys(engine.held) as (keyof Study.DayFigures['held'])[]
  const differing = roles.flatMap((role) => engine.held[role].filter((held, index) => run.held[role][index] !== held))
  return {
    slots: engine.slots.length,
    differingSlots: engine.slots.filter((slot, i) => text(slot) !== text(run.slots[i] ?? slot) || run.slots.length <= i)
      .length,
    accounts: roles.reduce((sum, role) => sum + engine.held[role].length, 0),
    differingAccounts: differing.length,
  }
}

const clock = (seconds: number | undefined): string | null => (seconds === undefined ? null : Format.clock(seconds))

/** What the report says of place, day and study. */
export const of = (
  world: Scenario.World,
  { days, seeds }: { readonly days: number; readonly seeds: number },
  run: Study.DayFigures | undefined,
  found: Studies.Found | undefined,
): EconomyReport.Study => {
  const { scenario, zoneHours, sun, assumed } = world
  const here: Partial<Study.Figures> = run === undefined ? {} : Study.figures(world, run)
  return {
    place: {
      name: scenario.place,
      latitude: scenario.latitude,
      longitude: scenario.longitude,
      timeZone: Place.zoneName(zoneHours),
    },
    date: scenario.date,
    sun: { sunrise: clock(sun.sunriseSeconds), noon: clock(sun.noonSeconds) ?? '', sunset: clock(sun.sunsetSeconds) },
    days,
    seeds,
    steady:
      found === undefined
        ? []
        : Study.steady(found.days.map((each) => Study.figures(world, each))).map((each) => ({
            ...each,
            thisRun: here[each.name as Study.Figure] ?? null,
          })),
    agreement: found === undefined || run === undefined ? null : compare(run, found.days[0]),
    sensitivity: found?.sensitivity ?? [],
    assumptions: Assumptions.rows(assumed),
  }
}
