/** Money paid into the clearing house at random, by senders and by what a wallet has signed, one by one and many at once. */
import * as Batch from '../../../src/core/Batch.ts'
import * as Digest from '../../../src/crypto/Digest.ts'
import * as Keccak from '../../../src/crypto/Keccak.ts'
import { type Address, Refused } from './Books.ts'
import { type Scene, someAsset, someone } from './Cast.ts'
import * as Model from './HouseModel.ts'
import type { Signer, Step } from './World.ts'

type Hex = `0x${string}`

const zero: Address = `0x${'0'.repeat(40)}`
const forever = (1n << 64n) - 1n

export type Make = (scene: Scene) => Step | undefined

/** A call of the clearing house. */
export const call = (
  scene: Scene,
  name: string,
  from: Address,
  args: readonly unknown[],
  expected: () => unknown,
): Step => ({
  ...{ name, from, args, expected },
  to: scene.world.house.address,
})

export const deposit: Make = (scene) => {
  const { world, cast, dice } = scene
  const asset = dice.chance(12) ? cast.stranger.address : someAsset(scene)
  const account = dice.chance(20) ? zero : someone(scene).address
  const owner = dice.chance(8) ? cast.stranger.address : (world.house.owner.get(account) ?? zero)
  const amount = dice.upTo(dice.chance(6) ? 1n << 80n : 1_000_000n)
  const from = dice.one(cast.senders)
  return call(scene, 'deposit', from, [asset, account, owner, amount], () =>
    Model.deposit(world.house, from, asset, account, owner, amount, (who) => world.retire(asset, who)),
  )
}

/** Signed by one member's wallet, for anybody's account; sometimes for another amount, or once more. */
const someAuthorization = (scene: Scene, validBefore: bigint) => {
  const { world, cast, dice } = scene
  const [wallet, account] = [cast.members[0] as Signer, someone(scene).address]
  const owner = world.house.owner.get(account) ?? zero
  const amount = dice.upTo(1_000_000n)
  const salt: Hex = Keccak.ofText(`salt ${dice.upTo(dice.chance(3) ? 3n : 1n << 60n)}`)
  const nonce = Digest.depositNonce(account, owner, salt)
  const signed = dice.chance(6) ? amount + 1n : amount
  const about = { from: wallet.address, to: world.house.address, validAfter: 0n, validBefore, nonce }
  const signature = wallet.sign(Digest.receiveAuthorization(world.domains.dollar, { ...about, value: signed }))
  const signer = signed === amount ? wallet.address : undefined
  const authorization: Model.Authorization = { from: wallet.address, signer, nonce, amount }
  return {
    entry: { from: wallet.address, account, owner, amount, validAfter: 0n, validBefore, salt, signature },
    authorization,
  }
}

export const depositWithAuthorization: Make = (scene) => {
  const { world, cast } = scene
  const { entry, authorization } = someAuthorization(scene, forever)
  const { from, account, owner, amount, validAfter, validBefore, salt, signature } = entry
  const args = [world.dollar, from, account, owner, amount, validAfter, validBefore, salt, signature]
  return call(scene, 'depositWithAuthorization', cast.stranger.address, args, () =>
    Model.depositWithAuthorization(world.house, world.dollar, account, owner, authorization),
  )
}

/** Some of them for an owner that is not bound. */
export const depositMany: Make = (scene) => {
  const { world, cast, dice } = scene
  const asset = dice.chance(12) ? cast.stranger.address : world.dollar
  const all = Array.from({ length: Number(dice.upTo(4n)) }, () => someAuthorization(scene, (1n << 40n) - 1n))
  const given = all.map(({ entry }) => ({ ...entry, owner: dice.chance(8) ? cast.stranger.address : entry.owner }))
  const batch = Batch.encodeDeposits(given)
  const [data, error]: [Hex, string?] = dice.chance(12) ? [`${batch}00`, 'ClearingHouse_BatchMalformed'] : [batch]
  return call(scene, 'depositMany', cast.stranger.address, [asset, data], () => {
    if (error !== undefined && asset === world.dollar) throw new Refused(error)
    const deposits = given.map(({ account, owner }, i) => {
      const { authorization } = all[i] as (typeof all)[number]
      // The nonce names the owner: for another one it is not what was signed.
      const signer = owner === all[i]?.entry.owner ? authorization.signer : undefined
      return { account, owner, authorization: { ...authorization, signer } }
    })
    return Model.depositMany(world.house, asset, deposits)
  })
}
