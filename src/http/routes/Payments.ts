/** Paying, and reading what was paid. */
import { z } from 'zod'
import { type Brought, ReceiptUnprovenError } from '../../clearing/Receipts.ts'
import type { Service } from '../../clearing/Service.ts'
import { pack, packAll } from '../../core/Pack.ts'
import type * as Packed from '../../core/Packed.ts'
import type { PaymentRequest } from '../../core/Payment.ts'
import * as Wire from '../../core/Wire.ts'
import * as Problem from '../Problem.ts'
import * as Refusals from '../Refusals.ts'
import { refusing, route } from '../Route.ts'

/** A payment as it was read: as bytes mostly, as values where only the schema could read it. */
type Read = PaymentRequest | Packed.Packed

/** The receipt, as JSON. */
const pay = async (service: Service, request: Read): Promise<string> =>
  'bytes' in request ? (await service.take(request)).json() : Wire.formatReceipt(await service.pay(request))

/** Several at once: each is answered for itself, in order. */
const payAll = async (service: Service, requests: readonly Read[]): Promise<string> => {
  const answers = await Promise.allSettled(requests.map((request) => pay(service, request)))
  const texts = answers.map((answer) =>
    answer.status === 'fulfilled' ? answer.value : JSON.stringify(Problem.from(answer.reason).toProblem()),
  )
  return `[${texts.join(',')}]`
}

const resultOf = (brought: Brought | ReceiptUnprovenError): unknown =>
  brought instanceof ReceiptUnprovenError ? brought.toProblem() : brought

export const routes = [
  route({
    method: 'post',
    path: '/v1/payments',
    id: 'pay',
    tag: 'Payments',
    summary: 'Pay once, or up to 1 000 times',
    description:
      'The answer means: on disk. One payment is answered with its receipt or a problem; a list with each one’s receipt or problem, in order. A payment that comes early waits up to 250 ms for its predecessor. The same payment again gets the same receipt.',
    access: 'signed',
    isGated: true,
    body: Wire.payments,
    // Bytes instead of values: `run` takes both.
    read: (body) => (Array.isArray(body) ? packAll(body) : pack(body)) as never,
    answer: {
      description: 'The receipt; for a list, receipts and problems in its order.',
      schema: z.union([Wire.receipt, Wire.paymentResults]),
    },
    refusals: refusing(Refusals.body, Refusals.signature, Refusals.payment, Refusals.busy, Refusals.journal),
    run: (service, { body }) => (Array.isArray(body) ? payAll(service, body) : pay(service, body as PaymentRequest)),
  }),
  route({
    method: 'get',
    path: '/v1/payments/{id}',
    id: 'payment',
    tag: 'Payments',
    summary: 'Read a payment’s receipt',
    access: 'anyone',
    params: { id: Wire.bytes32 },
    answer: {
      description: 'The receipt, as it was answered first; proven anew where the credit key has been replaced since.',
      schema: Wire.receipt,
    },
    refusals: refusing({ 400: ['SL601'], 404: ['SL319'] }, Refusals.journal),
    run: (service, { params }) => Wire.formatReceipt(service.payment(params.id)),
  }),
  route({
    method: 'post',
    path: '/v1/receipts',
    id: 'bring',
    tag: 'Payments',
    summary: 'Bring back receipts that the service may have lost',
    description:
      'For whoever holds a receipt that the service does not know. One that is proven under the service’s credit key and that the journal does not have shows that the journal is an older copy: the service stops accepting (SL409) until its operator recovers it. Anything less changes nothing.',
    access: 'signed',
    body: Wire.receipts,
    answer: {
      description: 'What became of each receipt, or why it proves nothing, in order.',
      schema: Wire.broughtResults,
    },
    refusals: refusing(Refusals.body, Refusals.busy, Refusals.journal),
    run: async (service, { body: { receipts } }) => (await service.bring(receipts)).map(resultOf),
  }),
  route({
    method: 'post',
    path: '/v1/orders',
    id: 'trade',
    tag: 'Payments',
    lane: 'payment',
    summary: 'Send one leg of a sale of energy credits',
    description:
      'Delivery versus payment: seller and buyer each send their own leg. Both are accepted or refused together; each is answered when the other’s leg is there, within 3 s.',
    access: 'signed',
    body: Wire.order,
    answer: { description: 'The receipt of the own leg.', schema: Wire.receipt },
    refusals: refusing(Refusals.body, Refusals.signature, Refusals.order, Refusals.busy, Refusals.journal),
    run: async (service, { body: { terms, payment } }) => Wire.formatReceipt(await service.trade(terms, payment)),
  }),
]
