/** Attacks on metering: what a lying device can have minted, and what is refused. Energy in mWh; `gained` is in credits. */
import type { Hex } from '../../core/Payment.ts'
import * as Keccak from '../../crypto/Keccak.ts'
import { approveMeter, Meter } from '../../sdk/Meter.ts'
import * as Random from '../../sim/Random.ts'
import type { Attack } from './Attacks.ts'
import type { Scene } from './Scene.ts'

const capacityWatts = 1000n

/** A device approved for a kilowatt, whose owner is the attacker. */
const device = async (scene: Scene, name: string): Promise<{ meter: Meter; owner: Hex }> => {
  const { status, seed, client, token } = scene.options
  const owner = Random.key(seed, `owner of ${name}`, 0)
  const meter = await Meter.open(Random.key(seed, name, 0), status)
  const request = await approveMeter(owner, status, {
    meter: meter.address,
    kind: 1,
    capacityWatts,
    marginBps: 0,
    startMilliWh: 0n,
    startComputeUnits: 0n,
    region: Keccak.ofText('a region'),
    vintage: Keccak.ofText('a vintage'),
    delivery: { toClearing: true },
  })
  await client.approveMeter(request, token)
  return { meter, owner }
}

/** Credits that an owner holds in its clearing-house account, mWh. */
const minted = async (scene: Scene, owner: Hex): Promise<bigint> => {
  const robot = await scene.connect('meter owner', 0, { account: owner })
  return (await robot.balance({ asset: scene.options.status.energyCredit.asset })).available
}

const later = async (scene: Scene, seconds: bigint): Promise<bigint> => {
  const { timestamp } = await scene.options.chain.getBlock()
  await scene.raw('evm_setNextBlockTimestamp', `0x${(timestamp + seconds).toString(16)}`)
  await scene.raw('evm_mine')
  return timestamp + seconds
}

export const tooMuch = async (scene: Scene): Promise<Attack> => {
  const { meter, owner } = await device(scene, 'greedy meter')
  const timestamp = await later(scene, 3600n)
  // A megawatt-hour within an hour, by a device of a kilowatt; and one signed by a device that nobody approved.
  const stranger = await Meter.open(Random.key(scene.options.seed, 'stranger', 0), scene.options.status)
  const readings = await Promise.all([
    meter.read({ timestamp, energyMilliWh: 1_000_000_000n }),
    stranger.read({ timestamp, energyMilliWh: 1000n }),
  ])
  await scene.client.submit(readings).catch(() => {})
  await scene.settle()
  const gained = await minted(scene, owner)
  return {
    name: 'a meter shows a thousand times its capacity; a device that nobody approved',
    tries: 2,
    refused: gained === 0n ? 2 : 0,
    gainedAtomic: gained,
    lostAtomic: 0n,
    bound: 'nothing: refused by the contract',
  }
}

export const atNight = async (scene: Scene): Promise<Attack> => {
  const { meter, owner } = await device(scene, 'night meter')
  const timestamp = await later(scene, 3600n)
  const honest = await meter.read({ timestamp, energyMilliWh: 900_000n })
  await scene.client.submit([honest])
  await scene.settle()
  // The same reading again, and one that says less.
  await scene.client.submit([honest]).catch(() => {})
  await scene.client.submit([await meter.read({ timestamp: timestamp + 1n, energyMilliWh: 1n })]).catch(() => {})
  await scene.settle()
  const gained = await minted(scene, owner)
  return {
    name: 'a meter claims nearly its capacity at night, then replays its reading (mWh)',
    tries: 3,
    refused: gained === 900_000n ? 2 : 0,
    gainedAtomic: gained,
    lostAtomic: 0n,
    bound: `capacity × time, here ${capacityWatts * 1000n} mWh an hour, until the issuer revokes it`,
  }
}
