/**
 * What a service that was killed must still hold: asked of it while it runs (the newest receipts), and of its journal and the chain while
 * nobody pays: every payment whose receipt somebody holds stands in the journal, once, as it was; ledger, journal and chain agree.
 */
import * as Client from '../../../src/chain/Client.ts'
import { assetsOf } from '../../../src/clearing/Service.ts'
import type { Network } from '../../../src/cli/Network.ts'
import type { Hex } from '../../../src/core/Payment.ts'
import * as Record from '../../../src/core/Record.ts'
import * as Audit from '../../../src/report/Audit.ts'
import * as Tally from '../../../src/report/Tally.ts'
import * as Embedded from '../../../src/store/Embedded.ts'
import type { Journal } from '../../../src/store/Journal.ts'
import type { Paid } from './Account.ts'

export interface Found {
  readonly payments: number
  /** Acknowledged, and not in the journal as they were. */
  readonly lost: number
  /** In the journal more than once, or two for one purchase. */
  readonly repeated: number
  readonly checks: readonly Audit.Check[]
}

/** Asks the service for receipts. Returns how many it does not have. */
export const missing = async (url: string, receipts: readonly Paid[]): Promise<number> => {
  let lost = 0
  for (const { id, total } of receipts) {
    const response = await fetch(`${url}/v1/payments/${id}`)
    const { payment } = (await response.json()) as { payment?: { total: string } }
    if (response.status === 503) continue
    if (payment?.total !== total) lost++
  }
  return lost
}

const countIn = (journal: Journal, paid: ReadonlyMap<Hex, Paid>) => {
  const seen = new Set<Hex>()
  const purchases = new Set<string>()
  let [payments, repeated, same] = [0, 0, 0]
  for (const { record } of journal.read())
    for (const { id, payer, payee, amount, total, asset, reference } of Record.payments(record)) {
      payments++
      const purchase = payer + asset + reference
      if (seen.has(id) || purchases.has(purchase)) repeated++
      seen.add(id)
      purchases.add(purchase)
      const known = paid.get(id)
      if (known?.payee === payee && known.payer === payer && known.amount === `${amount}` && known.total === `${total}`)
        same++
    }
  return { payments, repeated, lost: paid.size - same }
}

/** While nobody pays and all is settled. @param block as of which ledger and chain are compared */
export const whole = async (
  { url, rpcUrl, deployment }: Network,
  data: string,
  token: string,
  block: bigint,
  paid: ReadonlyMap<Hex, Paid>,
): Promise<Found> => {
  const response = await fetch(`${url}/v1/ledger`, { headers: { authorization: `Bearer ${token}` } })
  const live = await response.text()
  const journal = Embedded.read(data)
  try {
    const tally = Tally.tally(journal, assetsOf(deployment), deployment.dollar.asset)
    const client = Client.create(rpcUrl)
    const options = { client, deployment, tally, block, acknowledged: new Set(paid.keys()), live }
    return { ...countIn(journal, paid), checks: await Audit.audit(options) }
  } finally {
    journal.close()
  }
}

/** Where the service found, since it was started, that the chain has settled what its journal does not have. Later payments can cover that up. */
export const disagreements = async (url: string): Promise<number> => {
  const text = await (await fetch(`${url}/metrics`)).text()
  const found = /^sunledger_discrepancies (\d+)$/m.exec(text)
  if (found === null) throw new Error('the metrics do not say whether ledger and chain agree')
  return Number(found[1])
}
