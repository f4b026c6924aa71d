/**
 * What may be done to the clearing house, at random: by honest members, strangers, thieves, and an operator who means no good. Much of
 * it must be refused. Messages are signed for real, and old ones come back.
 */
import * as Batch from '../../../src/core/Batch.ts'
import * as Digest from '../../../src/crypto/Digest.ts'
import { type Address, at, type House, of, Refused } from './Books.ts'
import { type Scene, someAsset, someone } from './Cast.ts'
import { call, deposit, depositMany, depositWithAuthorization, type Make } from './DepositSteps.ts'
import * as Model from './HouseModel.ts'
import { mostTotal, proofOf } from './Messages.ts'
import type { Signer } from './World.ts'

type Hex = `0x${string}`

const zero: Address = `0x${'0'.repeat(40)}`

const operatorOr = (scene: Scene): Address =>
  scene.dice.chance(8) ? scene.cast.stranger.address : scene.world.house.keys.settlement
const coldOr = (scene: Scene): Address =>
  scene.dice.chance(6) ? scene.world.house.keys.settlement : scene.world.house.keys.cold

// ---------------------------------------------------------------------- pool

const fund: Make = (scene) => {
  const { world, dice, cast } = scene
  const [asset, amount, from] = [world.dollar, dice.upTo(1_000_000n), dice.one(cast.senders)]
  return call(scene, 'fund', from, [asset, amount], () => Model.fund(world.house, from, asset, amount))
}

// ---------------------------------------------------------------- settlement

const settle: Make = (scene) => {
  const { world, cast, dice } = scene
  const parts = [0, 1, 2].map(() =>
    sectionOf(scene, dice.chance(2), dice.chance(12) ? cast.stranger.address : undefined),
  )
  const batch = Batch.encode(parts.map(({ encoded }) => encoded))
  const from = operatorOr(scene)
  return call(scene, 'settle', from, [batch], () =>
    Model.settle(
      world.house,
      from,
      parts.map(({ section }) => section),
    ),
  )
}

const sectionOf = (
  scene: Scene,
  p256: boolean,
  unlisted?: Address,
): { encoded: Batch.Section; section: Model.Section } => {
  const { cast, dice } = scene
  const asset = someAsset(scene)
  const mine = cast.debits.filter((debit) => debit.asset === asset && debit.p256 === p256).slice(-12)
  const some = <T>(list: readonly T[]): T[] =>
    list.length === 0 ? [] : Array.from({ length: 2 }, () => dice.one(list))
  const [debits, boths] = [some(mine), some(mine)]
  const credited = (account: Address) => {
    const more = (cast.totals.credit.get(at(asset, account) as Address) ?? 0n) + 10n
    return dice.upTo(more > mostTotal ? mostTotal : more)
  }
  const credits = some(cast.members).map(({ address }) => ({ account: address, total: credited(address) }))
  const earned = boths.map(({ account }) => credited(account as Address))
  const asked = unlisted ?? asset
  // Of another asset than the one that was signed: of an unlisted one, which moves nothing.
  return {
    section: {
      asset: asked,
      debits: debits.map(({ account, total }) => ({ account, total })),
      boths: boths.map(({ account, total }, i) => ({ account, debitTotal: total, creditTotal: earned[i] as bigint })),
      credits,
    },
    encoded: {
      ...{ asset: asked, p256, debits, credits },
      boths: boths.map((debit, i) => ({ ...debit, debitTotal: debit.total, creditTotal: earned[i] as bigint })),
    },
  }
}

const malformed: Make = (scene) => {
  const { world, dice } = scene
  const { encoded } = sectionOf(scene, false)
  const batch = Batch.encode([encoded])
  const [data, error]: [Hex, string] = dice.one([
    [`${batch}00`, 'ClearingHouse_BatchMalformed'],
    [batch.slice(0, -2) as Hex, 'ClearingHouse_BatchMalformed'],
    ['0x', 'ClearingHouse_BatchMalformed'],
    [`0x02${batch.slice(4)}`, 'ClearingHouse_BatchVersion'],
  ])
  return call(scene, 'settle', world.house.keys.settlement, [data], () => {
    throw new Refused(error)
  })
}

const someKey = ({ cast, dice, world }: Scene): Signer => {
  const current = cast.creditKeys.find(({ address }) => address === world.house.keys.credit) as Signer
  return dice.chance(3) ? dice.one([...cast.creditKeys, cast.stranger]) : current
}

const collect: Make = (scene) => {
  const { world, cast, dice } = scene
  const debit = cast.debits.length > 0 ? dice.one(cast.debits) : undefined
  const credit = dice.chance(8) ? cast.debits.at(-1)?.credit : debit?.credit
  if (!debit || !credit) return undefined
  const key = someKey(scene)
  return call(scene, 'collect', cast.stranger.address, [debit, credit, proofOf(scene, key, credit)], () =>
    Model.collect(world.house, debit, credit, key.address),
  )
}

const redeem: Make = (scene) => {
  const { world, cast, dice } = scene
  const credits = cast.debits.flatMap(({ credit }) => (credit ? [credit] : []))
  if (credits.length === 0) return undefined
  const [signed, key] = [dice.one(credits.slice(-10)), someKey(scene)]
  const credit = dice.chance(8) ? { ...signed, total: signed.total === mostTotal ? 0n : signed.total + 1n } : signed
  const signer = credit === signed ? key.address : undefined
  return call(scene, 'redeem', cast.stranger.address, [credit, proofOf(scene, key, signed)], () =>
    Model.redeem(world.house, credit, signer),
  )
}

// ------------------------------------------------------------ pool, reserves

/** Mostly less than there is, sometimes one unit more. */
const within = ({ dice }: Scene, most: bigint): bigint => (dice.chance(8) ? most + 1n : dice.upTo(most))

const drain: Make = (scene) => {
  const { world, cast } = scene
  const [asset, from, to] = [someAsset(scene), coldOr(scene), cast.stranger.address]
  const amount = within(scene, of(world.house.pool, asset) / 2n)
  return call(scene, 'drain', from, [asset, to, amount], () => Model.drain(world.house, from, asset, to, amount))
}

const reserve: Make = (scene) => {
  const [asset, from, { address }] = [someAsset(scene), operatorOr(scene), someone(scene)]
  const amount = within(scene, of(scene.world.house.pool, asset))
  return call(scene, 'reserve', from, [asset, address, amount], () =>
    Model.reserve(scene.world.house, from, asset, address, amount),
  )
}

/** A book of what there is by asset and account. */
type Entries = ReadonlyMap<string, unknown>

/** Mostly where there is something; else anywhere. */
const someEntry = (scene: Scene, entries: Entries): [asset: Address, account: Address] => {
  const keys = [...entries].flatMap(([key, value]) => (value === 0n ? [] : [key]))
  if (keys.length === 0 || scene.dice.chance(4)) return [someAsset(scene), someone(scene).address]
  return scene.dice.one(keys).split(' ') as [Address, Address]
}

const release: Make = (scene) => {
  const from = operatorOr(scene)
  const [asset, address] = someEntry(scene, scene.world.house.reserve)
  const amount = within(scene, of(scene.world.house.reserve, at(asset, address)))
  return call(scene, 'release', from, [asset, address, amount], () =>
    Model.release(scene.world.house, from, asset, address, amount),
  )
}

const simple =
  (
    name: string,
    book: (house: House) => Entries,
    does: (house: House, asset: Address, account: Address) => unknown,
  ): Make =>
  (scene) => {
    const [asset, address] = someEntry(scene, book(scene.world.house))
    return call(scene, name, scene.cast.stranger.address, [asset, address], () =>
      does(scene.world.house, asset, address),
    )
  }

// ------------------------------------------------------------------- leaving

/** Who has to sign for an account; now and then it is somebody else, or the robot's key though an owner is bound. */
const signerFor = ({ world, cast, dice }: Scene, account: Signer): Signer => {
  const owner = Model.ownerOf(world.house, account.address)
  if (dice.chance(6)) return dice.one([cast.stranger, account])
  return [...cast.owners, ...cast.members].find(({ address }) => address === owner) as Signer
}

const leave =
  (name: 'withdraw' | 'requestExit'): Make =>
  (scene) => {
    const { world, dice } = scene
    const [asset, account] = [someAsset(scene), someone(scene)]
    const to = dice.chance(20) ? zero : someone(scene).address
    const deadline = dice.chance(8) ? world.house.now - 1n : world.house.now + dice.upTo(10n)
    const nonce = of(world.house.nonce, at(asset, account.address))
    const most = of(world.house.balance, at(asset, account.address))
    const amount = within(scene, most < mostTotal ? most : mostTotal - 1n)
    const stale = dice.chance(10)
    const by = signerFor(scene, account)
    const about = { asset, account: account.address, to, deadline, nonce: stale ? nonce + 1n : nonce }
    const domain = world.domains.house
    const digest = name === 'withdraw' ? Digest.withdraw(domain, { ...about, amount }) : Digest.exit(domain, about)
    const message = { ...{ asset, account: account.address, to, deadline }, signer: stale ? undefined : by.address }
    const signature = by.sign(digest)
    // On P-256 a signature of something else is nobody's; on secp256k1 it is somebody's whom nobody knows.
    if (stale && signature.length === 258) return undefined
    if (name === 'requestExit') {
      return call(scene, name, scene.cast.stranger.address, [asset, account.address, to, deadline, signature], () =>
        Model.requestExit(world.house, message),
      )
    }
    const from = operatorOr(scene)
    return call(scene, name, from, [asset, account.address, to, amount, deadline, signature], () =>
      Model.withdraw(world.house, from, amount, message),
    )
  }

const bindOwner: Make = (scene) => {
  const { world, cast, dice } = scene
  const account = someone(scene)
  const owner = dice.chance(12) ? zero : dice.one(cast.owners).address
  const by = signerFor(scene, account)
  const digest = Digest.owner(world.domains.house, account.address, owner, of(world.house.ownerNonce, account.address))
  return call(scene, 'bindOwner', cast.stranger.address, [account.address, owner, by.sign(digest)], () =>
    Model.bindOwner(world.house, account.address, owner, by.address),
  )
}

const replaceKeys: Make = (scene) => {
  const { world, cast, dice } = scene
  const credit = dice.chance(10) ? zero : dice.one(cast.creditKeys).address
  const keys = { ...world.house.keys, credit }
  const from = coldOr(scene)
  return call(scene, 'replaceKeys', from, [keys.settlement, keys.credit, keys.cold], () =>
    Model.replaceKeys(world.house, from, keys),
  )
}

/** Each as often as it stands here. */
export const houseSteps: readonly Make[] = [
  ...[
    deposit,
    deposit,
    deposit,
    depositWithAuthorization,
    depositMany,
    fund,
    settle,
    settle,
    settle,
    settle,
    malformed,
  ],
  ...[collect, collect, redeem, redeem, redeem, drain, reserve, reserve, release, release],
  ...[
    simple('finalizeRelease', (h) => h.release, Model.finalizeRelease),
    simple('finalizeRelease', (h) => h.release, Model.finalizeRelease),
    simple('finalizeExit', (h) => h.exit, Model.finalizeExit),
    simple('finalizeExit', (h) => h.exit, Model.finalizeExit),
  ],
  ...[
    simple('draw', (h) => h.setApart, Model.draw),
    leave('withdraw'),
    leave('withdraw'),
    leave('requestExit'),
    leave('requestExit'),
  ],
  ...[bindOwner, replaceKeys],
]
