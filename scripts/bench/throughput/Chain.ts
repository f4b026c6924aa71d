/**
 * `settle.chain`: how many members a second a real service settles on the local Hardhat chain, both processes of their own. Everybody pays the
 * next one, so that every member has both a debit and a credit, which is the dearest kind; then the operator says: settle. The time is from
 * saying so to the answer, in which every transaction has been mined and every changed slot read back, compared and journaled.
 */

import * as Digest from '../../../src/crypto/Digest.ts'
import { median } from '../../../src/report/Percentiles.ts'
import * as Member from '../../../test/src/support/Member.ts'
import { type Result, say } from '../Output.ts'
import * as Place from '../Place.ts'

const members = 5_000
const samples = 5
const paymentsARequest = 500

const payAll = async (place: Place.Place, payments: Parameters<Place.Place['client']['pay']>[0]): Promise<void> => {
  for (let i = 0; i < payments.length; i += paymentsARequest) {
    const answers = await place.client.pay(payments.slice(i, i + paymentsARequest))
    for (const answer of answers) if (!('payment' in answer)) throw answer
  }
}

/** Settles, and says how many members that were and how long it took. */
const settle = async (place: Place.Place): Promise<{ settled: number; seconds: number; transactions: number }> => {
  const began = performance.now()
  const { transactions } = await place.client.settle(place.token)
  const seconds = (performance.now() - began) / 1000
  return {
    settled: transactions.reduce((sum, each) => sum + each.members, 0),
    seconds,
    transactions: transactions.length,
  }
}

/** Everybody has money, and a slot on the chain. */
const prepare = async (place: Place.Place): Promise<Member.Member[]> => {
  const { deployment } = place
  const of = { domain: Digest.domain(deployment.chainId, deployment.clearingHouse), asset: deployment.dollar.asset }
  const bank = Member.create('bank', of)
  await (await Place.robot(place, bank.key, '1000')).close()
  const all = Array.from({ length: members }, (_, i) => Member.create(`member ${i}`, of))
  await payAll(
    place,
    all.map(({ address }) => bank.pay({ to: address, amount: 1_000n })),
  )
  await settle(place)
  return all
}

export const measure = async (): Promise<Result> => {
  const place = await Place.open(say, ['--payments-per-account', '0'])
  try {
    const all = await prepare(place)
    const rates: number[] = []
    for (let sample = 0; sample <= samples; sample++) {
      const next = (i: number) => (all[(i + 1) % all.length] as Member.Member).address
      await payAll(
        place,
        all.map((member, i) => member.pay({ to: next(i), amount: 5n })),
      )
      const { settled, seconds, transactions } = await settle(place)
      if (settled !== members) throw new Error(`${settled} members were settled, and not ${members}`)
      say(`settled ${settled} members in ${seconds.toFixed(2)} s, ${transactions} transactions`)
      // The first one warms up.
      if (sample > 0) rates.push(settled / seconds)
    }
    return { name: 'settle.chain', value: median(rates), unit: 'members/s', samples }
  } finally {
    await place.stop()
  }
}
