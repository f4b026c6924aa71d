/** The payment that a request carries, and requests that carry none because they buy nothing. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import * as QuickHeader from '../../core/QuickHeader.ts'
import * as X402 from '../../core/X402.ts'
import * as Headers from './Headers.ts'
import * as Terms from './Terms.ts'
import * as V1 from './V1.ts'

/** Of a receipt's terms nothing is used but its scheme and network: what counts is what the receipt says. */
const isPlain = (said: unknown): said is X402.Payload => {
  const { x402Version, accepted, payload } = (said ?? {}) as Partial<X402.Payload>
  const isClearing = accepted?.scheme === 'clearing' && typeof accepted.network === 'string'
  return x402Version === X402.version && isClearing && typeof payload === 'object' && payload !== null
}

/** The payment that a request carries. @throws {PaymentHeaderInvalidError} */
export const payloadOf = (request: IncomingMessage): X402.Payload | undefined => {
  const header = request.headers[X402.headers.signature]
  if (typeof header !== 'string') return undefined
  // As in `isPlain`, of its terms there is only what is used.
  const quick = QuickHeader.read(header, X402.version) as X402.Payload | undefined
  if (quick !== undefined) return quick
  try {
    const said = X402.decode(header)
    return isPlain(said) ? said : X402.parsePayload(said)
  } catch (cause) {
    throw new Terms.PaymentHeaderInvalidError(cause)
  }
}

/**
 * Answers requests that buy nothing, so that no handler runs and nothing is taken: OPTIONS, and HEAD that comes with a payment, which is
 * still good. HEAD without one is left to be answered as GET would be. True: it has been answered.
 */
export const isQuiet = (request: IncomingMessage, response: ServerResponse): boolean => {
  const { method, headers } = request
  if (method === 'OPTIONS') {
    response.statusCode = 204
    if (response.getHeader('access-control-allow-headers') === undefined)
      response.setHeader('access-control-allow-headers', 'payment-signature, x-payment, idempotency-key, content-type')
  } else if (method === 'HEAD' && (X402.headers.signature in headers || V1.headers.payment in headers))
    response.setHeader('sunledger-charge', 'unused')
  else return false
  Headers.expose(response)
  response.end()
  return true
}
