/** Right inputs of every kind that the decoders take, from which wrong ones are made. */
import * as Batch from '../../../src/core/Batch.ts'
import type { Address, Hex } from '../../../src/core/Payment.ts'
import type { Record } from '../../../src/core/Record.ts'
import * as Keccak from '../../../src/crypto/Keccak.ts'
import * as Frame from '../../../src/store/Frame.ts'

const bytes = (fill: string, many: number): Hex => `0x${fill.repeat(many)}`
const address = (fill: string): Address => bytes(fill, 20)
export const [asset, payer, payee] = [address('d0'), address('aa'), address('bb')]
const signature = bytes('5c', 64)
const hash = (name: string): Hex => Keccak.ofText(name)

export const request = {
  ...{ asset, payee, amount: '125', reference: hash('r'), validUntil: '4000000000' },
  ...{ total: '500', history: hash('h'), signature },
}

export const receipt = {
  payment: { ...request, id: hash('id'), payer },
  credit: { asset, account: payee, total: '900', history: hash('c'), debit: hash('id') },
  before: hash('b'),
  proof: { signature, branch: [hash('1'), hash('2')] },
}

const terms = {
  ...{ seller: payer, buyer: payee, creditAsset: asset, credits: '5' },
  ...{ dollarAsset: asset, price: '7', salt: hash('s') },
}

const withdrawal = { asset, account: payer, to: payee, amount: '5', nonce: '1', deadline: '4000000000', signature }
const reading = {
  ...{ meter: payer, timestamp: '1700000000', energyMilliWh: '100', computeUnits: '3' },
  ...{ detail: hash('d'), signature },
}

/** By the name of the schema in `core/Wire`. */
export const messages: { readonly [schema: string]: unknown } = {
  paymentRequest: request,
  payments: [request, { ...request, total: '625' }],
  receipt,
  order: { terms, payment: request },
  deposit: {
    ...{ asset, from: payer, account: payer, owner: payee, amount: '5' },
    ...{ validAfter: '0', validBefore: '4000000000', salt: hash('s'), signature },
  },
  withdrawal,
  exit: Object.fromEntries(Object.entries(withdrawal).filter(([name]) => name !== 'amount')),
  owner: { account: payer, owner: payee, signature },
  readings: [reading, reading],
  paymentResults: [receipt, { type: 't', title: 'T', status: 409, code: 'SL306', detail: 'no' }],
}

export const batch: Hex = Batch.encode([
  {
    asset,
    p256: false,
    debits: [{ signature, total: 500n, history: hash('h') }],
    boths: [{ signature, debitTotal: 70_000n, history: hash('h'), creditTotal: 3n }],
    credits: [{ account: payee, total: 500n }],
  },
  {
    asset: payer,
    p256: true,
    debits: [{ signature: bytes('5c', 128), total: 1n, history: hash('p') }],
    boths: [],
    credits: [],
  },
])

const authorized = { ...{ amount: 500n, validAfter: 0n, validBefore: 4_000_000_000n }, salt: hash('s'), signature }

export const deposits: Hex = Batch.encodeDeposits([
  { ...authorized, from: payer, account: payer, owner: payee },
  { ...authorized, from: payee, account: payer, owner: payee },
])

const records: Record[] = [
  { type: 'withdrawalFailed', asset, account: payer, amount: 5n as never, nonce: 1n },
  {
    ...{ type: 'chain', block: 9n, hash: hash('block'), timestamp: 10n, atMs: 1 },
    slots: [{ asset, account: payer, balance: 5n, debited: 1n, credited: 2n, leaving: false }],
    events: [{ type: 'deposited', asset, account: payer, amount: 5n, transaction: hash('t') }],
    settlements: [{ transaction: hash('t'), block: 9n, gasUsed: 1n, members: 1, bytes: 1, fastLzBytes: 1 }],
    undone: { after: 8n, events: [], settlements: [hash('u')] },
  },
]

/** Two groups of the journal, one after the other. */
export const frames: readonly Buffer[] = [Frame.encode(records, 1, 0), Frame.encode(records, 3, 0)]

const sse = (position: number): string => `id: ${position}\nevent: payment\ndata: ${JSON.stringify(receipt)}\n\n`
export const stream = `: hello\n\n${sse(4)}${sse(5)}`

const hours = Array.from({ length: 24 }, (_, h) => `20180621:${String(h).padStart(2, '0')}00,${h}.0,50.0,${h * 20}.0`)
export const pvgis = [
  'Latitude (decimal degrees): 45.000',
  'Longitude (decimal degrees): 8.000',
  'Elevation (m): 250.0',
  'Irradiance Time Offset (h): 0.1761',
  'month,year',
  '1,2018',
  'time(UTC),T2m,RH,G(h)',
  ...hours,
  '',
  'T2m: 2-m air temperature',
  '',
].join('\n')
export const jobs =
  'TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46.6805900,374,44\n2023-11-16 18:15:50.9951690,396,109\n'
