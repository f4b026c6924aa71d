/** Payments of a random scenario and their proofs: signed for real, and nothing happens on chain. */
import * as Digest from '../../../src/crypto/Digest.ts'
import * as Keccak from '../../../src/crypto/Keccak.ts'
import { type Address, at, of } from './Books.ts'
import { type Scene, type SignedDebit, someAsset, someone } from './Cast.ts'
import type * as Model from './HouseModel.ts'
import type { Signer } from './World.ts'

type Hex = `0x${string}`

export const mostTotal = (1n << 80n) - 1n

/** Signs a payment; most are accepted, so that a credit passes them on. Nothing happens on chain. */
export const pay = (scene: Scene): void => {
  const { world, cast, dice } = scene
  const [payer, payee, asset] = [someone(scene), someone(scene), someAsset(scene)]
  const [from, to] = [at(asset, payer.address) as Address, at(asset, payee.address) as Address]
  const room = mostTotal - (cast.totals.debit.get(from) ?? 0n)
  const amount = dice.chance(30) ? room : dice.upTo(of(world.house.balance, from) + 1_000n) % (room + 1n)
  const total = (cast.totals.debit.get(from) ?? 0n) + amount
  const history = Keccak.ofText(`history ${cast.debits.length}`)
  const digest = Digest.debit(world.domains.house, asset, total, history)
  const forged = dice.chance(12)
  const debit: SignedDebit = {
    ...{ asset, total, digest, history },
    account: forged ? cast.stranger.address : payer.address,
    p256: !forged && payer.address === cast.members.at(-1)?.address,
    signature: (forged ? cast.stranger : payer).sign(digest),
  }
  const earned = (cast.totals.credit.get(to) ?? 0n) + amount
  if (dice.chance(5) || earned > mostTotal) return void cast.debits.push(debit)
  cast.totals.debit.set(from, total)
  cast.totals.credit.set(to, earned)
  const credit = { asset, account: payee.address, total: earned, debit: digest, history }
  cast.debits.push({ ...debit, credit })
}

/** Two credits under one root. */
export const proofOf = ({ world }: Scene, key: Signer, credit: Model.Credit & { history: Hex }): object => {
  const [leaf, other] = [Digest.credit(world.domains.house, credit as never), Keccak.ofText('another credit')]
  return { signature: key.sign(Digest.credits(world.domains.house, Digest.node(leaf, other))), branch: [other] }
}
