/**
 * What passes between a simulated economy, the service and the page that shows both. The economy tells the service how it goes (the
 * operator's token; nothing of the ledger depends on it), the page reads it there and says what it wants of the economy: pace, pause, another
 * scenario.
 */
import { z } from 'zod'
import * as Wire from './Wire.ts'

const text = (most: number) => z.string().max(most)
const count = z.int().min(0)
/** A measured rate or time; never money or energy. */
const measure = z.number().min(0)

/** Each field says what it means, for the API's description. */
const says = <T extends z.ZodType>(schema: T, meaning: string): T => schema.describe(meaning)

/** Money or energy from one class of participants to another during a slot. */
const flow = z.strictObject({
  from: says(text(30), 'Role of those who gave.'),
  to: says(text(30), 'Role of those who got.'),
  kind: says(z.enum(['money', 'energy', 'compute']), 'What moved: dollars, energy, or compute units.'),
  amount: says(Wire.uint128, 'Atomic dollars, mWh or compute units.'),
  count: says(count, 'Payments in it.'),
})

const energy = (meaning: string) => says(Wire.uint128, `${meaning}, mWh.`)
const percentile = (meaning: string) =>
  says(measure.nullable(), `${meaning}, milliseconds; null where nothing was paid.`)

/** A slot of the day, once it is over. */
export const slot = z.strictObject({
  slot: says(count, 'Its number, from 0.'),
  clockSeconds: says(count, 'Seconds after midnight at its end.'),
  sunWatts: says(measure, 'Mean power of all producers.'),
  priceAtomicPerKwh: says(Wire.uint128, 'Price of energy, atomic dollars a kWh.'),
  producedMilliWh: energy('Produced'),
  consumedMilliWh: energy('Used by sites and stations'),
  curtailedMilliWh: energy('What the sun would have given and nobody bought'),
  unmetMilliWh: energy('Wanted and not had'),
  batteryMilliWh: energy('In all batteries at its end'),
  payments: says(count, 'Payments made.'),
  paymentsPerSecond: says(measure, 'Of wall clock, while payments were made.'),
  acceptMs: says(
    z.strictObject({
      p50: percentile('Median'),
      p95: percentile('95 % took at most'),
      p99: percentile('99 % took at most'),
    }),
    'From sending a payment to having its receipt.',
  ),
  valueAtomic: says(Wire.uint128, 'Dollars paid, atomic.'),
  unsettledAtomic: says(Wire.uint128, 'Dollars accepted and not yet on chain at its end, atomic.'),
  flows: says(z.array(flow).max(64), 'Who gave whom what.'),
  settled: says(
    z
      .strictObject({
        members: says(count, 'Accounts settled.'),
        gas: says(Wire.uint128, 'Gas for it.'),
        tookMs: says(measure, 'How long it took, milliseconds.'),
      })
      .nullable(),
    'Settlement at its end; null where there was none.',
  ),
})

/** Who takes part, for the page to call them by name. */
export const participant = z.strictObject({
  address: says(Wire.address, 'The account.'),
  name: says(text(60), 'What it is called.'),
  role: says(text(30), 'What it is.'),
})

const question = says(text(500), 'What it is to find out.')

export const scenario = z.strictObject({
  name: says(text(60), 'Its name.'),
  question,
  slots: says(z.int().min(1), 'Slots in its day.'),
  seed: says(count, 'Fixes everything that is drawn by lot.'),
  date: says(text(10), 'Month and day.'),
  choices: says(
    z.array(z.strictObject({ name: says(text(60), 'Its name.'), question })).max(50),
    'Scenarios that can be asked for.',
  ),
})

/** What the page may ask of the economy. */
export const controls = z.strictObject({
  speed: says(z.number().min(0).max(1_000_000), 'Times faster than the clock; 0: as fast as it goes.'),
  paused: says(z.boolean(), 'Whether the next slot waits.'),
  scenario: says(text(60).nullable(), 'Starts this scenario in place of the one that runs.'),
})

export const controlChange = controls.partial()

/** PUT /v1/economy (operator's token): how the economy goes. */
export const economyUpdate = z.strictObject({
  run: says(text(60), 'Names the run; another one replaces all that was told of the last.'),
  state: says(z.enum(['preparing', 'running', 'paused', 'finished']), 'How far it is.'),
  scenario: says(scenario, 'What is being run.'),
  controls: says(controls, 'How it was started; the page’s word goes before.'),
  participants: says(z.array(participant).max(5000).optional(), 'Who takes part; left out where it is known.'),
  transfer: says(
    z
      .strictObject({
        gas: says(Wire.uint128, 'Gas of it.'),
        fastLzBytes: says(count, 'Length of the signed transaction after FastLZ.'),
      })
      .nullable(),
    'A direct transfer of the stablecoin, measured on this chain, to compare with.',
  ),
  from: says(count, 'Number of the first slot told of here.'),
  slots: says(z.array(slot).max(1500), 'Slots in order.'),
})

/** Its answer: what is known already, and what the page wants. */
export const economyAnswer = z.strictObject({
  slots: says(count, 'Slots that are known.'),
  participants: says(count, 'Participants that are known.'),
  controls: says(controls, 'What is wanted.'),
})

export type Slot = z.output<typeof slot>
export type Flow = z.output<typeof flow>
export type Participant = z.output<typeof participant>
export type Scenario = z.output<typeof scenario>
export type Controls = z.output<typeof controls>
export type ControlChange = z.output<typeof controlChange>
export type EconomyUpdate = z.output<typeof economyUpdate>
export type EconomyAnswer = z.output<typeof economyAnswer>
