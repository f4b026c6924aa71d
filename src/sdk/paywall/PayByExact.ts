/** A request that comes with an authorization: checked, tried by the facilitator, served, and settled before its answer leaves. */
import type * as X402 from '../../core/X402.ts'
import type { Client } from '../Client.ts'
import * as Answers from './Answers.ts'
import * as Exact from './Exact.ts'
import { ExactRefusedError, SettlementUnknownError } from './ExactErrors.ts'
import type { Identity } from './Identity.ts'
import type { Price, ReceiptCounter } from './PayByReceipt.ts'
import * as Replay from './Replay.ts'
import { type Exchange, withHeaders } from './Serve.ts'
import { Hold } from './Served.ts'
import * as ServeExact from './ServeExact.ts'
import * as Terms from './Terms.ts'
import * as Where from './Where.ts'

export interface ExactCounter<R extends Terms.PaywallRequest> extends ReceiptCounter<R> {
  readonly client: Client
}

/**
 * What was paid for before, and it was not known whether it was. True: answered now.
 * @throws {SettlementUnknownError} it still is not known
 */
const known = async (
  { served }: Identity,
  of: ServeExact.ExactPurchase,
  [request, response]: Exchange,
): Promise<boolean> => {
  const { unknowns } = served
  const { nonce } = of.paid
  const name = unknowns.get(nonce) !== undefined ? nonce : of.id === undefined ? undefined : unknowns.nameOf(of.id)
  const entry = name === undefined ? undefined : unknowns.get(name)
  if (name === undefined || entry === undefined) return false
  // Once it is settled everybody can read the authorization.
  if (entry.client !== of.client) throw new ExactRefusedError('invalid_exact_evm_nonce_already_used')
  const settled = await unknowns.ask(name)
  if (settled === undefined) throw new SettlementUnknownError('the facilitator has not said yet')
  if (!settled.success || entry.answer === undefined) return false
  Replay.replay(request, response, withHeaders(entry.answer, ServeExact.headersOf('charged', settled, of.isV1)))
  if (entry.id === undefined) {
    entry.answer.body.drop()
    unknowns.drop(name)
  }
  return true
}

/** Reserves the authorization, and has it tried. @throws {ExactRefusedError} @throws {PurchaseUnderWayError} */
const claim = async (client: Client, { served }: Identity, { paid, hold }: ServeExact.ExactPurchase): Promise<void> => {
  // Who has not signed it himself reserves nothing until the chain has said that it is good.
  if (!paid.isOwn) await Exact.verify(client, paid)
  served.nonces.take(paid.nonce)
  try {
    const met = hold.isShared ? await hold.take() : undefined
    if (typeof met === 'object') throw new ExactRefusedError('invalid_exact_evm_nonce_already_used')
    try {
      // A process that died may have had it settled; then settling it again says so.
      if (met === undefined) await Exact.verify(client, paid)
    } catch (error) {
      await hold.release()
      throw error
    }
  } catch (error) {
    served.nonces.release(paid.nonce)
    throw error
  }
}

export const serve = async <R extends Terms.PaywallRequest>(
  at: ExactCounter<R>,
  payload: X402.Payload,
  identity: Identity,
  exchange: Exchange<R>,
  price: Price,
  isV1: boolean,
): Promise<void> => {
  const [request, response] = exchange
  const paid = Exact.check(payload, at.payTo, identity)
  const key = Terms.keyOf(request)
  const { served, network } = identity
  const url = at.terms.urlOf(request)
  const of: ServeExact.ExactPurchase = {
    ...{ paid, network, isV1 },
    id: key === undefined || !paid.isOwn ? undefined : `exact ${paid.payer} ${url} ${key}`,
    requestName: Answers.requestName(request.method ?? 'GET', request.body),
    client: key === undefined ? `from ${Where.clientOf(request)}` : `key ${key}`,
    hold: new Hold(served, `nonce ${paid.nonce}`, undefined),
  }
  if (await known(identity, of, exchange as Exchange)) return
  const before = of.id === undefined ? undefined : served.answers.begin(of.id, of.requestName)
  const again = before instanceof Promise ? await before : before
  if (again !== undefined) return Replay.replay(request, response, again)
  try {
    const asked = price()
    const least = at.terms.leastFor(request, asked instanceof Promise ? await asked : asked)
    if (paid.amount < least)
      throw new Terms.TermsMismatchError('amount', `at least ${least} atomic units`, `${paid.amount}`)
    await claim(at.client, identity, of)
  } catch (error) {
    if (of.id !== undefined) served.answers.end(of.id, 'unused')
    throw error
  }
  ServeExact.exact(at.client, served, of, at.patienceMs, exchange as Exchange)
}
