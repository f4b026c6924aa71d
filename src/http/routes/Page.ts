/** The page and its files, the board that it reads, and what it may ask of a simulated economy. */
import { z } from 'zod'
import * as BoardWire from '../../core/BoardWire.ts'
import * as Wire from '../../core/Wire.ts'
import * as Page from '../../dashboard/Page.ts'
import * as Refusals from '../Refusals.ts'
import { refusing, route } from '../Route.ts'
import * as Still from '../Still.ts'

const json = 'application/json; charset=utf-8'
// A file changes with the version of the service alone; a browser asks again each time, and mostly has it already.
const headers = { 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' }

export const routes = [
  route({
    method: 'get',
    path: '/',
    id: 'page',
    tag: 'Service',
    summary: 'See how the service and a simulated economy do',
    access: 'anyone',
    answer: { description: 'A page that keeps itself up to date.', type: 'text/html' },
    still() {
      const { html, policy } = Page.served()
      const made = Still.of(html, 'text/html; charset=utf-8', { ...headers, 'content-security-policy': policy })
      return () => made
    },
  }),
  route({
    method: 'get',
    path: '/page/{file}',
    id: 'pageFile',
    tag: 'Service',
    summary: 'Read a file of the page',
    access: 'anyone',
    params: { file: z.string() },
    answer: { description: 'The file.', type: 'text/javascript' },
    refusals: { 404: ['SL601'] },
    still() {
      const made = new Map([...Page.assets()].map(([name, { body, type }]) => [name, Still.of(body, type, headers)]))
      return ({ file }) => made.get(file)
    },
  }),
  route({
    method: 'get',
    path: '/v1/board',
    id: 'board',
    tag: 'Service',
    summary: 'Read all that the page shows',
    description: 'Made for the page and changes with it.',
    access: 'anyone',
    answer: {
      description: 'Figures, samples, settlements, the economy.',
      schema: z.looseObject({ version: z.literal(1).describe('Of this answer.') }),
    },
    shared: ({ board }) => ({
      make: () => ({ text: Wire.stringify(board.view()), type: json }),
      version: () => board.version,
    }),
  }),
  route({
    method: 'get',
    path: '/v1/board/participants',
    id: 'boardParticipants',
    tag: 'Service',
    summary: 'Read what everybody in a simulated economy holds',
    description: 'Made for the page and changes with it.',
    access: 'anyone',
    answer: {
      description: 'One entry a participant.',
      schema: z.array(z.looseObject({ address: Wire.address.describe('The account.') })),
    },
    shared: ({ board }) => ({
      *make() {
        const all: string[] = []
        for (const part of board.participants()) {
          all.push(...part.map(Wire.stringify))
          yield
        }
        return { text: `[${all.join(',')}]`, type: json }
      },
      version: () => board.version,
    }),
  }),
  route({
    method: 'get',
    path: '/v1/board/events',
    id: 'boardEvents',
    tag: 'Service',
    summary: 'Listen to what the page shows',
    description:
      'Events `pulse` (each second), `settlement`, `economy`, `slot`, `controls`. Made for the page and changes with it.',
    access: 'anyone',
    answer: { description: 'The stream.', type: 'text/event-stream' },
    refusals: { 429: ['SL620'], 503: ['SL609'] },
    handle: ({ boardEvents }) => boardEvents,
  }),
  route({
    method: 'put',
    path: '/v1/economy',
    id: 'publishEconomy',
    tag: 'Operator',
    summary: 'Tell how a simulated economy goes, for the page',
    access: 'operator',
    body: BoardWire.economyUpdate,
    answer: { description: 'What is known now, and what the page wants.', schema: BoardWire.economyAnswer },
    refusals: Refusals.operator,
    handle:
      ({ board }) =>
      (request, response) => {
        const update = Wire.parse(BoardWire.economyUpdate, request.body)
        response.type('application/json').send(Wire.stringify(board.publish(update)))
      },
  }),
  route({
    method: 'post',
    path: '/v1/economy/controls',
    id: 'controlEconomy',
    tag: 'Operator',
    summary: 'Turn pace, pause or scenario of a simulated economy',
    access: 'operator',
    body: BoardWire.controlChange,
    answer: { description: 'What is wanted now.', schema: BoardWire.controls },
    refusals: refusing(Refusals.operator, { 400: ['SL781'], 409: ['SL780'] }),
    handle:
      ({ board }) =>
      (request, response) => {
        const change = Wire.parse(BoardWire.controlChange, request.body)
        response.type('application/json').send(Wire.stringify(board.control(change)))
      },
  }),
]
