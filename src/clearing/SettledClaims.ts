/**
 * Who was told that an authorization has been settled. An authorization that is sent to several servers at once, or to one many times, is
 * found good by each before the first of them has it settled; so that it buys once, success is answered to one request alone. A server that
 * names a claim of its own for a purchase may ask again, as where an answer was lost.
 */
import type * as X402 from '../core/X402.ts'

export interface SettledClaims {
  /** What is answered to a request for an authorization. @param claim of the request; left out: it has none, and is answered once */
  answer(authorization: string, claim: string | undefined, settled: X402.Settled): X402.Settled
}

/** The oldest are forgotten beyond. Whoever asks first whether one is good is told by the chain that it is used. */
const usualMost = 100_000

export const createSettledClaims = (most = usualMost): SettledClaims => {
  /** By authorization; '': a request without a claim. */
  const holders = new Map<string, string>()
  return {
    answer(authorization, claim, settled) {
      if (!settled.success) return settled
      const holder = holders.get(authorization)
      if (holder === undefined) {
        holders.set(authorization, claim ?? '')
        if (holders.size > most) holders.delete(holders.keys().next().value as string)
        return settled
      }
      if (holder !== '' && holder === claim) return settled
      return {
        success: false,
        errorReason: 'invalid_exact_evm_nonce_already_used',
        errorMessage: 'This authorization has been settled for another request.',
        transaction: '',
        network: settled.network,
        ...(settled.payer === undefined ? {} : { payer: settled.payer }),
      }
    },
  }
}
