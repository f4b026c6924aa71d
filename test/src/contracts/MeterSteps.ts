/** What may be done to the energy meter and its credits, at random. */
import * as Batch from '../../../src/core/Batch.ts'
import * as Digest from '../../../src/crypto/Digest.ts'
import * as Keccak from '../../../src/crypto/Keccak.ts'
import { type Address, at, of } from './Books.ts'
import type { Scene, SignedReading } from './Cast.ts'
import * as Meter from './MeterModel.ts'
import type { Signer, Step } from './World.ts'

const zero: Address = `0x${'0'.repeat(40)}`
const detail = Keccak.ofText('interval data')

type Make = (scene: Scene) => Step | undefined

/** Meters belong to members whose keys are on secp256k1; those have wallets, too. */
const someOwner = ({ cast, dice }: Scene): Signer => dice.one(cast.members.slice(0, 3))

const call = (scene: Scene, name: string, from: Address, args: readonly unknown[], expected: () => unknown): Step => ({
  ...{ name, from, args, expected },
  to: scene.world.meter.address,
})

const issuerOr = (scene: Scene): Address =>
  scene.dice.chance(10) ? scene.cast.stranger.address : scene.world.meter.issuer

const approve: Make = (scene) => {
  const { world, cast, dice } = scene
  const [device, owner, from] = [dice.one(cast.devices), someOwner(scene), issuerOr(scene)]
  const kind = dice.chance(2) ? 1 : 2
  const [watts, marginBps] = [dice.upTo(10_000n), dice.chance(8) ? 10_001n : dice.upTo(10_000n)]
  const [energy, compute] = [dice.upTo(1_000_000n), dice.upTo(100n)]
  const by = dice.chance(8) ? cast.stranger : owner
  const approval = {
    ...{ meter: device.address, owner: owner.address, kind, capacityWatts: watts, marginBps: Number(marginBps) },
    ...{ startMilliWh: energy, startComputeUnits: compute, region: detail, vintage: detail },
  }
  const signature = by.sign(Digest.approval(world.domains.meter, approval as never))
  const start: Meter.Device = {
    ...{ owner: owner.address, kind, watts, marginBps, energy, compute },
    ...{ revoked: false, timestamp: 0n },
  }
  return call(scene, 'approve', from, [approval, signature], () =>
    Meter.approve(world.meter, world.house, from, device.address, start, by.address),
  )
}

/** Approvals have the name of an allowance of the token, so the meter is told by its argument. */
const revoke: Make = (scene) => {
  const { world, cast, dice } = scene
  if (!dice.chance(4)) return undefined
  const [{ address }, from] = [dice.one(cast.devices), issuerOr(scene)]
  return call(scene, 'revoke', from, [address], () => Meter.revoke(world.meter, from, address))
}

const chooseDelivery: Make = (scene) => {
  const { world, cast, dice } = scene
  const owner = someOwner(scene)
  const toClearing = !dice.chance(3)
  const named = dice.chance(4) ? cast.stranger.address : (world.house.owner.get(owner.address) ?? zero)
  if (dice.chance(2)) {
    return call(scene, 'chooseDelivery', owner.address, [toClearing, named], () =>
      Meter.chooseDelivery(world.meter, owner.address, toClearing, named),
    )
  }
  const nonce = of(world.meter.deliveryNonce, owner.address)
  const signature = owner.sign(Digest.delivery(world.domains.meter, owner.address, toClearing, named, nonce))
  const args = [owner.address, toClearing, named, signature]
  return call(scene, 'chooseDeliveryWithSignature', cast.stranger.address, args, () =>
    Meter.chooseDelivery(world.meter, owner.address, toClearing, named),
  )
}

/** Mostly what the device can have measured; sometimes less, more, too early, in the future, or by another key. */
const sign = (scene: Scene): void => {
  const { world, cast, dice } = scene
  const device = dice.one(cast.devices)
  const state = world.meter.devices.get(device.address)
  const { now } = world.house
  const last = state?.timestamp ?? now
  const timestamp = dice.chance(12) ? now + 5n : last + dice.upTo(now > last ? now - last : 0n)
  const most = state ? (state.watts * (10_000n + state.marginBps) * (timestamp - last)) / 36_000n : 100n
  const counted = dice.chance(10) ? most + 1n : dice.upTo(most)
  const base = state?.energy ?? 0n
  const energy = dice.chance(20) ? 1n << 64n : dice.chance(12) ? base / 2n : base + counted
  const compute = dice.chance(12) ? 0n : (state?.compute ?? 0n) + dice.upTo(5n)
  const about = { meter: device.address, timestamp, energyMilliWh: energy, computeUnits: compute, detail }
  // A thief signs with a key of the same kind, so that the reading stands in the section where its device's belong.
  const kind = (signer: Signer) =>
    signer.address === cast.devices[2]?.address || signer.address === cast.devices[5]?.address
  const thief = cast.devices.find((other) => other !== device && kind(other) === kind(device)) as Signer
  const by = dice.chance(12) ? thief : device
  const signature = by.sign(Digest.reading(world.domains.meter, about))
  cast.readings.push({ reading: { meter: device.address, signer: by.address, timestamp, energy, compute }, signature })
}

const submit: Make = (scene) => {
  const { world, cast, dice } = scene
  for (let count = 0; count < 4; ++count) sign(scene)
  const chosen: SignedReading[] = []
  for (let count = 0; count < 6; ++count) chosen.push(dice.one(cast.readings.slice(-8)))
  const byKind = [...chosen].sort((one, other) => one.signature.length - other.signature.length)
  const batch = Batch.encodeReadings(
    byKind.map(({ reading: { meter, timestamp, energy, compute }, signature }) => ({
      ...{ meter, timestamp, energyMilliWh: energy, computeUnits: compute, detail, signature },
    })),
  )
  return call(scene, 'submit', cast.stranger.address, [batch], () =>
    Meter.submit(
      world.meter,
      world.house,
      byKind.map(({ reading }) => reading),
    ),
  )
}

const retire: Make = (scene) => {
  const { address } = someOwner(scene)
  return call(scene, 'retire', scene.cast.stranger.address, [address], () =>
    Meter.retire(scene.world.meter, scene.world.house, address),
  )
}

const send: Make = (scene) => {
  const { world, cast, dice } = scene
  const [from, to] = [someOwner(scene).address, dice.one(cast.people)]
  const held = of(world.house.tokens, at(world.meter.credit, from))
  const amount = dice.chance(6) ? held + 1n : dice.upTo(held)
  return {
    ...{ name: 'transfer', to: world.meter.credit, from, args: [to, amount] },
    expected() {
      Meter.send(world.meter, world.house, from, to, amount)
      return true
    },
  }
}

/** Each as often as it stands here. */
export const meterSteps: readonly Make[] = [
  ...[approve, approve, revoke, chooseDelivery, submit, submit, submit, submit, retire, send, send],
]
