/** Who takes part in a random scenario, the dice, and every message that was ever signed. */
import type { Address } from './Books.ts'
import type { Credit, Debit } from './HouseModel.ts'
import type { Reading } from './MeterModel.ts'
import { onP256, type Signer, secp256k1, type World } from './World.ts'

type Hex = `0x${string}`

export interface Dice {
  /** 0 to most, both included; now and then one of the ends. */
  upTo(most: bigint): bigint
  chance(oneIn: number): boolean
  one<T>(list: readonly T[]): T
}

/** The same seed, the same scenario. */
export const dice = (seed: number): Dice => {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return (t ^ (t >>> 14)) >>> 0
  }
  const below = (count: number): number => next() % count
  return {
    upTo(most) {
      const kind = below(12)
      if (kind === 0) return most
      if (kind === 1) return 0n
      const wide = (BigInt(next()) << 64n) | (BigInt(next()) << 32n) | BigInt(next())
      return wide % (most + 1n)
    },
    chance: (oneIn) => below(oneIn) === 0,
    one: (list) => list[below(list.length)] as (typeof list)[number],
  }
}

export interface SignedDebit extends Debit {
  readonly p256: boolean
  readonly history: Hex
  readonly signature: Hex
  /** Where the service accepted it: the credit that passes it on. */
  readonly credit?: Credit & { readonly history: Hex }
}

export interface SignedReading {
  readonly reading: Reading
  readonly signature: Hex
}

export interface Cast {
  /** The last one on P-256. */
  readonly members: readonly Signer[]
  readonly owners: readonly Signer[]
  /** Who may become the credit key; the first one is. */
  readonly creditKeys: readonly Signer[]
  readonly devices: readonly Signer[]
  readonly stranger: Signer
  /** Everybody whose state is compared. */
  readonly people: readonly Address[]
  /** Who sends transactions and holds tokens. */
  readonly senders: readonly Address[]
  readonly debits: SignedDebit[]
  readonly readings: SignedReading[]
  readonly totals: { readonly debit: Map<Address, bigint>; readonly credit: Map<Address, bigint> }
}

export const cast = (): Cast => {
  const members = [secp256k1('alice'), secp256k1('bob'), secp256k1('carol'), onP256('dora')]
  const owners = [secp256k1('fleet'), onP256('holding')]
  const stranger = secp256k1('stranger')
  const people = [...members, stranger].map(({ address }) => address)
  return {
    members,
    owners,
    creditKeys: ['first', 'second', 'third'].map((name) => secp256k1(`credit key ${name}`)),
    devices: [0, 1, 2, 3, 4, 5].map((n) => (n % 3 === 2 ? onP256(`device ${n}`) : secp256k1(`device ${n}`))),
    stranger,
    people,
    senders: people,
    debits: [],
    readings: [],
    totals: { debit: new Map(), credit: new Map() },
  }
}

/** What steps are made from. */
export interface Scene {
  readonly world: World
  readonly cast: Cast
  readonly dice: Dice
}

export const someone = ({ cast, dice }: Scene): Signer => dice.one(cast.members)
export const someAsset = ({ world, dice }: Scene): Address => (dice.chance(4) ? world.meter.credit : world.dollar)
