/**
 * Where each unit of a transaction's gas went, from its trace: what every step cost, step by step, sorted by purpose. The parts add up to the
 * receipt's gas, or there is no bill.
 */
import { MeasurementFailedError, type Workbench } from '../chain/Workbench.ts'
import type { Hex } from '../core/Payment.ts'

/** Purposes, in the order in which they are shown. */
export const parts = ['base', 'calldata', 'signatures', 'storage', 'logs', 'hashing', 'execution', 'refund'] as const
export type Part = (typeof parts)[number]

export const partTitles: { readonly [part in Part]: string } = {
  base: 'transaction',
  calldata: 'calldata',
  signatures: 'signatures',
  storage: 'storage',
  logs: 'events',
  hashing: 'hashing',
  execution: 'execution',
  refund: 'refund',
}

export interface Bill {
  /** What was done. */
  readonly title: string
  /** What the bill is divided by: members of a batch, payments. */
  readonly items: number
  readonly item: string
  readonly gas: bigint
  /** Gas by purpose; refunds are negative. They add up to `gas`. */
  readonly parts: Readonly<Record<Part, bigint>>
}

interface Step {
  readonly op: string
  readonly gas: number
  readonly gasCost: number
  readonly depth: number
  readonly stack?: readonly string[]
  readonly refund?: number
}

interface Trace {
  readonly structLogs: readonly Step[]
}

/** What every transaction costs, and each byte of its data (EIP-2028); from here on EIP-7623's floor is compared. */
const baseGas = 21_000n
const zeroByteGas = 4n
const otherByteGas = 16n
const floorGasOfToken = 10n
/** EIP-3529: at most a fifth of the gas used comes back. */
const refundQuotient = 5n

const calls = new Set(['CALL', 'STATICCALL', 'DELEGATECALL', 'CALLCODE', 'CREATE', 'CREATE2'])
/** Precompiles that check signatures: ecrecover, and P-256 (EIP-7951). */
const signaturePrecompiles = new Set([1n, 0x100n])

const partOf = ({ op }: Step): Part => {
  if (op === 'SLOAD' || op === 'SSTORE') return 'storage'
  if (op.startsWith('LOG')) return 'logs'
  if (op === 'KECCAK256' || op === 'SHA3') return 'hashing'
  return 'execution'
}

const isSignature = ({ op, stack }: Step): boolean => {
  const to = calls.has(op) ? stack?.at(-2) : undefined
  return to !== undefined && signaturePrecompiles.has(BigInt(to.startsWith('0x') ? to : `0x${to}`))
}

/** Adds up the steps: each costs what is left before it less what is left after it, and a call that much less what its frame took. */
const walk = (steps: readonly Step[], add: (part: Part, gas: number) => void): number => {
  /** Calls whose frames run: the step, and what was left when the frame began. */
  const open: { readonly call: Step; readonly began: number }[] = []
  let spentInFrame = 0
  steps.forEach((step, i) => {
    const next = steps[i + 1]
    if (next !== undefined && next.depth > step.depth) {
      open.push({ call: step, began: next.gas })
      return
    }
    if (next !== undefined && next.depth === step.depth) {
      add(isSignature(step) ? 'signatures' : partOf(step), step.gas - next.gas)
      return
    }
    add(partOf(step), step.gasCost)
    spentInFrame = (open.at(-1)?.began ?? steps[0]?.gas ?? 0) - (step.gas - step.gasCost)
    const returned = open.pop()
    if (returned !== undefined && next !== undefined) add('execution', returned.call.gas - next.gas - spentInFrame)
  })
  return spentInFrame
}

const dataGas = (data: Hex): { standard: bigint; floor: bigint } => {
  const bytes = Buffer.from(data.slice(2), 'hex')
  const zeros = bytes.reduce((count, byte) => count + (byte === 0 ? 1 : 0), 0)
  const [zero, other] = [BigInt(zeros), BigInt(bytes.length - zeros)]
  return { standard: zeroByteGas * zero + otherByteGas * other, floor: floorGasOfToken * (zero + 4n * other) }
}

/**
 * The bill of one transaction on the local chain.
 * @throws {MeasurementFailedError} the parts do not add up to the receipt's gas
 */
export const of = async (
  { request }: Workbench,
  transaction: Hex,
  gas: bigint,
  title: string,
  items: number,
  item: string,
): Promise<Bill> => {
  const sent = (await request('eth_getTransactionByHash', [transaction])) as { input: Hex }
  const options = { disableMemory: true, disableStorage: true }
  const { structLogs } = (await request('debug_traceTransaction', [transaction, options])) as Trace
  const sums = Object.fromEntries(parts.map((part) => [part, 0n])) as Record<Part, bigint>
  const executed = walk(structLogs, (part, amount) => {
    sums[part] += BigInt(amount)
  })
  const { standard, floor } = dataGas(sent.input)
  sums.base = baseGas
  sums.calldata = standard
  const used = baseGas + standard + BigInt(executed)
  const asked = BigInt(structLogs.at(-1)?.refund ?? 0)
  const most = used / refundQuotient
  sums.refund = -(asked < most ? asked : most)
  // EIP-7623: a transaction of much data and little else pays for its data at the floor's price.
  const short = baseGas + floor - (used + sums.refund)
  if (short > 0n) sums.calldata += short
  const sum = parts.reduce((total, part) => total + sums[part], 0n)
  if (sum !== gas) throw new MeasurementFailedError(`the parts of a bill add up to ${sum}, the receipt says ${gas}`)
  return { title, items, item, gas, parts: sums }
}
