/** Money in and out, signed as a machine signs it and built as anybody may send it. */
import * as House from '../../../src/chain/House.ts'
import type * as Sender from '../../../src/chain/Sender.ts'
import type { Address, Hex } from '../../../src/core/Payment.ts'
import * as Digest from '../../../src/crypto/Digest.ts'
import * as Keccak from '../../../src/crypto/Keccak.ts'
import * as Lab from './Lab.ts'

const nobody: Address = `0x${'0'.repeat(40)}`
const gasLimit = 1_000_000n

/** As the SDK makes them: 64 bits that look random, after zeros. */
export const salt = (of: string | number): Hex => `0x${'0'.repeat(48)}${Keccak.ofText(`salt ${of}`).slice(2, 18)}`

/** A deposit by EIP-3009 into the machine's own account, which expects no owner. */
export const deposit = (lab: Lab.Lab, by: Lab.Member, amount: bigint, mark: string | number): Sender.Call => {
  const nonce = Digest.depositNonce(by.address, nobody, salt(mark))
  const authorization = {
    from: by.address,
    to: lab.house,
    value: amount,
    validAfter: 0n,
    validBefore: Lab.deadline,
    nonce,
  }
  const signature = by.sign(Digest.receiveAuthorization(lab.domains.dollar, authorization))
  const args = [lab.dollar, by.address, by.address, nobody, amount, 0n, Lab.deadline, salt(mark), signature]
  return House.call(lab.house, 'depositWithAuthorization', args, gasLimit)
}

/** The arguments of a withdrawal that an account without an owner signs itself. */
export const withdrawal = (lab: Lab.Lab, by: Lab.Member, to: Address, amount: bigint, nonce: bigint) => {
  const terms = { asset: lab.dollar, account: by.address, to, amount, nonce, deadline: Lab.deadline }
  return [lab.dollar, by.address, to, amount, Lab.deadline, by.sign(Digest.withdraw(lab.domains.house, terms))]
}

export const fund = (lab: Lab.Lab, amount: bigint): Sender.Call =>
  House.call(lab.house, 'fund', [lab.dollar, amount], gasLimit)
