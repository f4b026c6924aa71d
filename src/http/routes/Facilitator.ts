/** The x402 facilitator. What is asked about is judged in `clearing/Facilitator`; a payment that is no good is an answer, not an error. */
import * as X402 from '../../core/X402.ts'
import * as Refusals from '../Refusals.ts'
import { refusing, route } from '../Route.ts'

const refusals = refusing(Refusals.body, { 503: ['SL503'] })

export const routes = [
  route({
    method: 'post',
    path: '/verify',
    id: 'verifyPayment',
    tag: 'x402',
    summary: 'Ask whether a payment is good',
    description:
      'Moves nothing: an EIP-3009 authorization is tried on the chain, a receipt is looked up in the journal and held against URL and key.',
    access: 'anyone',
    body: X402.requestSchema,
    answer: { description: 'Whether it is, who pays, and else why not.', schema: X402.verifiedSchema },
    refusals,
    run: (service, { body }) => service.verifyX402(body as never),
  }),
  route({
    method: 'post',
    path: '/settle',
    id: 'settlePayment',
    tag: 'x402',
    summary: 'Settle a payment',
    description:
      'An authorization is put on chain and confirmed; a nonce that somebody else used counts where the very transfer followed from it. Success is answered to one request alone, or to all that name the same `claim`, a text of the server’s own.',
    access: 'signed',
    body: X402.requestSchema,
    answer: { description: 'What became of it.', schema: X402.settledSchema },
    refusals: refusing(refusals, { 429: ['SL622', 'SL623'], 503: ['SL507'] }),
    run: (service, { body, from }) => service.settleX402(body as never, from),
  }),
  route({
    method: 'get',
    path: '/supported',
    id: 'supportedPayments',
    tag: 'x402',
    summary: 'Read which payments the facilitator takes',
    access: 'anyone',
    answer: { description: 'Schemes and networks.', schema: X402.supportedSchema },
    run: (service) => service.supportedX402(),
  }),
]
