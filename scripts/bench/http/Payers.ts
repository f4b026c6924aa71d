/** Payers with money in the clearing house, and their payments, signed beforehand. */
import type { Address, Hex, PaymentRequest } from '../../../src/core/Payment.ts'
import * as Digest from '../../../src/crypto/Digest.ts'
import * as Member from '../../../test/src/support/Member.ts'
import * as Place from '../Place.ts'

export interface Payers {
  readonly all: readonly Member.Member[]
  /** So many payments, the payers taking turns, so that none has two under way at 64 connections. */
  sign(count: number, terms: (i: number) => { readonly to: Address; readonly reference?: Hex }): PaymentRequest[]
}

export const amount = 500n
const payers = 1_000
const giftsARequest = 500

export const create = async (place: Place.Place): Promise<Payers> => {
  const { deployment, client } = place
  const of = { domain: Digest.domain(deployment.chainId, deployment.clearingHouse), asset: deployment.dollar.asset }
  const bank = Member.create('bank', of)
  await (await Place.robot(place, bank.key, '100000')).close()
  const all = Array.from({ length: payers }, (_, i) => Member.create(`payer ${i}`, of))
  const gifts = all.map(({ address }) => bank.pay({ to: address, amount: 50_000_000n }))
  for (let i = 0; i < gifts.length; i += giftsARequest)
    for (const answer of await client.pay(gifts.slice(i, i + giftsARequest))) if (!('payment' in answer)) throw answer
  let turn = 0
  return {
    all,
    sign: (count, terms) =>
      Array.from({ length: count }, (_, i) => (all[turn++ % all.length] as Member.Member).pay({ ...terms(i), amount })),
  }
}
