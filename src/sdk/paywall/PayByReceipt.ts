/** A request that comes with a receipt: checked, claimed once, served. */
import type * as X402 from '../../core/X402.ts'
import * as Answers from './Answers.ts'
import * as Clearing from './Clearing.ts'
import type { Identities, Identity } from './Identity.ts'
import * as Replay from './Replay.ts'
import { RiskReachedError } from './Risk.ts'
import * as Serve from './Serve.ts'
import { Hold } from './Served.ts'
import * as Terms from './Terms.ts'

export interface ReceiptCounter<R extends Terms.PaywallRequest> extends Serve.Counter {
  readonly terms: Terms.Terms<R>
  readonly identities: Identities
}

/** What the request costs now: asked only where nothing is known of the purchase yet. */
export type Price = () => bigint | Promise<bigint>

/** Answers with what is known of a purchase already. */
type Known = Answers.Answer | undefined

/** Whether the purchase pays enough and can be taken. @throws {TermsMismatchError} @throws {RiskReachedError} @throws {ReceiptSpentError} */
const admit = async <R extends Terms.PaywallRequest>(
  at: ReceiptCounter<R>,
  { served, risk }: Identity,
  hold: Hold,
  purchase: Clearing.Purchase,
  least: bigint,
): Promise<void> => {
  served.till.check(purchase.range)
  if (purchase.amount < least) {
    const charge = await Serve.returnUnserved(at, hold, purchase)
    const [expected, actual] = [`at least ${least} atomic units`, `${purchase.amount}`]
    throw new Terms.TermsMismatchError('amount', expected, actual, charge)
  }
  try {
    const room = risk?.take(purchase.range.to)
    if (room !== undefined) await room
  } catch (error) {
    if (error instanceof RiskReachedError) error.charge = (await Serve.returnUnserved(at, hold, purchase)) ?? 'unused'
    throw error
  }
}

/** Claims the purchase. An answer: it has been given elsewhere. */
const claim = async <R extends Terms.PaywallRequest>(
  at: ReceiptCounter<R>,
  hold: Hold,
  purchase: Clearing.Purchase,
  network: X402.Network,
): Promise<Known> => {
  const met = hold.take()
  const there = met instanceof Promise ? await met : met
  if (there !== 'toPayBack') return there
  const answer = await Serve.payBackBroken(at, hold, purchase, network)
  if (answer === undefined) throw new Answers.AnswerGoneError()
  return answer
}

export const serve = async <R extends Terms.PaywallRequest>(
  at: ReceiptCounter<R>,
  payload: X402.Payload,
  known: Identity,
  exchange: Serve.Exchange<R>,
  price: Price,
): Promise<void> => {
  const [request, response] = exchange
  const purchase = await Clearing.check(payload, at.terms.urlOf(request), at.payTo, known, at.identities)
  const identity = at.identities.present ?? known
  const { served, network } = identity
  const hold = new Hold(served, purchase.id, purchase.range)
  const name = Answers.requestName(request.method ?? 'GET', request.body)
  const before = served.answers.begin(purchase.id, name)
  const again = before instanceof Promise ? await before : before
  if (again !== undefined) return Replay.replay(request, response, again)
  let settled: X402.Settled | undefined
  let part: Answers.Part | undefined
  try {
    let elsewhere: Known
    part = served.answers.takePart(purchase.id, name)
    const there = hold.isShared && part === undefined ? await hold.look() : undefined
    if (typeof there === 'object') elsewhere = there
    else if (part !== undefined) settled = Serve.settledOf(purchase, network)
    else {
      const asked = price()
      const now = asked instanceof Promise ? await asked : asked
      await admit(at, identity, hold, purchase, at.terms.leastFor(request, now))
      elsewhere = await claim(at, hold, purchase, network)
      settled = Serve.settledOf(purchase, network, now)
    }
    if (elsewhere !== undefined) {
      served.answers.end(purchase.id, elsewhere)
      return Replay.replay(request, response, elsewhere)
    }
  } catch (error) {
    served.answers.end(purchase.id, error instanceof Answers.AnswerGoneError ? 'gone' : 'unused')
    throw error
  }
  if (settled !== undefined) Serve.clearing(at, served, hold, purchase, { settled, part }, exchange as Serve.Exchange)
}
