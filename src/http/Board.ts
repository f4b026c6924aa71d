/**
 * What the page shows, put together on the server, so that a page costs the same at five payments a second and at five thousand: figures of
 * the service once a second, its settlements, and what a simulated economy tells of itself. All of it is a view; nothing depends on it.
 */
import type { Service } from '../clearing/Service.ts'
import type * as BoardWire from '../core/BoardWire.ts'
import { SunledgerError } from '../core/Errors.ts'
import type { Settlement } from '../core/Record.ts'

/** A fee, as the page shows it; see `cost/Fees`. */
export interface Fee {
  readonly network: string
  readonly strategy: string
  readonly usdPerPayment: string
  readonly shareOfValue: string | null
}

/** What fees are reckoned from. */
export interface Costs {
  readonly payments: number
  readonly valueAtomic: bigint
  readonly settlements: readonly Settlement[]
  /** A direct transfer, where one was measured. */
  readonly transfer: BoardWire.EconomyUpdate['transfer']
}

export interface BoardOptions {
  readonly service: Service
  /** Prices what was settled; left out: the page shows no fees. */
  readonly fees?: (costs: Costs) => readonly Fee[]
  readonly nowMs?: () => number
}

/** How things stood in one second. */
export interface Sample {
  readonly atMs: number
  /** All accepted payments until then. */
  readonly payments: number
  readonly paymentsPerSecond: number
  readonly unsettledAtomic: bigint
  readonly unsettledMembers: number
}

type Economy = Omit<BoardWire.EconomyUpdate, 'from' | 'participants'> & {
  readonly participants: readonly BoardWire.Participant[]
}

export type Pulse = ReturnType<Board['pulse']>
export type View = ReturnType<Board['view']>

/** Five minutes of seconds. */
const mostSamples = 300
const mostSettlements = 200
/** Whose balances are read in one go. */
const participantsAtOnce = 50
/** An economy that has not told of itself for so long is gone. */
const silentMs = 5000

export class Board {
  /** Rises with whatever changes in the view. */
  version = 0
  readonly #service: Service
  readonly #options: BoardOptions
  readonly #nowMs: () => number
  /** For durations: nobody sets it. */
  readonly #elapsedMs: () => number
  #sampledMs = 0
  readonly #samples: Sample[] = []
  readonly #listeners = new Set<(event: string, value: unknown) => void>()
  readonly #stop: () => void
  #economy: Economy | undefined
  #heardMs = 0
  #wanted: BoardWire.ControlChange = {}
  #feesFor = ''
  #fees: readonly Fee[] = []

  constructor(options: BoardOptions) {
    this.#service = options.service
    this.#options = options
    this.#nowMs = options.nowMs ?? Date.now
    this.#elapsedMs = options.nowMs ?? (() => performance.now())
    const timer = setInterval(() => this.#beat(), 1000)
    timer.unref()
    const unlisten = this.#service.listen({
      chain: ({ settlements }) => {
        if (settlements.length === 0) return
        for (const settlement of this.#service.settled().recent.slice(-settlements.length))
          this.#tell('settlement', settlement)
      },
    })
    this.#stop = () => {
      clearInterval(timer)
      unlisten()
    }
  }

  close(): void {
    this.#stop()
  }

  /** Told of each second (`pulse`), each settlement (`settlement`), and what the economy says (`slots`, `economy`). */
  listen(listener: (event: string, value: unknown) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Takes in what the economy tells, and answers what is wanted of it. */
  publish(update: BoardWire.EconomyUpdate): BoardWire.EconomyAnswer {
    const { from, participants, ...rest } = update
    this.#heardMs = this.#elapsedMs()
    const isNew = this.#economy?.run !== update.run
    if (isNew) this.#wanted = {}
    const before = isNew ? [] : (this.#economy?.slots ?? [])
    // Slots that would leave a gap are not taken; the answer says from where to go on.
    const slots = from <= before.length ? [...before.slice(0, from), ...rest.slots] : before
    const known = participants ?? (isNew ? [] : (this.#economy?.participants ?? []))
    const changed = isNew || this.#economy?.state !== rest.state || participants !== undefined
    this.#economy = { ...rest, slots, participants: known }
    if (changed) this.#tell('economy', { ...this.#economyView(), slots: undefined })
    for (const slot of slots.slice(before.length)) this.#tell('slot', slot)
    return { slots: slots.length, participants: known.length, controls: this.#controls(this.#economy) }
  }

  /** What the page asks of the economy. @throws {NoEconomyError} where none runs */
  control(change: BoardWire.ControlChange): BoardWire.Controls {
    const economy = this.#running()
    if (economy === undefined) throw new NoEconomyError()
    const { choices } = economy.scenario
    if (typeof change.scenario === 'string' && !choices.some(({ name }) => name === change.scenario))
      throw new ChoiceUnknownError(
        choices.map(({ name }) => name),
        change.scenario,
      )
    this.#wanted = { ...this.#wanted, ...change }
    const controls = this.#controls(economy)
    this.#tell('controls', controls)
    return controls
  }

  /** How things stand now, small enough for once a second. */
  pulse() {
    const status = this.#service.status()
    const { state, fence, payments, unsettledAtomic, unsettledMembers, refused, block, nowSeconds } = status
    return {
      atMs: this.#nowMs(),
      state,
      fence,
      payments,
      paymentsPerSecond: this.#samples.at(-1)?.paymentsPerSecond ?? 0,
      valueAtomic: this.#service.valueAtomic(),
      unsettledAtomic,
      unsettledMembers,
      refused,
      block,
      chainSeconds: nowSeconds,
      funds: this.#service.funds(),
      settled: this.#service.settled().totals,
      settlement: this.#service.health().settlement,
      fees: this.#currentFees(),
    }
  }

  /** All that a page needs that has just been opened. */
  view() {
    const { chainId, clearingHouse, energyMeter, dollar, energyCredit, creditKey, settlementKey } =
      this.#service.status()
    return {
      version: 1,
      service: { chainId, clearingHouse, energyMeter, dollar, energyCredit, creditKey, settlementKey },
      pulse: this.pulse(),
      samples: this.#samples,
      settlements: this.#service.settled().recent.slice(-mostSettlements),
      economy: this.#economyView(),
    }
  }

  /** Everybody who takes part, with what the ledger says of them; some at a time. */
  *participants() {
    const known = this.#running()?.participants ?? []
    for (let from = 0; from < known.length; from += participantsAtOnce) {
      const part = known.slice(from, from + participantsAtOnce)
      const balances = this.#service.balances(part.map(({ address }) => address))
      yield part.map((participant, i) => ({ ...participant, ...balances[i] }))
    }
  }

  #economyView() {
    const economy = this.#running()
    if (economy === undefined) return null
    return { ...economy, controls: this.#controls(economy) }
  }

  /** An economy that has fallen silent before its end is none. */
  #running(): Economy | undefined {
    const economy = this.#economy
    if (economy === undefined || economy.state === 'finished') return economy
    return this.#elapsedMs() - this.#heardMs > silentMs ? undefined : economy
  }

  #controls(economy: Economy): BoardWire.Controls {
    const { speed, paused, scenario } = economy.controls
    const wanted = this.#wanted
    return {
      speed: wanted.speed ?? speed,
      paused: wanted.paused ?? paused,
      scenario: wanted.scenario ?? scenario,
    }
  }

  #sample(): void {
    const { payments, unsettledAtomic, unsettledMembers } = this.#service.status()
    const atMs = this.#nowMs()
    const last = this.#samples.at(-1)
    const elapsedMs = this.#elapsedMs()
    const seconds = last === undefined ? 0 : (elapsedMs - this.#sampledMs) / 1000
    this.#sampledMs = elapsedMs
    const paymentsPerSecond = seconds > 0 && last !== undefined ? Math.round((payments - last.payments) / seconds) : 0
    this.#samples.push({ atMs, payments, paymentsPerSecond, unsettledAtomic, unsettledMembers })
    if (this.#samples.length > mostSamples) this.#samples.shift()
  }

  #beat(): void {
    this.#sample()
    this.version++
    if (this.#listeners.size > 0) this.#tell('pulse', this.pulse())
  }

  /** Fees change when something has been settled. */
  #currentFees(): readonly Fee[] {
    const { fees } = this.#options
    const { recent, totals } = this.#service.settled()
    const transfer = this.#economy?.transfer ?? null
    const key = `${totals.transactions} ${transfer?.gas}`
    if (fees === undefined || key === this.#feesFor) return this.#fees
    this.#feesFor = key
    const payments = recent.reduce((sum, each) => sum + each.payments, 0)
    const valueAtomic = recent.reduce((sum, each) => sum + each.valueAtomic, 0n)
    this.#fees = fees({ payments, valueAtomic, settlements: recent, transfer })
    return this.#fees
  }

  #tell(event: string, value: unknown): void {
    this.version++
    for (const listener of this.#listeners) listener(event, value)
  }
}

/** There is no economy to control. */
export class NoEconomyError extends SunledgerError {
  override readonly name = 'NoEconomyError'
  constructor() {
    super('SL780', 'No simulated economy runs here.', {
      expected: 'a service that `npm start` has started',
      status: 409,
    })
  }
}

/** The economy has no such scenario. */
export class ChoiceUnknownError extends SunledgerError {
  override readonly name = 'ChoiceUnknownError'
  constructor(choices: readonly string[], actual: string) {
    super('SL781', 'There is no such scenario.', { expected: choices.join(', '), actual, status: 400 })
  }
}
