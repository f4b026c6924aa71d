/**
 * Tells the service how the economy goes, for its page, and does what the page asks of it. Every update is the whole truth so far as the
 * service does not know it yet, so a service that was started again has all of it a moment later.
 */
import type * as BoardWire from '../core/BoardWire.ts'
import type { Address } from '../core/Payment.ts'
import * as Wire from '../core/Wire.ts'
import type { Control } from '../sim/Control.ts'
import type { EconomyState, Flow } from '../sim/Feed.ts'
import { nameOf } from '../sim/Participants.ts'
import type { Party } from '../sim/plan/State.ts'
import type * as Simulation from '../sim/Scenario.ts'
import type { Definition } from './scenarios/Definition.ts'
import { all } from './scenarios/index.ts'

export interface FeedOptions {
  readonly url: string
  readonly operatorToken: string
  readonly run: string
  readonly scenario: BoardWire.Scenario
  readonly control: Control
  /** False for a scenario that plays something else than an economy. */
  readonly hasSlots: boolean
  /** The page wants another scenario. */
  readonly onScenario: (name: string) => void
}

export interface Feed {
  slot(state: EconomyState): void
  participants(all: readonly BoardWire.Participant[]): void
  transfer(measured: { readonly gas: bigint; readonly fastLzBytes: number }): void
  /** Tells the end; resolves when the service knows everything, or cannot be told. */
  finish(): Promise<void>
  /** Tells nothing more. */
  stop(): void
}

const everyMs = 250
/** A body of so many slots stays far below what the service takes. */
const slotsAtOnce = 200
const mostParticipants = 5000

/** Money goes from the payer to the payee, energy the other way. */
const flowsOf = (flows: readonly Flow[]): BoardWire.Flow[] =>
  flows.flatMap(({ from, to, payments, amountAtomic, energyMilliWh }) => [
    ...(amountAtomic > 0n ? [{ from, to, kind: 'money' as const, amount: amountAtomic, count: payments }] : []),
    ...(energyMilliWh > 0n
      ? [{ from: to, to: from, kind: 'energy' as const, amount: energyMilliWh, count: payments }]
      : []),
  ])

const slotOf = (state: EconomyState): BoardWire.Slot => {
  const { slot, clockSeconds, sunKw, priceAtomicPerKwh, producedMilliWh, consumedMilliWh } = state
  const { curtailedMilliWh, unmetMilliWh, batteryMilliWh, payments, paymentsPerSecond, unsettledAtomic } = state
  const flows = flowsOf(state.flows)
  return {
    ...{ slot, clockSeconds, sunWatts: sunKw * 1000, priceAtomicPerKwh, producedMilliWh, consumedMilliWh },
    ...{ curtailedMilliWh, unmetMilliWh, batteryMilliWh, payments, paymentsPerSecond, unsettledAtomic, flows },
    acceptMs: state.latencyMs,
    valueAtomic: flows.reduce((sum, { kind, amount }) => (kind === 'money' ? sum + amount : sum), 0n),
    settled: state.settled ?? null,
  }
}

/** A participant as the page calls it. */
export const named = (party: Party, address: Address): BoardWire.Participant => ({
  address,
  name: nameOf(party),
  role: party.role,
})

/** What is run, and what could be run instead. */
export const scenario = (definition: Definition, simulation: Simulation.Scenario): BoardWire.Scenario => ({
  name: definition.name,
  question: definition.question,
  slots: simulation.slots,
  seed: simulation.seed,
  date: simulation.date,
  choices: all.map(({ name, question }) => ({ name, question })),
})

export const start = (options: FeedOptions): Feed => {
  const { url, operatorToken, run, scenario, control } = options
  const slots: BoardWire.Slot[] = []
  let participants: readonly BoardWire.Participant[] = []
  let transfer: BoardWire.EconomyUpdate['transfer'] = null
  let known = { slots: 0, participants: 0 }
  let isFinished = false
  let isStopped = false
  const initial = { speed: control.speed, paused: control.paused, scenario: null }

  const stateNow = (): BoardWire.EconomyUpdate['state'] => {
    if (isFinished) return 'finished'
    if (control.paused) return 'paused'
    return options.hasSlots && slots.length === 0 ? 'preparing' : 'running'
  }

  const update = (): BoardWire.EconomyUpdate => ({
    ...{ run, state: stateNow(), scenario, controls: initial, transfer },
    ...(known.participants === participants.length ? {} : { participants: [...participants] }),
    from: known.slots,
    slots: slots.slice(known.slots, known.slots + slotsAtOnce),
  })

  const obey = ({ speed, paused, scenario: wanted }: BoardWire.Controls): void => {
    if (speed !== control.speed) control.speed = speed
    if (paused !== control.paused) paused ? control.pause() : control.resume()
    if (wanted !== null && wanted !== scenario.name) options.onScenario(wanted)
  }

  const tell = async (): Promise<boolean> => {
    const response = await fetch(`${url}/v1/economy`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${operatorToken}` },
      body: Wire.stringify(update()),
      signal: AbortSignal.timeout(2000),
    })
    if (!response.ok) return false
    const answer = (await response.json()) as BoardWire.EconomyAnswer
    known = { slots: answer.slots, participants: answer.participants }
    if (!isFinished) obey(answer.controls)
    return true
  }

  const loop = async (): Promise<void> => {
    while (!isStopped && !isFinished) {
      // A service that is just being started again is told the next time.
      await tell().catch(() => false)
      await new Promise((resolve) => setTimeout(resolve, everyMs).unref())
    }
  }
  const running = loop()

  return {
    slot: (state) => slots.push(slotOf(state)),
    participants(all) {
      participants = all.slice(0, mostParticipants)
    },
    transfer({ gas, fastLzBytes }) {
      transfer = { gas, fastLzBytes }
    },
    async finish() {
      isFinished = true
      await running
      for (let tries = 0; tries < 5; tries++) {
        const done = await tell().catch(() => false)
        if (done && known.slots === slots.length) return
      }
    },
    stop() {
      isStopped = true
    },
  }
}
