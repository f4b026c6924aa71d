/** How routes may refuse, in the groups in which they do. Statuses and codes as their errors have them; tests hold live answers against it. */
import { refusals } from '../core/Payment.ts'
import type { Refusals } from './Route.ts'

/** What any route may answer: a request that cannot be read, or comes under a foreign name; a service that is not there for it now. */
export const always: Refusals = {
  400: ['SL606'],
  403: ['SL602'],
  408: ['SL631'],
  417: ['SL632'],
  429: ['SL615'],
  431: ['SL630'],
  500: ['SL607'],
  503: ['SL617', 'SL618'],
}

/** More payments than can be worked on, or more of one account than it may send. */
export const busy: Refusals = { 429: ['SL615'], 503: ['SL616'] }

/** A body that is not what the route takes. */
export const body: Refusals = { 400: ['SL601'], 413: ['SL605'], 415: ['SL606', 'SL612'] }

/** A signature that is none. */
export const signature: Refusals = { 400: ['SL321'] }

/** A disk that does not take or give what it should, or a chain that is no longer the one it was: nothing more is accepted. */
export const journal: Refusals = { 503: ['SL403', 'SL406', 'SL409', 'SL420', 'SL516', 'SL519'] }

/** A chain that does not answer, or a contract that refuses. */
export const chain: Refusals = {
  422: ['SL504'],
  503: ['SL403', 'SL409', 'SL503', 'SL507', 'SL516', 'SL517', 'SL519'],
  504: ['SL508'],
}

/** More reads and messages than can be done beside payments, of all or of one address. */
export const besidePayments: Refusals = { 429: ['SL621'], 503: ['SL619'] }

/** Somebody asks for more transactions, or for smaller ones, than the operator pays for. */
export const gas: Refusals = { 422: ['SL624'], 429: ['SL622', 'SL623'] }

export const operator: Refusals = { 401: ['SL603'] }

const sale = ['SL314', 'SL315', 'SL316']

const ofPayments = (codes: readonly string[]): Refusals => {
  const byStatus: { [status: number]: string[] } = {}
  for (const { code, status } of Object.values(refusals))
    if (codes.includes(code)) byStatus[status] = [...(byStatus[status] ?? []), code]
  return byStatus
}

const all = Object.values(refusals).map(({ code }) => code)

/** Why a payment may be refused. */
export const payment = ofPayments(all.filter((code) => !sale.includes(code)))

/** Why a leg of a sale may be refused. */
export const order = ofPayments(all)
