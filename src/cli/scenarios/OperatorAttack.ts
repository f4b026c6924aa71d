/** What the operator itself tries against its members, by the contract's own functions. */
import * as Client from '../../chain/Client.ts'
import * as Deployment from '../../chain/Deployment.ts'
import * as House from '../../chain/House.ts'
import * as Keys from '../../chain/Keys.ts'
import * as Sender from '../../chain/Sender.ts'
import * as Batch from '../../core/Batch.ts'
import type { Address, Hex } from '../../core/Payment.ts'
import * as Digest from '../../crypto/Digest.ts'
import * as Signature from '../../crypto/Signature.ts'
import type { Robot } from '../../sdk/Robot.ts'
import * as Random from '../../sim/Random.ts'
import { type Attack, accountOnChain, money } from './Attacks.ts'
import type { Scene } from './Scene.ts'

/**
 * The operator with a settlement key of its own making, since the service takes another transaction under its key for another copy of itself: a
 * debit of a victim that the victim never signed, and a credit out of an empty pool.
 */
export const operator = async (scene: Scene, honest: Robot): Promise<Attack> => {
  const { chain, status, seed } = scene.options
  await scene.settle()
  const keys = Keys.simulated(seed)
  const [cold, own] = [keys.cold, Random.key(seed, 'settlement', 0)].map((key) =>
    Sender.create(chain, status.chainId, key, Deployment.errors),
  ) as [Sender.Sender, Sender.Sender]
  const [settlementKey, creditKey] = [keys.settlement, keys.credit].map(Signature.addressOf) as [Address, Address]
  const appoint = (key: Address) =>
    cold.send(House.call(status.clearingHouse, 'replaceKeys', [key, creditKey, cold.address], 300_000n))
  await Client.raw(chain, 'hardhat_setBalance', [own.address, '0xde0b6b3a7640000'])
  const forger = Random.key(seed, 'forger', 0)
  const to = Signature.addressOf(forger)
  const before = await accountOnChain(scene, honest.address)
  const history: Hex = `0x${'11'.repeat(32)}`
  const total = before.debited + before.balance
  const domain = Digest.domain(status.chainId, status.clearingHouse)
  const signature = Signature.sign(Digest.debit(domain, status.dollar.asset, total, history), forger)
  const section = { asset: status.dollar.asset, p256: false, boths: [] }
  const batches = [
    Batch.encode([{ ...section, debits: [{ signature, total, history }], credits: [] }]),
    Batch.encode([{ ...section, debits: [], credits: [{ account: to, total: money }] }]),
  ]
  await appoint(own.address)
  for (const batch of batches) await own.send(House.call(status.clearingHouse, 'settle', [batch], 1_000_000n))
  await appoint(settlementKey)
  const [after, gained] = await Promise.all([accountOnChain(scene, honest.address), accountOnChain(scene, to)])
  return {
    name: 'the operator forges a payer’s debit, and credits itself',
    tries: batches.length,
    refused: gained.balance === 0n ? batches.length : 0,
    gainedAtomic: gained.balance,
    lostAtomic: before.balance - after.balance,
    bound: 'what is collected and not yet credited: the pool, here empty',
  }
}
