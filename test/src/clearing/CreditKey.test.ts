/**
 * A credit key that is replaced, for real: nobody is given a receipt that the contract no longer honours, and what was accepted before is
 * proven anew, so that payees get their money on chain even where the operator is gone.
 */
import { expect, test } from 'vitest'
import { defaultPolicy } from '../../../src/clearing/Policy.ts'
import type { Receipt as Given, Hex } from '../../../src/core/Payment.ts'
import * as Keccak from '../../../src/crypto/Keccak.ts'
import * as Signature from '../../../src/crypto/Signature.ts'
import * as Receipt from '../../../src/sdk/Receipt.ts'
import { settled } from '../support/Agree.ts'
import { codeOf } from '../support/Book.ts'
import { houseCall, slotOf, useChain } from '../support/Chain.ts'
import { parties } from '../support/Parties.ts'
import { start } from '../support/Running.ts'

const chain = useChain()

/** Three payments, each of another kind: a debit that a later one replaces, a payer's newest, and one of money that has just come in. */
const paid = async () => {
  const { deployed, service, payer, robot, shop, pay } = await parties(chain)()
  const receipts = [await pay(payer, robot, 30n), await pay(payer, shop, 20n), await pay(robot, shop, 10n)] as const
  return { deployed, service, payer, robot, shop, receipts }
}

const collect = (house: Hex, { payment, credit, proof }: Given) => {
  const { asset, total, history, signature } = payment
  return houseCall(house, 'collect', [{ asset, total, history, signature }, credit, proof])
}

const redeem = (house: Hex, { credit, proof }: Given) => houseCall(house, 'redeem', [credit, proof])

test('behavior: I5 I13 a replaced credit key: payees collect and redeem with what the new one has proven, the operator being gone', async () => {
  const { deployed, service, payer, robot, shop, receipts } = await paid()
  const { deployment, keys } = deployed
  const { clearingHouse: house, dollar, chainId } = deployment
  const keysThen = { ...keys, credit: Keccak.ofText('new credit key') }
  const creditKey = Signature.addressOf(keysThen.credit)
  const [settlement, cold] = [keys.settlement, keys.cold].map(Signature.addressOf)
  await chain.senderOf(keys.cold).send(houseCall(house, 'replaceKeys', [settlement, creditKey, cold]))

  // The running service notices by itself, and gives no receipt more under the old key.
  await service.until(() => service.health().state === 'readOnly')
  const late = payer.pay({ to: shop.address, amount: 5n })
  expect(await codeOf(service.pay(late))).toBe('SL519')
  expect(service.payment(receipts[0].payment.id)).toEqual(receipts[0])
  await service.close()
  expect(await codeOf(start(chain, deployed, { folder: service.folder }))).toBe('SL519')

  const again = await start(chain, { ...deployed, keys: keysThen }, { folder: service.folder })
  const proven = receipts.map(({ payment }) => again.payment(payment.id))
  for (const [i, receipt] of proven.entries()) {
    expect({ ...receipt, proof: undefined }).toEqual({ ...receipts[i], proof: undefined })
    expect(Receipt.verify(receipt, { chainId, clearingHouse: house, creditKey }).to).toBe(receipt.credit.total)
  }
  expect([...again.received(shop.address, 0)].map((each) => each?.receipt())).toEqual(proven.slice(1))
  expect((await again.pay(late)).payment.total).toBe(55n)
  await again.close()

  // The operator is gone. Whoever comes does what a settlement would have done; what the old key has signed is worth nothing any more.
  const anybody = await chain.sender('anybody')
  await expect(anybody.send(collect(house, receipts[1]))).rejects.toThrow(/SL504.*WrongCreditKey/s)
  await anybody.send(redeem(house, receipts[0]))
  const [first, second, third] = proven as [Given, Given, Given]
  for (const call of [collect(house, second), redeem(house, first), collect(house, third), redeem(house, third)])
    await anybody.send(call)
  const balances = [payer, robot, shop].map(({ address }) => slotOf(chain.client, house, dollar.asset, address))
  expect((await Promise.all(balances)).map(({ balance }) => balance)).toEqual([950n, 20n, 30n])

  const back = await start(chain, { ...deployed, keys: keysThen }, { folder: service.folder })
  expect((await back.settle()).transactions).toMatchObject([{ members: 2 }])
  await settled(chain, back)
})

test('behavior: where a node was wrong about the key for some seconds, acceptance goes on by itself', async () => {
  const { deployed, service, payer, shop, pay, house } = await parties(chain)()
  const { keys } = deployed
  const back = await chain.fork()
  const [settlement, cold] = [keys.settlement, keys.cold].map(Signature.addressOf)
  const other = Signature.addressOf(Keccak.ofText('another credit key'))
  await chain.senderOf(keys.cold).send(houseCall(house, 'replaceKeys', [settlement, other, cold]))
  await service.until(() => service.health().state === 'readOnly')
  expect(await codeOf(pay(payer, shop, 1n))).toBe('SL519')
  payer.back()
  await back(2)
  await service.until(() => service.health().state === 'ready')
  expect((await pay(payer, shop, 1n)).payment.total).toBe(1n)
})

test('behavior: is noticed also where nothing can be settled, both keys having been replaced', async () => {
  const policy = { ...defaultPolicy, everyMs: 20 }
  const { deployed, service, payer, shop, pay, house } = await parties(chain, { policy })()
  const keys = ['settlement', 'credit'].map((name) => Signature.addressOf(Keccak.ofText(`new ${name} key`)))
  const { cold } = deployed.keys
  await chain.senderOf(cold).send(houseCall(house, 'replaceKeys', [...keys, Signature.addressOf(cold)]))
  await pay(payer, shop, 1n).catch(() => undefined)
  await service.until(() => service.health().state === 'readOnly')
  expect(await codeOf(pay(payer, shop, 1n))).toBe('SL519')
})
