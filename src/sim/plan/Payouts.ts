/**
 * How money comes back to households: what anybody earns beyond what it needs to go on is paid out, a part of it for maintenance and land to whoever does
 * that, the rest to the owner of the capital. Households are the robots' customers, so the circuit is closed: no money comes in during a run, and
 * none is lost. Stations and sites pay the grid's fee first.
 */
import * as Amount from '../../core/Amount.ts'
import * as Random from '../Random.ts'
import { slotSeconds, type World } from '../Scenario.ts'
import { siteCapitalAtomic, storageCapitalAtomic } from './Demand.ts'
import type { Role, Sink, State } from './State.ts'

/** Paid out in this order. */
const roles = ['robot', 'producer', 'site', 'station', 'storage'] as const
type Earner = (typeof roles)[number]

/** Less than this is not paid out, atomic dollars. */
const leastAtomic = 1000n

/** What a participant keeps, atomic dollars: what it buys with, and producers what a penalty may take. */
const kept = (world: World, role: Earner, index: number): bigint => {
  if (role === 'robot') return world.assumed.robotCapitalAtomic
  if (role === 'site') return siteCapitalAtomic(world)
  if (role === 'storage') return storageCapitalAtomic(world)
  if (role === 'station') return 0n
  // An hour at full power, at half of its cost.
  const watts = BigInt(world.producerWatts[index] ?? 0)
  return (watts * world.assumed.energyCostAtomicPerKwh) / 2000n
}

/**
 * Fees and payouts of those whose turn it is.
 * @param left what everybody can still spend; what is spent is taken from it
 * @returns what has been drawn and not yet paid a fee for
 */
export function payouts(
  world: World,
  state: State,
  left: { [role in Role]: BigInt64Array },
  pay: Sink,
): State['feeDue'] {
  const { scenario, assumed, owners } = world
  const { slot } = state
  const seconds = slotSeconds(scenario, slot)
  const random = Random.stream(scenario.seed, 'payouts', scenario.day, slot)
  const due = { site: [...state.feeDue.site], station: [...state.feeDue.station] }
  const take = (role: Role, index: number, amount: bigint) => {
    left[role][index] = (left[role][index] ?? 0n) - amount
  }
  for (const role of roles) {
    const every = turnOf(role === 'robot' ? assumed.robotPayoutSeconds : assumed.payoutSeconds, seconds, scenario.slots)
    for (let index = slotOffset(slot, every); index < left[role].length; index += every) {
      const from = { role, index }
      if (role === 'site' || role === 'station') {
        const fee = feeOf(world, due[role][index] ?? 0n, left[role][index] ?? 0n)
        if (fee.amount > 0n) {
          const to = { role: 'producer' as const, index: scenario.producers }
          pay({ kind: 'fee', index: place(role, index), from, to, amountAtomic: Amount.from(fee.amount) })
          take(role, index, fee.amount)
          due[role][index] = fee.due
        }
      }
      const surplus = (left[role][index] ?? 0n) - kept(world, role, index)
      if (surplus < leastAtomic) continue
      const upkeep = (surplus * assumed.upkeepPercent) / 100n
      const household = (at: number) => ({ role: 'customer' as const, index: at })
      const worker = household(Random.below(random, scenario.customers))
      const owner = household(owners[role][index] ?? 0)
      pay({ kind: 'upkeep', index: place(role, index), from, to: worker, amountAtomic: Amount.from(upkeep) })
      pay({ kind: 'capital', index: place(role, index), from, to: owner, amountAtomic: Amount.from(surplus - upkeep) })
      take(role, index, surplus)
    }
  }
  return due
}

/** A number for each participant that pays out, so that purposes are apart. */
const place = (role: Earner, index: number): number => index * roles.length + roles.indexOf(role)

/** Slots from one turn to the next; all of a day where it is divided into fewer. */
const turnOf = (everySeconds: number, seconds: number, slots: number): number =>
  Math.max(1, Math.min(slots, Math.round(everySeconds / seconds)))

/** The first whose turn it is: index + slot is a multiple of the turn. */
const slotOffset = (slot: number, every: number): number => (every - (slot % every)) % every

/** The fee for what was drawn, as far as there is money for it: paid and still due. */
const feeOf = (world: World, drawnMilliWh: bigint, heldAtomic: bigint): { amount: bigint; due: bigint } => {
  const fee = world.assumed.gridFeeAtomicPerKwh
  const amount = (drawnMilliWh * fee) / 1_000_000n
  return amount <= heldAtomic ? { amount, due: 0n } : { amount: 0n, due: drawnMilliWh }
}
