/**
 * An economy in memory that carries out a plan as an executor would: balances per participant, payments of a phase in an order of the
 * caller's choosing, readings that mint and retire. It refuses what a ledger refuses, so a plan that spends too much fails here.
 */
import * as Plan from '../../../src/sim/Plan.ts'
import type { World } from '../../../src/sim/Scenario.ts'

export interface Balances {
  readonly dollars: { readonly [role in Plan.Role]: bigint[] }
  /** Energy credits, mWh. */
  readonly credits: { readonly [role in Plan.Role]: bigint[] }
}

export interface Counts {
  tasks: number
  services: number
  /** Payments, two a trade. */
  legs: number
  requested: number
  bought: number
  unaffordable: number
  unaffordableMilliWh: bigint
  missedMilliWh: bigint
}

export interface Outcome extends Balances {
  readonly state: Plan.State
  readonly counts: Counts
  readonly readings: readonly Plan.Reading[]
  readonly payments: readonly Plan.Payment[]
  readonly trades: readonly Plan.Trade[]
  readonly funded: bigint
}

export interface Options {
  /** Changes the order of a phase's payments. */
  readonly order?: <item>(items: readonly item[]) => item[]
  /** Called after each slot. */
  readonly each?: (outcome: { state: Plan.State; readings: readonly Plan.Reading[] }) => void
}

/** Runs a whole day. */
export function run(world: World, { order = (items) => [...items], each }: Options = {}): Outcome {
  const { scenario } = world
  const list = (count: number) => new Array<bigint>(count).fill(0n)
  const purses = () => ({
    customer: list(scenario.customers),
    robot: list(scenario.robots),
    producer: list(scenario.producers),
    site: list(scenario.sites),
    station: list(scenario.stations),
  })
  const balances: Balances = { dollars: purses(), credits: purses() }
  const funding = Plan.funding(world)
  funding.forEach((amount, index) => {
    balances.dollars.customer[index] = amount
  })
  const done: { payments: Plan.Payment[]; trades: Plan.Trade[]; readings: Plan.Reading[] } = {
    payments: [],
    trades: [],
    readings: [],
  }
  const counts: Counts = {
    tasks: 0,
    services: 0,
    legs: 0,
    requested: 0,
    bought: 0,
    unaffordable: 0,
    unaffordableMilliWh: 0n,
    missedMilliWh: 0n,
  }
  const pay = (payments: readonly Plan.Payment[]) => {
    within(
      payments.map(({ from, amountAtomic }) => [from, amountAtomic] as const),
      balances.dollars,
    )
    for (const { from, to, amountAtomic } of order(payments)) move(balances.dollars, from, to, amountAtomic)
    done.payments.push(...payments)
  }
  let state = Plan.start(world)
  while (!Plan.isOver(world, state)) {
    const a = Plan.tasks(world, state)
    pay(a.payments)
    const b = Plan.services(world, a.state, [...balances.dollars.robot])
    pay(b.payments)
    const c = Plan.trades(world, b.state, {
      producersMilliWh: [...balances.credits.producer],
      sitesAtomic: [...balances.dollars.site],
      stationsAtomic: [...balances.dollars.station],
    })
    within(
      c.trades.map(({ buyer, priceAtomic }) => [buyer, priceAtomic] as const),
      balances.dollars,
    )
    within(
      c.trades.map(({ seller, energyMilliWh }) => [seller, energyMilliWh] as const),
      balances.credits,
    )
    for (const trade of order(c.trades)) {
      move(balances.dollars, trade.buyer, trade.seller, trade.priceAtomic)
      move(balances.credits, trade.seller, trade.buyer, trade.energyMilliWh)
    }
    done.trades.push(...c.trades)
    const d = Plan.readings(world, c.state)
    mint(balances, done.readings, d.readings)
    done.readings = d.readings
    counts.tasks += a.payments.length
    counts.services += b.payments.length
    counts.legs += 2 * c.trades.length
    counts.requested += b.jobs.requested
    counts.bought += b.jobs.bought
    counts.unaffordable += b.jobs.unaffordable
    counts.unaffordableMilliWh += b.unaffordableMilliWh
    counts.missedMilliWh += b.missedMilliWh
    state = d.state
    each?.({ state, readings: d.readings })
  }
  return { ...balances, ...done, state, counts, funded: funding.reduce((sum, amount) => sum + amount, 0n) }
}

/** Nobody may spend more in a phase than it held when the phase began. */
function within(spendings: readonly (readonly [Plan.Party, bigint])[], purses: Balances['dollars']): void {
  const spent = new Map<string, bigint>()
  for (const [{ role, index }, amount] of spendings) {
    const total = (spent.get(`${role} ${index}`) ?? 0n) + amount
    if (total > (purses[role][index] ?? 0n)) throw new Error(`${role} ${index} plans to spend more than it holds`)
    spent.set(`${role} ${index}`, total)
  }
}

/** Produced energy becomes the producer's credits; what is consumed stays with the buyer here, to be compared at the end. */
function mint(balances: Balances, before: readonly Plan.Reading[], after: readonly Plan.Reading[]): void {
  after.forEach(({ meter, energyMilliWh }, at) => {
    const gained = energyMilliWh - (before[at]?.energyMilliWh ?? 0n)
    if (gained < 0n) throw new Error(`a meter fell: ${meter.role} ${meter.index}`)
    if (meter.role === 'producer')
      balances.credits.producer[meter.index] = (balances.credits.producer[meter.index] ?? 0n) + gained
  })
}

function move(purses: Balances['dollars'], from: Plan.Party, to: Plan.Party, amount: bigint): void {
  const held = purses[from.role][from.index]
  const got = purses[to.role][to.index]
  if (held === undefined || got === undefined) throw new Error('nobody there')
  if (amount <= 0n || held < amount || (from.role === to.role && from.index === to.index))
    throw new Error(`refused: ${from.role} ${from.index} has ${held}, pays ${amount}`)
  purses[from.role][from.index] = held - amount
  purses[to.role][to.index] = (purses[to.role][to.index] ?? 0n) + amount
}

export const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((total, amount) => total + amount, 0n)
