/**
 * What a scenario is: a question, the figures that go into it, how it is run, and how its answer is read off the run. Most let an economy live
 * (`simulation`); those that are about something else bring a play of their own, on the same real chain and service.
 */

import type { Hex } from '../../core/Payment.ts'
import type { Row } from '../../cost/Fees.ts'
import type * as Answer from '../../report/Answer.ts'
import type { Check } from '../../report/Audit.ts'
import type { Tally } from '../../report/Tally.ts'
import type { Outcome } from '../../sim/Economy.ts'
import type { EconomyState } from '../../sim/Feed.ts'
import type * as Simulation from '../../sim/Scenario.ts'
import type { Found } from '../../sim/Studies.ts'
import type { DayFigures } from '../../sim/Study.ts'
import type { Scene } from './Scene.ts'

/** What a run came to. */
export interface Context {
  readonly simulation: Simulation.Scenario
  /** Where an economy ran: its world, its day, and what the study beside it found. */
  readonly economy?: { readonly world: Simulation.World; readonly day: DayFigures; readonly found: Found } | undefined
  readonly outcome: Outcome
  /** Payments for which somebody holds a receipt. */
  readonly acknowledged: ReadonlySet<Hex>
  readonly tally: Tally
  readonly fees: readonly Row[]
  readonly checks: readonly Check[]
  /** Addresses of the economy's participants, by role; empty for a play of its own. */
  readonly accounts: ReadonlyMap<string, readonly string[]>
  /** What a play or its hooks noted down. */
  readonly notes: readonly Answer.Finding[]
}

export interface Definition {
  readonly name: string
  readonly question: string
  readonly parameters: (simulation: Simulation.Scenario) => readonly Answer.Parameter[]
  /** Whether the report says how prices move with what is assumed of bids. */
  readonly sensitivity?: boolean
  /** What the run is of, where it is not the default; flags go before. */
  readonly simulation?: Partial<Simulation.Scenario>
  readonly settleEvery?: number
  /** What is otherwise in a day without what the scenario claims to change: it is worked out beside it, over the same seeds. */
  readonly control?: Partial<Simulation.Scenario>
  /** Instead of an economy. Every receipt goes through `scene.pay`, so that the audit knows what was acknowledged. */
  readonly play?: (scene: Scene) => Promise<void>
  /** In an economy: called after each slot, which waits for it. */
  readonly afterSlot?: (scene: Scene, state: EconomyState) => Promise<void>
  readonly answer: (context: Context) => Pick<Answer.Answer, 'findings' | 'conclusion'>
}
