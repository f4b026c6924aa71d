/** Fees for the page: what was settled so far, priced on the networks that a report names. */
import * as Fees from '../cost/Fees.ts'
import type { Costs, Fee } from '../http/Board.ts'

const unknown = { gas: 0n, flzSize: 0 }

export const fees = ({ payments, valueAtomic, settlements, transfer }: Costs): Fee[] =>
  Fees.rows({
    payments,
    valueAtomic,
    settlements: settlements.map(({ gasUsed, fastLzBytes }) => ({ gas: gasUsed, flzSize: fastLzBytes })),
    transfer: transfer === null ? unknown : { gas: transfer.gas, flzSize: transfer.fastLzBytes },
  })
    .filter(({ strategy }) => strategy === 'clearing' || transfer !== null)
    .map(({ network, strategy, usdPerPayment, shareOfValue }) => ({ network, strategy, usdPerPayment, shareOfValue }))
