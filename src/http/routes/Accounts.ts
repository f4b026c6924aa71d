/** What an account holds and did. The ledger is public, as a chain's is. */
import { z } from 'zod'
import * as Wire from '../../core/Wire.ts'
import * as Refusals from '../Refusals.ts'
import { refusing, route, wholeNumber } from '../Route.ts'

const latest = 999_999_999_999_999

export const routes = [
  route({
    method: 'get',
    path: '/v1/accounts/{address}',
    id: 'account',
    tag: 'Accounts',
    // Four questions to the chain, coded and decoded.
    costMs: 1,
    summary: 'Read an account',
    description:
      'What it holds in each asset, its last accepted debit with its own signature, and the numbers of its next messages. An address that never did anything is an empty account. While the chain does not answer, owner and nonces are as of `ownerBlock`, or null.',
    access: 'anyone',
    params: { address: Wire.address },
    answer: { description: 'The account, as of a journal position.', schema: Wire.accountView },
    refusals: refusing({ 400: ['SL601'] }, Refusals.journal),
    run: (service, { params }) => service.account(params.address),
  }),
  route({
    method: 'get',
    path: '/v1/accounts/{address}/statement',
    id: 'statement',
    tag: 'Accounts',
    summary: 'Read an account’s payments, oldest first',
    access: 'anyone',
    params: { address: Wire.address },
    query: { after: wholeNumber(0, latest, 0), limit: wholeNumber(1, 1000, 100) },
    answer: { description: 'A page of lines; `next` is the `after` of the next page.', schema: Wire.statement },
    refusals: refusing({ 400: ['SL601', 'SL610'] }, Refusals.journal),
    *pieces(service, { params, query }) {
      const lines = service.lines(params.address, query.after, query.limit)
      yield `{"account":"${params.address}","lines":[`
      let [step, comma] = [lines.next(), '']
      for (; step.done !== true; step = lines.next()) {
        const texts = step.value.map(Wire.stringify)
        yield texts.length === 0 ? undefined : comma + texts.join(',')
        if (texts.length > 0) comma = ','
      }
      yield `],"next":${step.value}}`
    },
  }),
  route({
    method: 'get',
    path: '/v1/events',
    id: 'events',
    tag: 'Accounts',
    summary: 'Follow an account, or the whole service (server-sent events)',
    description:
      'With `account`: an event `payment` for each payment that it receives, with its receipt, named by its journal position; whoever comes back with Last-Event-ID (or `after`) misses none and sees none twice. Without: an event `status` each second, and `settlement` for each settlement.',
    access: 'anyone',
    query: {
      account: Wire.address.optional(),
      after: z
        .string()
        .regex(/^\d{1,15}$/)
        .optional(),
    },
    headers: {
      'Last-Event-ID': z
        .string()
        .regex(/^\d{1,15}$/)
        .optional(),
    },
    answer: { description: 'A stream that stays open.', type: 'text/event-stream' },
    refusals: refusing({ 400: ['SL601', 'SL608'], 429: ['SL620'], 503: ['SL609'] }, Refusals.journal),
    handle: ({ events }) => events,
  }),
]
