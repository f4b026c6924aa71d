/**
 * A strategy of one's own, for a tenth of the robots:
 *
 *   npm start -- --strategy scripts/examples/strategy.ts
 *
 * These robots wait for cheap energy: as long as their battery is half full they buy only well below the mean price; below that they pay what others do.
 * The report's bills say whether that paid: `bills.csv` names each participant's strategy.
 */
import type { RobotView, Strategy, Wish } from '../../src/market/Strategy.ts'

const patient: Strategy<'robot'> = {
  name: 'waits for cheap energy',
  role: 'robot',
  percent: 10,
  wishes(view: RobotView): Wish[] {
    const { batteryMilliWh, capacityMilliWh, roomMilliWh, moneyAtomic, meanPriceAtomicPerKwh: mean } = view
    const isPatient = batteryMilliWh * 2n > capacityMilliWh
    // Prices are atomic dollars (millionths) a kWh, energy is mWh: a kWh is a million of them.
    const limitAtomicPerKwh = isPatient ? (mean * 7n) / 10n : mean * 3n
    const affordableMilliWh = (moneyAtomic * 1_000_000n) / limitAtomicPerKwh
    const energyMilliWh = roomMilliWh < affordableMilliWh ? roomMilliWh : affordableMilliWh
    return [{ side: 'buy', energyMilliWh, limitAtomicPerKwh }]
  },
}

export default patient
