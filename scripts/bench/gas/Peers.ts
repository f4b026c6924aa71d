/**
 * What others pay for the same. ERC-20 and ERC-3009 transfers are executed in the same run, on the same chain, with OpenZeppelin's own
 * contracts; the rest was measured elsewhere and is quoted.
 */
import { type Abi, encodeDeployData, encodeFunctionData } from 'viem'
import type { Address, Hex } from '../../../src/core/Payment.ts'
import * as Digest from '../../../src/crypto/Digest.ts'
import * as Keccak from '../../../src/crypto/Keccak.ts'
import * as Signature from '../../../src/crypto/Signature.ts'
import * as Contracts from '../../solidity/Contracts.ts'
import type { Basis } from '../Output.ts'
import * as Lab from './Lab.ts'
import * as Readings from './Readings.ts'

export interface Peer {
  readonly name: string
  readonly gas: number
  readonly source: string
  readonly basis: Basis
}

const elsewhere = (name: string, gas: number, source: string): Peer => ({ name, gas, source, basis: 'published' })

const x402 = 'x402 batch-settlement contracts, measured on a local chain'

/** OpenZeppelin's ERC-3009 as it comes, with a mint for everybody. */
const path = 'Peer.sol'
const content = `// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC3009} from "@openzeppelin/contracts/token/ERC20/extensions/draft-ERC3009.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
contract Peer is ERC3009 {
    constructor() ERC20("Peer", "PEER") EIP712("Peer", "1") {}
    function mint(address to, uint256 amount) external { _mint(to, amount); }
}
`

const transferType = Keccak.ofText(
  'TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)',
)
const word = (value: string): string => value.replace(/^0x/, '').padStart(64, '0')

const authorization = (domain: Hex, from: Lab.Member, to: Address, nonce: Hex): readonly unknown[] => {
  const struct = [transferType, from.address, to, (125).toString(16), '0', Lab.deadline.toString(16), nonce]
  const hash = Keccak.ofDigits(struct.map(word).join(''))
  const signature = Signature.expand(from.sign(Keccak.ofDigits(`1901${word(domain)}${word(hash)}`)))
  const v = Number.parseInt(signature.slice(130), 16)
  const [r, s] = [signature.slice(0, 66), `0x${signature.slice(66, 130)}`]
  return [from.address, to, 125n, 0n, Lab.deadline, nonce, v, r, s]
}

/** Both transfers go to somebody who holds the token; the second of each kind counts. */
const transfers = async (lab: Lab.Lab): Promise<{ readonly plain: bigint; readonly authorized: bigint }> => {
  const { Peer: compiled } = Contracts.compile({ Peer: path }, { [path]: content })
  const abi = compiled.abi as Abi
  const bytecode = `0x${compiled.evm.bytecode.object}` as Hex
  const gas = 5_000_000n
  const { contract } = await lab.anyone.deploy({ to: undefined, data: encodeDeployData({ abi, bytecode }), gas })
  const call = (functionName: string, args: readonly unknown[]) =>
    lab.anyone.send({ to: contract, data: encodeFunctionData({ abi, functionName, args }), gas })
  const [payer, payee] = [Lab.member('peer payer'), Lab.member('peer payee')]
  for (const to of [payer.address, payee.address, lab.anyone.address]) await call('mint', [to, 1_000_000n])
  const domain = Digest.domain(lab.deployment.chainId, contract, 'Peer', '1')
  const nonce = (name: string): Hex => Keccak.ofText(`peer nonce ${name}`)
  await call('transfer', [payee.address, 125n])
  const plain = await call('transfer', [payee.address, 125n])
  await call('transferWithAuthorization', authorization(domain, payer, payee.address, nonce('one')))
  const authorized = await call('transferWithAuthorization', authorization(domain, payer, payee.address, nonce('two')))
  return { plain: plain.gas, authorized: authorized.gas }
}

const openZeppelin = 'OpenZeppelin Contracts 5.7.0, executed in this run'

/** Who stands beside each operation. */
export const measure = async (lab: Lab.Lab): Promise<{ readonly [operation: string]: Peer }> => {
  const { plain, authorized } = await transfers(lab)
  const transfer: Peer = { name: 'ERC-20 transfer', gas: Number(plain), source: openZeppelin, basis: 'measured' }
  const signed: Peer = {
    name: 'ERC-3009 transferWithAuthorization',
    gas: Number(authorized),
    source: openZeppelin,
    basis: 'measured',
  }
  const reading: Peer = {
    name: 'a reading in a transaction of its own',
    gas: Number(await Readings.single(lab)),
    source: 'the same contract, executed in this run',
    basis: 'measured',
  }
  return {
    'settle.payer': elsewhere('x402 batch-settlement: a claim, for each pair', 21_827, x402),
    'settle.payee': elsewhere('x402 batch-settlement: a sweep', 46_259, x402),
    'settle.both': {
      ...elsewhere('x402 batch-settlement: a claim and a sweep', 21_827 + 46_259, x402),
      basis: 'computed',
    },
    'settle.W2': elsewhere('x402 batch-settlement', 2_245, x402),
    'settle.W3': transfer,
    'settle.single': signed,
    'deposit.new': elsewhere('x402 batch-settlement: a deposit into a new channel', 102_022, x402),
    'deposit.single.new': elsewhere('x402 batch-settlement: a deposit into a new channel', 102_022, x402),
    'deposit.single.known': elsewhere('x402 batch-settlement: a deposit into a known channel', 84_918, x402),
    'deposit.known': elsewhere('x402 batch-settlement: a deposit into a known channel', 84_918, x402),
    withdraw: elsewhere('x402 batch-settlement: a refund', 73_977, x402),
    'reading.fleet': reading,
    'reading.fleet.p256': reading,
    'reading.owners': reading,
    'life.W2': elsewhere('x402 batch-settlement', 10_736, x402),
    'life.W2.single': elsewhere('x402 batch-settlement', 10_736, x402),
  }
}

/** Others' ways, for a reader who wants more than one peer beside each row. */
export const others: readonly Peer[] = [
  elsewhere('USDC v2.2 transferWithAuthorization', 85_774, 'USDC FiatToken v2.2, measured on a local chain'),
  elsewhere('life.W2 with GraphTally', 23_066, 'The Graph GraphTally contracts, measured on a local chain'),
  elsewhere('life.W2 with Raiden', 29_124, 'Raiden contracts, measured on a local chain'),
  elsewhere('life.W2 with Superfluid', 57_131, 'Superfluid contracts, measured on a local chain'),
  elsewhere('life.W2 with Filecoin Pay', 57_624, 'Filecoin Pay contracts, measured on a local chain'),
]
