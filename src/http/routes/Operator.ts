/** What the operator alone may do. */
import * as Wire from '../../core/Wire.ts'
import * as Refusals from '../Refusals.ts'
import { refusing, route } from '../Route.ts'

export const routes = [
  route({
    method: 'post',
    path: '/v1/settlements',
    id: 'settle',
    tag: 'Operator',
    summary: 'Settle everything now',
    access: 'operator',
    answer: { description: 'What was settled, once it is confirmed.', schema: Wire.settlements },
    refusals: refusing(Refusals.operator, Refusals.chain, Refusals.journal),
    run: (service) => service.settle(),
  }),
  route({
    method: 'post',
    path: '/v1/reserves',
    id: 'reserve',
    tag: 'Operator',
    summary: 'Reserve money of the pool for one payee, or announce that it comes back',
    description:
      'The settlement key is the service’s alone: whatever else is sent with it would be taken for another copy of the journal.',
    access: 'operator',
    body: Wire.reserve,
    answer: { description: 'The transaction, once it is mined.', schema: Wire.transaction },
    refusals: refusing(Refusals.body, Refusals.operator, Refusals.chain, Refusals.journal),
    run: (service, { body }) => service.reserve(body),
  }),
  route({
    method: 'get',
    path: '/v1/ledger',
    id: 'ledger',
    tag: 'Operator',
    summary: 'Read the whole ledger',
    description: 'In one fixed text, for an audit to hold against the journal’s replay.',
    access: 'operator',
    answer: { description: 'The ledger, at a moment at which all of it is on disk.', type: 'text/plain' },
    refusals: refusing(Refusals.operator, Refusals.journal),
    run: (service) => service.serialize(),
  }),
]
