/**
 * A stationary battery looks a day ahead, expecting the prices that the last day had: what a stored kWh is worth is what the dearest hours to come pay
 * for it. It buys where that covers its losses and its margin; otherwise it sells, the first part of its store at the dearest price and each further
 * part at that of a later hour, as there is only so much power in each.
 */
import { affordable, least, type StorageView, type Strategy, type Wish } from '../Strategy.ts'

/** Parts in which it offers what it has stored. */
const parts = 4

const buying = ({ roomMilliWh, moneyAtomic }: StorageView, limit: bigint): Wish[] => [
  { side: 'buy', energyMilliWh: least(roomMilliWh, affordable(moneyAtomic, limit)), limitAtomicPerKwh: limit },
]

export const storage: Strategy<'storage'> = {
  name: 'a day ahead',
  role: 'storage',
  wishes(view) {
    const { aheadAtomicPerKwh: ahead, storedMilliWh, chargeMilliWh, powerMilliWh, assumed, efficiencyPercent } = view
    if (ahead.length === 0 || powerMilliWh === 0n) return []
    // Two thirds of a day: beyond the next night there is a next noon to buy at.
    const horizon = ahead.slice(0, Math.max(1, Math.ceil((ahead.length * 2) / 3)))
    const dearest = [...horizon].sort((a, b) => (a < b ? 1 : a > b ? -1 : 0))
    // Slots that it takes to sell what is stored, and one more for what is bought now.
    const slotsFull = Number(chargeMilliWh / powerMilliWh) + 1
    const worth = dearest[Math.min(slotsFull, dearest.length - 1)] ?? 0n
    const limit = (worth * efficiencyPercent * (100n - assumed.storageMarginPercent)) / 10_000n
    const expected = ahead[0] ?? 0n
    if (expected <= limit) return buying(view, limit)
    const part = storedMilliWh / BigInt(parts)
    return Array.from({ length: parts }, (_, i): Wish => {
      const place = Math.min(dearest.length - 1, Math.floor((slotsFull * (i + 1)) / parts))
      return {
        side: 'sell',
        energyMilliWh: part,
        limitAtomicPerKwh: ((dearest[place] ?? 0n) * 95n) / 100n,
      }
    })
  },
}
