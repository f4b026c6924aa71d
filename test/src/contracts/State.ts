/** Everything that can be read from the contracts, once from the chain and once from the models, in the same words. */
import { expect } from 'vitest'
import { clearingHouse } from '../../../src/chain/abi/ClearingHouse.ts'
import { energyCredit } from '../../../src/chain/abi/EnergyCredit.ts'
import { energyMeter } from '../../../src/chain/abi/EnergyMeter.ts'
import type { Client } from '../../../src/chain/Client.ts'
import { type Address, at, type House, of as ofBook } from './Books.ts'
import type { Meter } from './MeterModel.ts'
import type { Outcome } from './World.ts'

export const dollarsEach = 1n << 82n

const zero: Address = `0x${'0'.repeat(40)}`

export const emptyHouse = (
  address: Address,
  keys: House['keys'],
  periods: { windowSeconds: bigint; noticeSeconds: bigint },
): House => ({
  address,
  ...periods,
  now: 0n,
  keys,
  creditKeyUntil: new Map(),
  listed: new Set(),
  pool: new Map(),
  balance: new Map(),
  debited: new Map(),
  credited: new Map(),
  reserve: new Map(),
  release: new Map(),
  nonce: new Map(),
  exit: new Map(),
  setApart: new Map(),
  owner: new Map(),
  ownerNonce: new Map(),
  tokens: new Map(),
  usedAuthorizations: new Set(),
})

export const emptyMeter = (address: Address, credit: Address, issuer: Address): Meter => ({
  address,
  credit,
  issuer,
  devices: new Map(),
  owed: new Map(),
  delivery: new Map(),
  deliveryNonce: new Map(),
  produced: 0n,
  consumed: 0n,
})

/** By what is read and of whom; numbers as text, so that a difference can be printed. */
type Snapshot = Record<string, string>

const text = (value: unknown): string => String(value).toLowerCase()

/** The models' view. I1 is computed from it: tokens held are what the books say, no more and no less. */
export const of = (h: House, m: Meter, people: readonly Address[]): Snapshot => {
  const snapshot: Snapshot = {
    totals: text([m.produced, m.consumed, [...m.owed.values()].reduce((a, b) => a + b, 0n)]),
    supply: text(m.produced - m.consumed + [...m.owed.values()].reduce((a, b) => a + b, 0n)),
    keys: text([h.keys.settlement, h.keys.credit, h.keys.cold]),
  }
  for (const asset of h.listed) {
    snapshot[`pool ${asset}`] = text(ofBook(h.pool, asset))
    snapshot[`held ${asset}`] = text(ofBook(h.tokens, at(asset, h.address)))
    for (const who of people) {
      const key = at(asset, who)
      const { amount, endsAt } = h.release.get(key) ?? { amount: 0n, endsAt: 0n }
      const exit = h.exit.get(key) ?? { to: zero, endsAt: 0n }
      snapshot[`account ${key}`] = text([h.balance, h.debited, h.credited].map((book) => ofBook(book, key)))
      snapshot[`reserve ${key}`] = text(ofBook(h.reserve, key))
      snapshot[`release ${key}`] = text([amount, endsAt])
      snapshot[`exit ${key}`] = text([exit.to, exit.endsAt])
      snapshot[`set apart ${key}`] = text(ofBook(h.setApart, key))
      snapshot[`nonce ${key}`] = text(ofBook(h.nonce, key))
      snapshot[`tokens ${key}`] = text(ofBook(h.tokens, key))
    }
  }
  for (const who of people) {
    const delivery = m.delivery.get(who) ?? { toClearing: false, accountOwner: zero }
    snapshot[`owner ${who}`] = text([h.owner.get(who) ?? zero, ofBook(h.ownerNonce, who)])
    snapshot[`owed ${who}`] = text(ofBook(m.owed, who))
    snapshot[`delivery ${who}`] = text([delivery.toClearing, delivery.accountOwner, ofBook(m.deliveryNonce, who)])
  }
  for (const [device, d] of m.devices)
    snapshot[`device ${device}`] = text([d.owner, d.kind, d.revoked ? 2 : 1, d.timestamp, d.energy, d.compute])
  return snapshot
}

interface Parts {
  readonly house: House
  readonly meter: Meter
  readonly people: readonly Address[]
}

type Read = (functionName: string, args?: readonly unknown[]) => Promise<unknown>

const reader =
  (client: Client, address: Address, abi: readonly unknown[]): Read =>
  (functionName, args = []) =>
    client.readContract({ address, abi, functionName, args } as never)

/** The chain's view. */
export const read = async (client: Client, { house: h, meter: m, people }: Parts): Promise<Snapshot> => {
  const house = reader(client, h.address, clearingHouse.abi)
  const meter = reader(client, m.address, energyMeter.abi)
  const token = (asset: Address) => reader(client, asset, energyCredit.abi)
  const wanted: [string, Promise<unknown>][] = [
    ['totals', meter('totals')],
    ['supply', token(m.credit)('totalSupply')],
    ['keys', Promise.all([house('settlementKey'), house('creditKey'), house('coldKey')])],
  ]
  for (const asset of h.listed) {
    wanted.push([`pool ${asset}`, house('poolOf', [asset])], [`held ${asset}`, token(asset)('balanceOf', [h.address])])
    for (const who of people) {
      const key = at(asset, who)
      const about = [asset, who]
      wanted.push(
        [`account ${key}`, house('accountOf', about).then((account) => Object.values(account as object))],
        [`reserve ${key}`, house('reserveOf', about)],
        [`release ${key}`, house('releaseOf', about)],
        [`exit ${key}`, house('exitOf', about)],
        [`set apart ${key}`, house('setApartOf', about)],
        [`nonce ${key}`, house('nonceOf', about)],
        [`tokens ${key}`, token(asset)('balanceOf', [who])],
      )
    }
  }
  for (const who of people) {
    wanted.push(
      [`owner ${who}`, Promise.all([house('ownerOf', [who]), house('ownerNonceOf', [who])])],
      [`owed ${who}`, meter('owedOf', [who])],
      [`delivery ${who}`, Promise.all([meter('deliveryOf', [who]), meter('deliveryNonceOf', [who])])],
    )
  }
  for (const device of m.devices.keys()) wanted.push([`device ${device}`, meter('meterOf', [device]).then(deviceText)])
  return Object.fromEntries(await Promise.all(wanted.map(async ([name, value]) => [name, text(await value)])))
}

const deviceText = (value: unknown): unknown => {
  const d = value as Record<string, unknown>
  return [d['owner'], d['kind'], d['state'], d['timestamp'], d['energyMilliWh'], d['computeUnits']]
}

export const compare = (actual: Snapshot, expected: Snapshot): void => expect(actual).toEqual(expected)

/** Values that the model cannot know, such as whom a wrong signature recovers to, are not compared. */
export const compareOutcomes = (name: string, actual: Outcome, expected: Outcome): void => {
  if ('error' in expected && 'error' in actual) {
    expect(`${name}: ${actual.error}`).toBe(`${name}: ${expected.error}`)
    expected.values.forEach((value, index) => {
      if (value !== undefined) expect(text(actual.values[index]), `${name}: ${expected.error}`).toBe(text(value))
    })
    return
  }
  const plain = (outcome: Outcome) => ('error' in outcome ? outcome : { result: text(outcome.result ?? '') })
  expect({ [name]: plain(actual) }).toEqual({ [name]: plain(expected) })
}
