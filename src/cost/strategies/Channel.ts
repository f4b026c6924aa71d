/**
 * A channel for each pair, the way of x402's batch-settlement and of MPP's sessions (contracts/peers/PaymentChannels.sol): one deposit,
 * one voucher that rises with every payment, claims of many channels in one transaction, one sweep a payee.
 */
import type { Abi } from 'viem'
import { paymentChannels } from '../../chain/abi/PaymentChannels.ts'
import * as Workbench from '../../chain/Workbench.ts'
import type { Address, Hex } from '../../core/Payment.ts'
import * as Digest from '../../crypto/Digest.ts'
import * as Keccak from '../../crypto/Keccak.ts'
import * as Signature from '../../crypto/Signature.ts'
import * as Bundle from '../Bundle.ts'
import { counts, type Payment, type Workload } from '../Workload.ts'
import * as Authorized from './Authorized.ts'
import * as Stage from './Stage.ts'
import type { Context, Execution, Strategy } from './Strategy.ts'

const abi = paymentChannels.abi as Abi

interface Pair {
  readonly payer: number
  readonly payee: number
  readonly sum: bigint
}

const pairsOf = (payments: readonly Payment[]): Pair[] => {
  const pairs = new Map<string, Pair>()
  for (const { payer, payee, amountAtomic } of payments) {
    const name = `${payer} ${payee}`
    const before = pairs.get(name)?.sum ?? 0n
    pairs.set(name, { payer, payee, sum: before + amountAtomic })
  }
  return [...pairs.values()]
}

/** Claims in one transaction: a voucher is 160 bytes and at most 45 000 gas, where its payee is paid for the first time. */
const perClaim = 350

const voucherType = 'Voucher(address payer,address payee,uint96 total)'

/** Both rounds are paid out of one deposit. */
const rounds = 2n

const openAll = async (stage: Stage.Stage, channels: Address, pairs: readonly Pair[], counter: Bundle.Counter) => {
  const salt = Keccak.ofText('salt')
  for (const { payer, payee, sum } of pairs) {
    const { key, address } = stage.member(payer)
    const to = stage.member(payee).address
    const amount = rounds * sum
    const nonce = Keccak.ofDigits(to.slice(2).padStart(64, '0') + salt.slice(2))
    const signature = Authorized.receive(stage.dollarDomain, key, address, channels, amount, nonce)
    const { v, r, s } = Authorized.split(signature)
    const args = [address, to, amount, Workbench.validUntil, salt, v, r, s]
    counter.add(await stage.send(stage.operator, channels, abi, 'open', args, 300_000n))
  }
}

const claimAll = async (
  stage: Stage.Stage,
  channels: Address,
  pairs: readonly Pair[],
  round: bigint,
  counter: Bundle.Counter,
) => {
  const domain = Digest.domain(stage.bench.chainId, channels, 'PaymentChannels', '1')
  for (let at = 0; at < pairs.length; at += perClaim) {
    const claims = pairs.slice(at, at + perClaim).map(({ payer, payee, sum }) => {
      const { key, address } = stage.member(payer)
      const to = stage.member(payee).address
      const total = round * sum
      const signature = Signature.sign(Authorized.typed(domain, voucherType, address, to, total), key)
      const [r, vs] = [signature.slice(0, 66) as Hex, `0x${signature.slice(66)}` as Hex]
      return { payer: address, payee: to, total, r, vs }
    })
    counter.add(await stage.send(stage.operator, channels, abi, 'claim', [claims], 16_700_000n))
  }
}

const sweepAll = async (stage: Stage.Stage, channels: Address, pairs: readonly Pair[], counter: Bundle.Counter) => {
  for (const payee of new Set(pairs.map((pair) => pair.payee)))
    counter.add(await stage.send(stage.operator, channels, abi, 'sweep', [stage.member(payee).address], 200_000n))
}

const run = async (workload: Workload, size: number, context: Context): Promise<Execution> => {
  const payments = workload.payments.slice(0, size)
  const stage = await Stage.open(context, payments, rounds)
  try {
    const contract = { abi, bytecode: paymentChannels.bytecode }
    const channels = await stage.bench.deploy(stage.operator, contract, [stage.dollar])
    const pairs = pairsOf(payments)
    const counters = { open: Bundle.counter(), claim: Bundle.counter(), sweep: Bundle.counter() }
    await openAll(stage, channels, pairs, counters.open)
    await claimAll(stage, channels, pairs, 1n, counters.claim)
    await sweepAll(stage, channels, pairs, counters.sweep)
    await stage.expectPaid()
    const again = { claim: Bundle.counter(), sweep: Bundle.counter() }
    await claimAll(stage, channels, pairs, 2n, again.claim)
    await sweepAll(stage, channels, pairs, again.sweep)
    return {
      strategy: 'channel',
      workload: workload.name,
      size,
      life: [
        { unit: 'pairs', bundle: counters.open.bundle() },
        { unit: 'pairs', bundle: counters.claim.bundle() },
        { unit: 'payees', bundle: counters.sweep.bundle() },
      ],
      settlement: [
        { unit: 'pairs', bundle: again.claim.bundle() },
        { unit: 'payees', bundle: again.sweep.bundle() },
      ],
    }
  } finally {
    await stage.close()
  }
}

export const channel: Strategy = {
  name: 'channel',
  title: 'a channel for each pair',
  about: 'One deposit and one rising voucher for each pair: the way of x402’s batch-settlement and MPP’s sessions.',
  estimate: (workload, sizes) =>
    sizes.reduce((sum, size) => {
      const { pairs, payees } = counts(workload, size)
      return sum + pairs + 2 * (Math.ceil(pairs / perClaim) + payees)
    }, 0),
  async run(workload, sizes, context) {
    const executions: Execution[] = []
    for (const size of sizes) executions.push(await run(workload, size, context))
    return executions
  },
}
