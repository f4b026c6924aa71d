/**
 * Whoever deposits while the service is killed in `bench recovery`: robots in the bench's own process that never pay, so that what the chain has for
 * them is what they have deposited, if each deposit counted once.
 */

import * as Keccak from '../../../src/crypto/Keccak.ts'
import * as Signature from '../../../src/crypto/Signature.ts'
import { Client, Robot } from '../../../src/index.ts'

export interface Depositors {
  /** Each deposits once more. Resolves when all have been told that it is mined, however often the service dies meanwhile. */
  deposit(): Promise<void>
  /** Deposits acknowledged so far. */
  acknowledged(): number
  /** How far the chain is from that, in deposits: lost ones below it, repeated ones above. */
  compare(): Promise<{ readonly lost: number; readonly repeated: number }>
  close(): Promise<void>
}

const many = 4
/** More than they deposit. */
const walletAtomic = 1_000_000_000n
const depositAtomic = 10n

export const start = async (url: string, seed: number): Promise<Depositors> => {
  const client = new Client(url)
  const keys = Array.from({ length: many }, (_, i) => Keccak.ofText(`recovery ${seed} depositor ${i}`))
  for (const key of keys) await client.faucet(Signature.addressOf(key), walletAtomic)
  const robots = await Promise.all(
    keys.map((key) => Robot.connect(url, { account: key, retryForMs: 120_000, keep: false })),
  )
  let each = 0
  return {
    async deposit() {
      await Promise.all(robots.map((robot) => robot.deposit(depositAtomic, { faucet: false })))
      each++
    },
    acknowledged: () => each * many,
    async compare() {
      let [lost, repeated] = [0, 0]
      for (const key of keys) {
        const { assets } = await client.account(Signature.addressOf(key))
        const balance = assets.reduce((sum, asset) => sum + asset.balance, 0n)
        const found = Number(balance / depositAtomic)
        lost += Math.max(0, each - found)
        repeated += Math.max(0, found - each)
      }
      return { lost, repeated }
    },
    async close() {
      await Promise.all(robots.map((robot) => robot.close()))
    },
  }
}
