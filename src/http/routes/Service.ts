/** Which service this is, how it does, and its documentation. */
import { z } from 'zod'
import * as Wire from '../../core/Wire.ts'
import { route } from '../Route.ts'

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
    summary: 'Ask whether the service accepts payments',
    access: 'anyone',
    answer: {
      description: 'It does.',
      schema: z.object({ state: Wire.status.shape.state }),
      otherwise: { 503: 'It does not; the state says why.' },
    },
    handle:
      ({ service }) =>
      (_request, response) => {
        const { state } = service.status()
        response.status(state === 'ready' ? 200 : 503).json({ state })
      },
  }),
  route({
    method: 'get',
    path: '/openapi.json',
    id: 'openapi',
    tag: 'Service',
    summary: 'Read this description',
    access: 'anyone',
    answer: { description: 'An OpenAPI 3.1 document.', schema: z.looseObject({ openapi: z.string() }) },
    handle:
      ({ document }) =>
      (_request, response) => {
        response.json(document())
      },
  }),
]
