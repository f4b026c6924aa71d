/** Which service this is, how it does, and its documentation. */
import { z } from 'zod'
import * as Wire from '../../core/Wire.ts'
import * as Docs from '../Docs.ts'
import { route } from '../Route.ts'
import * as Still from '../Still.ts'

const page = (html: string) => {
  const made = Still.of(html, 'text/html; charset=utf-8', {
    'content-security-policy': Docs.policy,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  })
  return () => made
}

export const routes = [
  route({
    method: 'get',
    path: '/v1/status',
    id: 'status',
    tag: 'Service',
    summary: 'Read which chain, contracts and keys the service stands for, and how it does',
    access: 'anyone',
    answer: { description: 'The status.', schema: Wire.status },
    run: (service) => service.status(),
  }),
  route({
    method: 'get',
    path: '/healthz',
    id: 'healthz',
    tag: 'Service',
    lane: 'probe',
    summary: 'Ask whether the process is alive',
    access: 'anyone',
    answer: { description: 'It is.', schema: z.object({ status: z.literal('ok') }) },
    run: () => ({ status: 'ok' }),
  }),
  route({
    method: 'get',
    path: '/readyz',
    id: 'readyz',
    tag: 'Service',
    lane: 'probe',
    summary: 'Ask whether the service can do all that it is there for',
    description:
      'Not ready: while it starts (its journal is replayed), while the chain does not answer (payments are accepted meanwhile; nothing is settled), once its disk has failed or its journal has shown to be an older copy (nothing is accepted; `code` says why), while what was accepted cannot be settled (payments are accepted meanwhile; `settlement` says why), while what its journal had lost is recovered (until `until`), and when it stops.',
    access: 'anyone',
    answer: {
      description: 'It does.',
      schema: z.object({
        state: Wire.status.shape.state,
        chain: z.enum(['reachable', 'unreachable', 'unknown']),
        code: z.string().optional(),
        until: Wire.uint64.optional(),
        settlement: Wire.settlementHealth.pick({ reasons: true, code: true }).optional(),
      }),
      otherwise: { 503: 'It does not, or not all of it; the fields say why.' },
    },
    handle:
      ({ service }) =>
      (_request, response) => {
        const { state, chain, code, until, settlement } = service.health()
        const { reasons } = settlement
        const isReady = state === 'ready' && chain === 'reachable' && reasons.length === 0
        response.status(isReady ? 200 : 503).json({
          ...{ state, chain },
          ...(code === undefined ? {} : { code }),
          ...(until === undefined ? {} : { until: `${until}` }),
          ...(reasons.length === 0 ? {} : { settlement: { reasons, code: settlement.code } }),
        })
      },
  }),
  route({
    method: 'get',
    path: '/metrics',
    id: 'metrics',
    tag: 'Service',
    summary: 'Read metrics, for Prometheus',
    access: 'anyone',
    answer: { description: 'In the Prometheus text format.', type: 'text/plain' },
    shared: ({ metrics }) => ({ make: async () => ({ text: await metrics.text(), type: metrics.contentType }) }),
  }),
  route({
    method: 'get',
    path: '/docs',
    id: 'docs',
    tag: 'Service',
    summary: 'Read this description as a page',
    access: 'anyone',
    answer: { description: 'A page.', type: 'text/html' },
    still: ({ document }) => page(Docs.routesPage(document())),
  }),
  route({
    method: 'get',
    path: '/docs/errors',
    id: 'docsErrors',
    tag: 'Service',
    summary: 'Read what each error means, where it comes from and what to do',
    access: 'anyone',
    answer: { description: 'A page; `#sl601` is the place of a code.', type: 'text/html' },
    still: () => page(Docs.errorsPage()),
  }),
  route({
    method: 'get',
    path: '/openapi.json',
    id: 'openapi',
    tag: 'Service',
    summary: 'Read this description',
    access: 'anyone',
    answer: { description: 'An OpenAPI 3.1 document.', schema: z.looseObject({ openapi: z.string() }) },
    still: ({ document }) => {
      const made = Still.of(JSON.stringify(document()), 'application/json; charset=utf-8')
      return () => made
    },
  }),
]
