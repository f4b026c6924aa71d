/**
 * A robot bids by its hunger: the emptier its battery, the more it pays; with a full one it takes what is nearly free. Unless it is about to stand
 * still it offers at most twice the last price, because what it bids is money that it cannot bid for a second kWh.
 */
import { affordable, least, type Strategy } from '../Strategy.ts'

export const robot: Strategy<'robot'> = {
  name: 'hungry pays more',
  role: 'robot',
  wishes({ batteryMilliWh, capacityMilliWh, needMilliWh, roomMilliWh, moneyAtomic, lastPriceAtomicPerKwh, assumed }) {
    const { robotFullAtomicPerKwh: full, robotEmptyAtomicPerKwh: empty } = assumed
    const gap = capacityMilliWh - batteryMilliWh
    const hunger = full + ((empty - full) * gap * gap) / (capacityMilliWh * capacityMilliWh)
    const isStarving = batteryMilliWh < 2n * needMilliWh
    const limitAtomicPerKwh = isStarving ? hunger : least(hunger, 2n * lastPriceAtomicPerKwh)
    const energyMilliWh = least(roomMilliWh, affordable(moneyAtomic, limitAtomicPerKwh))
    return [{ side: 'buy', energyMilliWh, limitAtomicPerKwh }]
  },
}
