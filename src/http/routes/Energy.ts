/** Readings of meters, and the issuer's approval of a meter. */
import * as Wire from '../../core/Wire.ts'
import * as Refusals from '../Refusals.ts'
import { refusing, route } from '../Route.ts'

export const routes = [
  route({
    method: 'post',
    path: '/v1/readings',
    id: 'read',
    tag: 'Energy',
    summary: 'Hand in a signed reading, or up to 1 000',
    description:
      'Kept for the next settlement. Readings are cumulative, so of one meter only the newest counts; none is kept where one is refused.',
    access: 'signed',
    body: Wire.readings,
    answer: { status: 202, description: 'How many readings wait for the chain.', schema: Wire.queued },
    refusals: refusing(Refusals.body, Refusals.signature, {
      400: ['SL340'],
      404: ['SL343'],
      503: ['SL341', 'SL503'],
    }),
    run: async (service, { body }) => ({
      queued: await service.read(Array.isArray(body) ? body : [body as Wire.SignedReading]),
    }),
  }),
  route({
    method: 'post',
    path: '/v1/meters',
    id: 'approveMeter',
    tag: 'Operator',
    summary: 'Approve a meter, with its owner’s signature',
    access: 'operator',
    body: Wire.meter,
    answer: { description: 'The transaction that did it, mined.', schema: Wire.transaction },
    refusals: refusing(Refusals.operator, Refusals.body, Refusals.signature, Refusals.chain),
    run: (service, { body }) => service.approveMeter(body),
  }),
]
