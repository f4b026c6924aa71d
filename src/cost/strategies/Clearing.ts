/**
 * This project's way: each payer deposits once, payments are totals that re-sign themselves off chain, and a settlement carries every
 * member's newest total. What earns is withdrawn at the end of its life.
 */
import type { Abi } from 'viem'
import { clearingHouse } from '../../chain/abi/ClearingHouse.ts'
import * as Workbench from '../../chain/Workbench.ts'
import * as Batch from '../../core/Batch.ts'
import type { Address, Hex } from '../../core/Payment.ts'
import { debitGenesis } from '../../core/Payment.ts'
import * as Digest from '../../crypto/Digest.ts'
import * as Keccak from '../../crypto/Keccak.ts'
import * as Signature from '../../crypto/Signature.ts'
import * as Bundle from '../Bundle.ts'
import { counts, type Payment, type Workload } from '../Workload.ts'
import * as Stage from './Stage.ts'
import type { Context, Execution, Strategy } from './Strategy.ts'

const abi = clearingHouse.abi as Abi
const zeroAddress: Address = `0x${'0'.repeat(40)}`

/** A member's running totals, as the service keeps them. */
interface Running {
  debit: bigint
  history: Hex
  credit: bigint
}

export interface House {
  readonly stage: Stage.Stage
  readonly address: Address
  readonly domain: Digest.Domain
  readonly members: Map<number, Running>
}

/** Bytes and gas of one transaction: what common pools take, and EIP-7825. */
const mostBytes = 90_000
const mostGas = 16_000_000
/** More than an entry takes, for splitting only: a slot that was never written is in it. */
const gasOf = { debit: 16_000, both: 18_000, credit: 30_000 }
const bytesOf = { debit: 106, both: 116, credit: 30 }

/** Deploys a clearing house for the stage's stablecoin. */
export const openHouse = async (stage: Stage.Stage): Promise<House> => {
  const operator = Signature.addressOf(stage.operator)
  const args = [stage.dollar, operator, operator, operator, 3600n, 7200n]
  const address = await stage.bench.deploy(stage.operator, { abi, bytecode: clearingHouse.bytecode }, args)
  return { stage, address, domain: Digest.domain(stage.bench.chainId, address), members: new Map() }
}

const runningOf = ({ stage, members }: House, number: number): Running => {
  const known = members.get(number)
  if (known !== undefined) return known
  const made = { debit: 0n, history: debitGenesis(stage.member(number).address), credit: 0n }
  members.set(number, made)
  return made
}

/** Accepts payments, off chain. */
export const accept = (house: House, payments: readonly Payment[]): void => {
  for (const [i, { payer, payee, amountAtomic }] of payments.entries()) {
    const from = runningOf(house, payer)
    from.debit += amountAtomic
    const reference = Keccak.ofText(`payment ${i}`)
    const to = house.stage.member(payee).address
    from.history = Digest.debitHistory(from.history, to, amountAtomic, reference, Workbench.validUntil)
    runningOf(house, payee).credit += amountAtomic
  }
}

export const depositAll = async (house: House, amounts: ReadonlyMap<number, bigint>, counter: Bundle.Counter) => {
  const { stage, address } = house
  for (const [number, amount] of amounts) {
    const { key, address: from } = stage.member(number)
    const salt = Keccak.ofText('salt')
    const nonce = Digest.depositNonce(from, zeroAddress, salt)
    const validBefore = Workbench.validUntil
    const authorization = { from, to: address, value: amount, validAfter: 0n, validBefore, nonce }
    const signature = Signature.sign(Digest.receiveAuthorization(stage.dollarDomain, authorization), key)
    const args = [stage.dollar, from, from, zeroAddress, amount, 0n, validBefore, salt, signature]
    counter.add(await stage.send(stage.operator, address, abi, 'depositWithAuthorization', args, 300_000n))
  }
}

type Entry =
  | { readonly kind: 'debit'; readonly entry: Batch.DebitEntry }
  | { readonly kind: 'both'; readonly entry: Batch.BothEntry }
  | { readonly kind: 'credit'; readonly entry: Batch.CreditEntry }

/** Everybody's newest totals, net payers first, so that the pool holds what the later credits draw. */
const entriesOf = ({ stage, domain, members }: House): Entry[] =>
  [...members]
    .sort(([, a], [, b]) => Number(a.credit - a.debit - (b.credit - b.debit)))
    .map(([number, { debit, history, credit }]): Entry => {
      const { key, address } = stage.member(number)
      if (debit === 0n) return { kind: 'credit', entry: { account: address, total: credit } }
      const signature = Signature.sign(Digest.debit(domain, stage.dollar, debit, history), key)
      return credit === 0n
        ? { kind: 'debit', entry: { signature, total: debit, history } }
        : { kind: 'both', entry: { signature, debitTotal: debit, history, creditTotal: credit } }
    })

/** Entries of one transaction each. */
const split = (entries: readonly Entry[]): Entry[][] => {
  const parts: Entry[][] = [[]]
  let [bytes, gas] = [0, 0]
  for (const entry of entries) {
    bytes += bytesOf[entry.kind]
    gas += gasOf[entry.kind]
    if (bytes > mostBytes || gas > mostGas) {
      parts.push([])
      ;[bytes, gas] = [bytesOf[entry.kind], gasOf[entry.kind]]
    }
    parts.at(-1)?.push(entry)
  }
  return parts.filter((part) => part.length > 0)
}

/** The entries as sections; a section's debits stand before its boths and those before its credits, so an order across kinds needs several. */
const sectionsOf = (asset: Address, entries: readonly Entry[]): Batch.Section[] => {
  const of = <kind extends Entry['kind']>(kind: kind) =>
    entries.flatMap((entry) => (entry.kind === kind ? [entry.entry] : [])) as Extract<Entry, { kind: kind }>['entry'][]
  return [{ asset, p256: false, debits: of('debit'), boths: of('both'), credits: of('credit') }]
}

/** Settles everybody's newest totals. */
export const settleAll = async (house: House, counter: Bundle.Counter): Promise<Workbench.Executed[]> => {
  const { stage, address } = house
  const sent: Workbench.Executed[] = []
  for (const part of split(entriesOf(house))) {
    const batch = Batch.encode(sectionsOf(stage.dollar, part))
    const executed = await stage.send(stage.operator, address, abi, 'settle', [batch], 16_700_000n)
    counter.add(executed)
    sent.push(executed)
  }
  return sent
}

/** Makes sure that the contract has everybody's totals. @throws {Workbench.MeasurementFailedError} */
const expectSettled = async (house: House): Promise<void> => {
  const { stage, address } = house
  const numbers = [...house.members.keys()]
  for (let at = 0; at < numbers.length; at += 500) {
    const some = numbers.slice(at, at + 500)
    const accounts = some.map((number) => stage.member(number).address)
    const slots = (await stage.bench.read(address, abi, 'accountsOf', [stage.dollar, accounts])) as {
      debited: bigint
      credited: bigint
    }[]
    for (const [i, number] of some.entries()) {
      const { debit, credit } = runningOf(house, number)
      if (slots[i]?.debited !== debit || slots[i]?.credited !== credit)
        throw new Workbench.MeasurementFailedError(`account ${number} is not settled`)
    }
  }
}

const withdrawAll = async (house: House, amounts: ReadonlyMap<number, bigint>, counter: Bundle.Counter) => {
  const { stage, address, domain } = house
  for (const [number, amount] of amounts) {
    const { key, address: account } = stage.member(number)
    const deadline = Workbench.validUntil
    const withdrawal = { asset: stage.dollar, account, to: account, amount, nonce: 0n, deadline }
    const signature = Signature.sign(Digest.withdraw(domain, withdrawal), key)
    const args = [stage.dollar, account, account, amount, deadline, signature]
    counter.add(await stage.send(stage.operator, address, abi, 'withdraw', args, 300_000n))
  }
}

/** Both rounds are paid out of one deposit. */
const rounds = 2n

const run = async (workload: Workload, size: number, context: Context): Promise<Execution> => {
  const payments = workload.payments.slice(0, size)
  const stage = await Stage.open(context, payments, rounds)
  try {
    const house = await openHouse(stage)
    const counters = { open: Bundle.counter(), settle: Bundle.counter(), close: Bundle.counter() }
    const amounts = new Map([...Stage.paid(payments)].map(([number, sum]) => [number, rounds * sum]))
    await depositAll(house, amounts, counters.open)
    accept(house, payments)
    await settleAll(house, counters.settle)
    await expectSettled(house)
    await withdrawAll(house, Stage.earned(payments), counters.close)
    await stage.expectPaid()
    const again = Bundle.counter()
    accept(house, payments)
    await settleAll(house, again)
    await expectSettled(house)
    return {
      strategy: 'clearing',
      workload: workload.name,
      size,
      life: [
        { unit: 'payers', bundle: counters.open.bundle() },
        { unit: 'members', bundle: counters.settle.bundle() },
        { unit: 'payees', bundle: counters.close.bundle() },
      ],
      settlement: [{ unit: 'members', bundle: again.bundle() }],
    }
  } finally {
    await stage.close()
  }
}

export const clearing: Strategy = {
  name: 'clearing',
  title: 'cleared by Sunledger',
  about:
    'One deposit a payer, in a transaction of its own; one settlement carries every member’s newest totals, however many payments they cover.',
  estimate: (workload, sizes) =>
    sizes.reduce((sum, size) => {
      const { payers, payees, members } = counts(workload, size)
      return sum + payers + payees + 2 * Math.ceil(members / 500)
    }, 0),
  async run(workload, sizes, context) {
    const executions: Execution[] = []
    for (const size of sizes) executions.push(await run(workload, size, context))
    return executions
  },
}
