/** Readings on their way to the chain: who may hand them in, how many go at once, and what they do to the ledger (I9). */
import { describe, expect, test } from 'vitest'
import * as House from '../../../src/chain/House.ts'
import type { Address } from '../../../src/core/Payment.ts'
import type { MeterRequest, SignedReading } from '../../../src/core/Wire.ts'
import * as Digest from '../../../src/crypto/Digest.ts'
import { codeOf } from '../support/Book.ts'
import { type Deployed, tokensOf, useChain } from '../support/Chain.ts'
import * as Member from '../support/Member.ts'
import { differences, start } from '../support/Running.ts'

const chain = useChain()
const nobody = `0x${'0'.repeat(40)}` as const
const word = `0x${'77'.repeat(32)}` as const

const meterDomain = ({ deployment }: Deployed) => Digest.domain(deployment.chainId, deployment.energyMeter)

const approval = (
  deployed: Deployed,
  device: Member.Member,
  owner: Member.Member,
  kind: 1 | 2,
  delivery?: Address,
): MeterRequest => {
  const domain = meterDomain(deployed)
  const rest = { capacityWatts: 1_000_000n, marginBps: 0, startMilliWh: 0n, startComputeUnits: 0n }
  const stated = { meter: device.address, owner: owner.address, kind, ...rest, region: word, vintage: word }
  const chosen = owner.sign(Digest.delivery(domain, owner.address, true, delivery ?? nobody, 0n))
  const choice = { delivery: { toClearing: true, accountOwner: delivery ?? nobody, signature: chosen } }
  return {
    ...stated,
    signature: owner.sign(Digest.approval(domain, stated)),
    ...(delivery === undefined ? {} : choice),
  }
}

const reading = (
  deployed: Deployed,
  device: Member.Member,
  timestamp: bigint,
  energyMilliWh: bigint,
): SignedReading => {
  const stated = { meter: device.address, timestamp, energyMilliWh, computeUnits: 0n, detail: word }
  return { ...stated, signature: device.sign(Digest.reading(meterDomain(deployed), stated)) }
}

const metering = async () => {
  const deployed = await chain.deploy()
  const service = await start(chain, deployed)
  const { energyCredit, energyMeter } = deployed.deployment
  const device = (name: string, p256 = false) => Member.create(`device ${name}`, { p256 })
  return {
    deployed,
    service,
    device,
    owner: (name: string) => service.member(`owner ${name}`),
    asset: energyCredit.asset,
    approve: (of: Member.Member, owner: Member.Member, kind: 1 | 2 = 1, delivery?: Address) =>
      service.approveMeter(approval(deployed, of, owner, kind, delivery)),
    async now() {
      await chain.pass(1000n)
      return (await chain.client.getBlock()).timestamp
    },
    signed: (of: Member.Member, timestamp: bigint, energy: bigint) => reading(deployed, of, timestamp, energy),
    energy: async () =>
      House.energy(chain.client, energyMeter, energyCredit.asset, await chain.client.getBlockNumber()),
  }
}

describe('a reading', () => {
  test('behavior: I8 many are checked a few at a time, beside payments; strangers’ meters are asked about until the first', async () => {
    const { service, device, signed } = await metering()
    const strangers = Array.from({ length: 100 }, (_, i) => signed(device(`stranger ${i}`), 1n, 1n))
    let checks = 0
    service.lookBy(async (work) => {
      checks++
      return work()
    })
    expect(await codeOf(service.read(strangers))).toBe('SL343')
    expect(checks).toBe(13)
    const forged = strangers.map((each) => ({ ...each, energyMilliWh: 2n }))
    expect(await codeOf(service.read(forged))).toBe('SL340')
    expect(checks).toBe(14)
  })

  test('behavior: I9 becomes credits in the owner’s wallet, or in its account, at the next settlement', async () => {
    const { service, device, owner, approve, now, signed, energy, asset } = await metering()
    const [wallet, account] = [owner('wallet'), owner('account')]
    await approve(device('a'), wallet)
    await approve(device('b', true), account, 1, nobody)
    const timestamp = await now()
    expect(await service.read([signed(device('a'), timestamp, 70n), signed(device('b', true), timestamp, 80n)])).toBe(2)
    const { readings, block } = await service.settle()
    expect(readings).toMatchObject([{ accepted: 2, refused: 0 }])
    expect(await tokensOf(chain.client, asset, wallet.address)).toBe(70n)
    const [, credits] = (await service.account(account.address)).assets
    expect(credits).toMatchObject({ asset, available: 80n, balance: 80n })
    expect(await energy()).toEqual({
      producedMilliWh: 150n,
      consumedMilliWh: 0n,
      owedMilliWh: 0n,
      existingMilliWh: 150n,
    })
    expect(block).toBe(service.status().block)
    expect(await differences(chain, service)).toEqual([])
  })

  test('behavior: a settlement of readings alone is part of what the ledger’s block stands for', async () => {
    const { service, device, owner, approve, now, signed } = await metering()
    await approve(device('a'), owner('a'), 2)
    await service.read([signed(device('a'), await now(), 70n)])
    const { readings, block } = await service.settle()
    const [{ transaction } = { transaction: word }] = readings
    const receipt = await chain.client.getTransactionReceipt({ hash: transaction })
    expect([block, service.status().block]).toEqual([receipt.blockNumber, receipt.blockNumber])
  })

  test('behavior: of one device the newest goes, and a refused one spoils nothing', async () => {
    const { service, device, owner, approve, now, signed, energy } = await metering()
    await approve(device('a'), owner('a'))
    await approve(device('b'), owner('b'))
    const timestamp = await now()
    await service.read([signed(device('a'), timestamp - 1n, 5n), signed(device('a'), timestamp, 9n)])
    await service.read([signed(device('a'), timestamp - 2n, 3n)])
    expect(await service.read([signed(device('b'), timestamp + 10_000n, 4n)])).toBe(2)
    expect((await service.settle()).readings).toMatchObject([{ accepted: 1, refused: 1 }])
    expect((await energy()).producedMilliWh).toBe(9n)
  })

  test('behavior: a full transaction of the costliest readings fits, and the rest goes in another', async () => {
    const { service, device, owner, approve, now, signed, energy } = await metering()
    const count = 150
    const devices = Array.from({ length: count }, (_, i) => device(`${i}`, i % 5 === 0))
    // Each of another owner, whose account was never used and does not have the owner that it names: tried there, then in the wallet.
    await Promise.all(devices.map((of, i) => approve(of, owner(`${i}`), 1, Member.clearingHouse)))
    const timestamp = await now()
    await service.read(devices.map((of) => signed(of, timestamp, 1_000n)))
    const { readings } = await service.settle()
    expect(readings.map(({ accepted, refused }) => [accepted, refused])).toEqual([
      [140, 0],
      [10, 0],
    ])
    // Of 16.0 M that the transaction may take.
    expect(Number(readings[0]?.gasUsed)).toBeLessThan(12_000_000)
    expect((await energy()).producedMilliWh).toBe(BigInt(count) * 1_000n)
  })
})

describe('what is not taken', () => {
  test('error: SL340 for a signature that is not the device’s', async () => {
    const { service, device, owner, approve, now, signed } = await metering()
    await approve(device('a'), owner('a'))
    const good = signed(device('a'), await now(), 5n)
    expect(await codeOf(service.read([good, { ...good, energyMilliWh: 6n }]))).toBe('SL340')
    expect((await service.settle()).readings).toEqual([])
  })

  test('error: SL343 for a device that nobody approved: the operator would pay for it', async () => {
    const { service, device, signed, now } = await metering()
    expect(await codeOf(service.read([signed(device('stranger'), await now(), 5n)]))).toBe('SL343')
  })

  test('error: SL341 for more than may wait; none of them is kept', async () => {
    const { service, device, owner, approve, now, signed } = await metering()
    await approve(device('a'), owner('a'))
    const one = signed(device('a'), await now(), 5n)
    expect(await codeOf(service.read(Array(100_001).fill(one)))).toBe('SL341')
    expect((await service.settle()).readings).toEqual([])
  })

  test('error: I8 readings that cannot be sent hold up nobody’s money, and the caller is told', async () => {
    const { deployed, service, device, owner, approve, now, signed } = await metering()
    const [payer, shop] = [service.member('payer'), service.member('shop')]
    await service.fund(payer, 10n)
    await service.pay(payer.pay({ to: shop.address, amount: 4n }))
    await approve(device('a'), owner('a'))
    await service.read([signed(device('a'), await now(), 5n)])
    // A meter that reverts stands in for whatever may go wrong with it.
    const { energyMeter } = deployed.deployment
    const code = await chain.client.getCode({ address: energyMeter })
    await chain.raw('hardhat_setCode', energyMeter, '0xfe')
    expect(await codeOf(service.settle())).toBe('SL504')
    expect(service.status().unsettledAtomic).toBe(0n)
    await chain.raw('hardhat_setCode', energyMeter, code)
    expect((await service.settle()).readings).toMatchObject([{ accepted: 1 }])
  })
})
