/** A producer offers nearly all that it expects at its reserve price; sunlight costs nothing, so the auction's price is what it lives on. */
import type { Strategy } from '../Strategy.ts'

/** Of the forecast, %: the rest is its margin against clouds (assumed). */
const offeredPercent = 95n

export const producer: Strategy<'producer'> = {
  name: 'nearly all at reserve',
  role: 'producer',
  wishes: ({ forecastMilliWh, reserveAtomicPerKwh }) => [
    { side: 'sell', energyMilliWh: (forecastMilliWh * offeredPercent) / 100n, limitAtomicPerKwh: reserveAtomicPerKwh },
  ],
}
