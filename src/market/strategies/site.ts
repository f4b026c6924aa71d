/** A compute site bids one price for all that it needs: what compute earns is far more than its energy costs, so it outbids most others. */
import { affordable, least, type Strategy } from '../Strategy.ts'

export const site: Strategy<'site'> = {
  name: 'all it needs at one price',
  role: 'site',
  wishes({ needMilliWh, moneyAtomic, assumed, spec }) {
    const limitAtomicPerKwh = assumed.siteBidAtomicPerKwh
    // Rounded up to a lot, as a part of one cannot be had.
    const wanted = ((needMilliWh + spec.lotMilliWh - 1n) / spec.lotMilliWh) * spec.lotMilliWh
    return [
      { side: 'buy', energyMilliWh: least(wanted, affordable(moneyAtomic, limitAtomicPerKwh)), limitAtomicPerKwh },
    ]
  },
}
