/** Money in and out, signed as a machine signs it and built as anybody may send it. */
import * as House from '../../../src/chain/House.ts'
import type * as Sender from '../../../src/chain/Sender.ts'
import * as Batch from '../../../src/core/Batch.ts'
import type { Address, Hex } from '../../../src/core/Payment.ts'
import * as Digest from '../../../src/crypto/Digest.ts'
import * as Keccak from '../../../src/crypto/Keccak.ts'
import * as Lab from './Lab.ts'

const nobody: Address = `0x${'0'.repeat(40)}`
const gasLimit = 150_000n
/** Deposits in a transaction. */
const perBatch = 100

/** As the SDK makes them: 64 bits that look random, after zeros. */
export const salt = (of: string | number): Hex => `0x${'0'.repeat(48)}${Keccak.ofText(`salt ${of}`).slice(2, 18)}`

/** An authorized deposit into the machine's own account, which expects no owner. */
const authorize = (lab: Lab.Lab, by: Lab.Member, amount: bigint, mark: string | number): Batch.DepositEntry => {
  const [account, owner] = [by.address, nobody]
  const nonce = Digest.depositNonce(account, owner, salt(mark))
  const times = { validAfter: 0n, validBefore: Lab.deadline }
  const authorization = { from: by.address, to: lab.house, value: amount, ...times, nonce }
  const signature = by.sign(Digest.receiveAuthorization(lab.domains.dollar, authorization))
  return { from: by.address, account, owner, amount, ...times, salt: salt(mark), signature }
}

/** Deposits by EIP-3009, each of so much, in one transaction. */
export const deposits = (
  lab: Lab.Lab,
  members: readonly Lab.Member[],
  amount: bigint,
  mark: string | number,
): Sender.Call => {
  const batch = Batch.encodeDeposits(members.map((member) => authorize(lab, member, amount, mark)))
  return House.call(lab.house, 'depositMany', [lab.dollar, batch], gasLimit * BigInt(members.length))
}

/** As many transactions of a hundred as it takes. */
export const enter = (
  lab: Lab.Lab,
  members: readonly Lab.Member[],
  amount: bigint,
  mark: string | number,
): Promise<Lab.Mined[]> => {
  const parts = Array.from({ length: Math.ceil(members.length / perBatch) }, (_, i) =>
    members.slice(i * perBatch, (i + 1) * perBatch),
  )
  return Promise.all(parts.map((part) => lab.anyone.send(deposits(lab, part, amount, mark))))
}

/** The same of one, as a call of its own function, which fails where the deposit does. */
export const deposit = (lab: Lab.Lab, by: Lab.Member, amount: bigint, mark: string | number): Sender.Call => {
  const d = authorize(lab, by, amount, mark)
  const args = [lab.dollar, d.from, d.account, d.owner, amount, d.validAfter, d.validBefore, d.salt, d.signature]
  return House.call(lab.house, 'depositWithAuthorization', args, gasLimit)
}

/** The arguments of a withdrawal that an account without an owner signs itself. */
export const withdrawal = (lab: Lab.Lab, by: Lab.Member, to: Address, amount: bigint, nonce: bigint) => {
  const terms = { asset: lab.dollar, account: by.address, to, amount, nonce, deadline: Lab.deadline }
  return [lab.dollar, by.address, to, amount, Lab.deadline, by.sign(Digest.withdraw(lab.domains.house, terms))]
}

export const fund = (lab: Lab.Lab, amount: bigint): Sender.Call =>
  House.call(lab.house, 'fund', [lab.dollar, amount], gasLimit)
