/** What meters and their owners sign is what the energy meter contract recovers. */
import { describe, expect, test } from 'vitest'
import { genesisHistory } from '../../../src/core/Payment.ts'
import * as Wire from '../../../src/core/Wire.ts'
import * as Digest from '../../../src/crypto/Digest.ts'
import * as Signature from '../../../src/crypto/Signature.ts'
import { approveMeter, Meter } from '../../../src/sdk/Meter.ts'
import { FakeService, key } from './FakeService.ts'

const status = Wire.parse(Wire.status, JSON.parse(Wire.stringify(new FakeService().status())))
const domain = Digest.domain(status.chainId, status.energyMeter)
const owner = Signature.addressOf(key(2))

describe('Meter', () => {
  test('behavior: a reading is signed by the device, and the wire takes it', async () => {
    const meter = await Meter.open(key(1), status)
    const reading = await meter.read({ timestamp: 5n, energyMilliWh: 1_250_000n })
    expect(reading).toMatchObject({ meter: meter.address, computeUnits: 0n, detail: genesisHistory })
    expect(Signature.recover(Digest.reading(domain, reading), reading.signature)).toBe(meter.address)
    expect(Wire.parse(Wire.readings, JSON.parse(Wire.stringify([reading])))).toEqual([reading])
  })
})

describe('approveMeter', () => {
  const device = {
    meter: Signature.addressOf(key(1)),
    kind: 1,
    capacityWatts: 5000n,
    marginBps: 1000,
    startMilliWh: 0n,
    startComputeUnits: 0n,
    region: genesisHistory,
    vintage: genesisHistory,
  } as const

  test('behavior: the owner signs the device, and where its credits go', async () => {
    const request = await approveMeter(key(2), status, { ...device, delivery: { toClearing: true } })
    expect(Signature.recover(Digest.approval(domain, request), request.signature)).toBe(owner)
    const nobody = `0x${'0'.repeat(40)}` as const
    const digest = Digest.delivery(domain, owner, true, nobody, 0n)
    expect(Signature.recover(digest, request.delivery?.signature ?? '0x')).toBe(owner)
    expect(Wire.parse(Wire.meter, JSON.parse(Wire.stringify(request)))).toEqual(request)
  })

  test('behavior: without a word on delivery there is none', async () => {
    const request = await approveMeter(key(2), status, device)
    expect('delivery' in request).toBe(false)
    expect(Wire.parse(Wire.meter, JSON.parse(Wire.stringify(request)))).toEqual(request)
  })
})
