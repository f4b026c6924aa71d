/** The grid connection offers all that it can import, at what imports cost. */
import type { Strategy } from '../Strategy.ts'

export const grid: Strategy<'grid'> = {
  name: 'imports at their price',
  role: 'grid',
  wishes: ({ capacityMilliWh, priceAtomicPerKwh }) => [
    { side: 'sell', energyMilliWh: capacityMilliWh, limitAtomicPerKwh: priceAtomicPerKwh },
  ],
}
