/** A stationary battery buys below the mean price while the sun shines and sells above it when it does not, so far apart that its losses are paid for. */
import { affordable, least, type Strategy } from '../Strategy.ts'

/** What it wants to earn each way, % of the mean price (assumed). */
const marginPercent = 10n

/** With less sun than this, %, it sells (assumed). */
const duskPercent = 15

export const storage: Strategy<'storage'> = {
  name: 'buy low, sell high',
  role: 'storage',
  wishes(view) {
    const { meanPriceAtomicPerKwh: mean, costAtomicPerKwh: cost, storedMilliWh } = view
    const dear = ((mean > cost ? mean : cost) * (100n + marginPercent)) / 100n
    if (view.sunPercent < duskPercent) return [{ side: 'sell', energyMilliWh: storedMilliWh, limitAtomicPerKwh: dear }]
    const cheap = (mean * view.efficiencyPercent * (100n - marginPercent)) / 10_000n
    return [
      {
        side: 'buy',
        energyMilliWh: least(view.roomMilliWh, affordable(view.moneyAtomic, cheap)),
        limitAtomicPerKwh: cheap,
      },
    ]
  },
}
