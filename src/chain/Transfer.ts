/**
 * What the plainest way of paying costs: one ERC-20 transfer between two accounts that already hold the token, executed for real on the
 * local chain. Reports compare settlement with it.
 */
import type { Abi } from 'viem'
import type { Address, Hex } from '../core/Payment.ts'
import * as Keccak from '../crypto/Keccak.ts'
import * as Signature from '../crypto/Signature.ts'
import { testDollar } from './abi/TestDollar.ts'
import { type Client, raw } from './Client.ts'
import * as Deployment from './Deployment.ts'
import * as Sender from './Sender.ts'

export interface Transfer {
  readonly gasUsed: bigint
  /** The signed transaction. */
  readonly serialized: Hex
}

/**
 * Sends two transfers and returns the second, which finds both balances non-zero and the nonce used.
 * @param mint gives an address test dollars, atomic
 */
export const measure = async (
  client: Client,
  deployment: Deployment.Deployment,
  mint: (to: Address, amount: bigint) => Promise<unknown>,
): Promise<Transfer> => {
  const key = Keccak.ofText('sunledger transfer measurement')
  const [payer, payee] = [Signature.addressOf(key), Signature.addressOf(Keccak.ofText('sunledger transfer payee'))]
  await raw(client, 'hardhat_setBalance', [payer, '0xde0b6b3a7640000'])
  await mint(payer, 1_000_000n)
  await mint(payee, 1_000_000n)
  const sender = Sender.create(client, deployment.chainId, key, Deployment.errors)
  const call = Sender.call(deployment.dollar.asset, testDollar.abi as Abi, 'transfer', [payee, 125n], 100_000n)
  await sender.send(call)
  const { gasUsed, serialized } = await sender.send(call)
  return { gasUsed, serialized }
}
