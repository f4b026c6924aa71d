/** What readings cost: a hundred meters in one batch, of one owner or each of its own. The second reading of each is measured. */
import * as Batch from '../../../src/core/Batch.ts'
import type { Hex } from '../../../src/core/Payment.ts'
import * as Digest from '../../../src/crypto/Digest.ts'
import * as Lab from './Lab.ts'
import type { Operation } from './Operations.ts'

const producer = 1
const hour = 3600n
/** Half of its capacity for an hour, in mWh: 2.5 kWh. */
const step = 2_500_000n

const word = (byte: string): Hex => `0x${byte.repeat(32)}`

const approve = (lab: Lab.Lab, device: Lab.Member, owner: Lab.Member): Promise<Lab.Mined> => {
  const approval = {
    meter: device.address,
    owner: owner.address,
    kind: producer,
    capacityWatts: 5_000n,
    marginBps: 500,
    // A panel that has run for years: totals of five bytes.
    startMilliWh: 20_000_000_000n,
    startComputeUnits: 0n,
    region: word('1a'),
    vintage: word('2b'),
  }
  return lab.approveMeter(approval, owner.sign(Digest.approval(lab.domains.meter, approval)))
}

const batchOf = (lab: Lab.Lab, devices: readonly Lab.Member[], timestamp: bigint, energyMilliWh: bigint): Hex =>
  Batch.encodeReadings(
    devices.map((device) => {
      const reading = { meter: device.address, timestamp, energyMilliWh, computeUnits: 0n, detail: word('3c') }
      return { ...reading, signature: device.sign(Digest.reading(lab.domains.meter, reading)) }
    }),
  )

const second = async (
  lab: Lab.Lab,
  name: string,
  devices: readonly Lab.Member[],
  ownerOf: (index: number) => Lab.Member,
  from: bigint,
): Promise<Operation> => {
  await lab.at(from)
  await Promise.all(devices.map((device, i) => approve(lab, device, ownerOf(i))))
  const taken: Lab.Mined[] = []
  for (const hours of [1n, 2n]) {
    await lab.at(from + (hours + 1n) * hour)
    const batch = batchOf(lab, devices, from + hours * hour, 20_000_000_000n + hours * step)
    taken.push(await lab.meter('submit', [batch]))
  }
  return { name, transactions: taken.slice(1), times: devices.length }
}

export const measure = async (lab: Lab.Lab, count: number): Promise<Operation[]> => {
  const fleet = Lab.member('fleet owner')
  const owners = Lab.members(count, 'panel owner')
  const day = 24n * hour
  return [
    await second(lab, 'reading.fleet', Lab.members(count, 'panel'), () => fleet, Lab.startsAt + day),
    await second(
      lab,
      'reading.fleet.p256',
      Lab.members(count, 'secure panel', true),
      () => fleet,
      Lab.startsAt + 2n * day,
    ),
    await second(
      lab,
      'reading.owners',
      Lab.members(count, 'roof'),
      (i) => owners[i] as Lab.Member,
      Lab.startsAt + 3n * day,
    ),
  ]
}

/** One reading, alone in its batch and for an owner of its own: what batching saves. */
export const single = async (lab: Lab.Lab): Promise<bigint> => {
  const owner = Lab.member('lone owner')
  const { transactions } = await second(
    lab,
    'single',
    [Lab.member('lone panel')],
    () => owner,
    Lab.startsAt + 96n * hour,
  )
  return transactions[0]?.gas ?? 0n
}
