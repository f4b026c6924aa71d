/** A compute site needs its energy whatever it costs: power is a fortieth of what a GPU-hour costs, so it pays up to ten times the last price. */
import { affordable, least, type Strategy } from '../Strategy.ts'

/** Never less than this, atomic dollars a kWh (assumed): $0.50. */
const floor = 500_000n

export const site: Strategy<'site'> = {
  name: 'whatever it costs',
  role: 'site',
  wishes({ needMilliWh, moneyAtomic, lastPriceAtomicPerKwh, spec }) {
    const limitAtomicPerKwh = lastPriceAtomicPerKwh * 10n > floor ? lastPriceAtomicPerKwh * 10n : floor
    // Rounded up to a lot, as a part of one cannot be had.
    const wanted = ((needMilliWh + spec.lotMilliWh - 1n) / spec.lotMilliWh) * spec.lotMilliWh
    return [
      { side: 'buy', energyMilliWh: least(wanted, affordable(moneyAtomic, limitAtomicPerKwh)), limitAtomicPerKwh },
    ]
  },
}
