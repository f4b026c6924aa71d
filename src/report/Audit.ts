/**
 * Recomputes the invariants of a run from the chain and the journal (test/README.md numbers them): I1, I2, I9, I11, I12, I13. It trusts neither the service nor
 * the simulation: balances come from the chain's slots, sums from its events, the ledger from the journal's records.
 */
import { parseEventLogs } from 'viem'
import { clearingHouse } from '../chain/abi/ClearingHouse.ts'
import type { Client } from '../chain/Client.ts'
import type { Deployment } from '../chain/Deployment.ts'
import * as House from '../chain/House.ts'
import { payable } from '../core/Account.ts'
import * as Ledger from '../core/Ledger.ts'
import type { Address, Hex } from '../core/Payment.ts'
import type { Tally } from './Tally.ts'

export interface Check {
  readonly id: string
  readonly ok: boolean
  /** The figures that were compared. */
  readonly detail: string
}

export interface AuditOptions {
  readonly client: Client
  readonly deployment: Deployment
  readonly tally: Tally
  /** The block as of which everything is compared: the newest. */
  readonly block: bigint
  /** Ids of payments for which somebody holds a receipt. */
  readonly acknowledged: ReadonlySet<Hex>
  /** The running service's ledger as it said it, byte for byte; left out where no service ran. */
  readonly live?: string
}

type Logs = ReturnType<typeof parseEventLogs<typeof clearingHouse.abi>>

const range = 5000n

const readLogs = async (client: Client, house: Address, to: bigint): Promise<Logs> => {
  const logs: Logs = []
  for (let from = 0n; from <= to; from += range) {
    const until = from + range - 1n < to ? from + range - 1n : to
    const part = await client.getLogs({ address: house, fromBlock: from, toBlock: until })
    for (const log of parseEventLogs({ abi: clearingHouse.abi, logs: part })) logs.push(log)
  }
  return logs
}

/** An asset's books as the chain has them. */
interface Books {
  readonly symbol: string
  readonly held: bigint
  readonly balances: bigint
  readonly reserves: bigint
  readonly setApart: bigint
  readonly pool: bigint
  /** What events say came in less what went out. */
  readonly net: bigint
  /** Accounts whose slot is not what the ledger has. */
  readonly differing: readonly Address[]
  readonly accounts: number
}

const sum = (values: readonly bigint[]): bigint => values.reduce((a, b) => a + b, 0n)

const signs: { readonly [event: string]: bigint } = {
  Deposited: 1n,
  Funded: 1n,
  Withdrawn: -1n,
  Drained: -1n,
  Drawn: -1n,
}

const booksOf = async (options: AuditOptions, logs: Logs, asset: Address, symbol: string): Promise<Books> => {
  const { client, deployment, tally, block } = options
  const house = deployment.clearingHouse
  const own = logs.filter((log) => 'asset' in log.args && log.args.asset.toLowerCase() === asset)
  const named = (event: string, field: string): Address[] => [
    ...new Set(
      own
        .filter((log) => log.eventName === event)
        .map((log) => (log.args as never as Record<string, Address>)[field] as Address),
    ),
  ]
  const accounts = [...tally.ledger.accounts.values()].filter((account) => account.asset === asset)
  const at = { address: house, abi: clearingHouse.abi, blockNumber: block } as const
  const [slots, { held, pool }, reserves, setApart] = await Promise.all([
    House.slots(
      client,
      house,
      asset,
      accounts.map((account) => account.account),
      block,
    ),
    House.holdings(client, house, asset, block),
    Promise.all(
      named('Reserved', 'account').map((of) =>
        client.readContract({ ...at, functionName: 'reserveOf', args: [asset, of] }),
      ),
    ),
    Promise.all(
      named('ExitFinalized', 'to').map((to) =>
        client.readContract({ ...at, functionName: 'setApartOf', args: [asset, to] }),
      ),
    ),
  ])
  const differing = accounts.filter(({ settled }, i) => {
    const slot = slots[i] as House.Slot
    return slot.balance !== settled.balance || slot.debited !== settled.debited || slot.credited !== settled.credited
  })
  return {
    symbol,
    held,
    pool,
    balances: sum(slots.map((slot) => slot.balance)),
    reserves: sum(reserves),
    setApart: sum(setApart),
    net: sum(own.map((log) => (signs[log.eventName] ?? 0n) * ((log.args as { amount?: bigint }).amount ?? 0n))),
    differing: differing.map((account) => account.account),
    accounts: accounts.length,
  }
}

const inside = (books: Books): bigint => books.balances + books.reserves + books.setApart + books.pool

const solvency = (books: readonly Books[]): Check => ({
  id: 'I1',
  ok: books.every((b) => b.held >= inside(b)),
  detail: books
    .map(
      (b) =>
        `${b.symbol}: held ${b.held} ≥ balances ${b.balances} + reserves ${b.reserves} + set apart ${b.setApart} + pool ${b.pool}`,
    )
    .join('; '),
})

const conservation = (books: readonly Books[], ledger: Ledger.Ledger): Check => {
  const accounts = [...ledger.accounts.values()]
  const paid = sum(accounts.map((account) => account.debitTotal))
  const earned = sum(accounts.map(payable))
  // After a recovery the two differ by what is known of it: what nobody has proved, and the operator's loss.
  const unbacked = sum([...(ledger.recovery?.unbacked.values() ?? [])])
  return {
    id: 'I2',
    ok: books.every((b) => b.net === inside(b)) && paid + unbacked === earned,
    detail: `${books.map((b) => `${b.symbol}: in less out ${b.net} = inside ${inside(b)}`).join('; ')}; off chain: paid ${paid}${unbacked === 0n ? '' : ` + unbacked ${unbacked}`} = earned ${earned}`,
  }
}

const energyBalance = async ({ client, deployment, block }: AuditOptions): Promise<Check> => {
  const { energyMeter, energyCredit } = deployment
  const e = await House.energy(client, energyMeter, energyCredit.asset, block)
  return {
    id: 'I9',
    ok: e.existingMilliWh === e.producedMilliWh - e.consumedMilliWh + e.owedMilliWh,
    detail: `existing ${e.existingMilliWh} = produced ${e.producedMilliWh} − consumed ${e.consumedMilliWh} + owed ${e.owedMilliWh} mWh`,
  }
}

/** Payments that somebody holds a receipt for and the journal does not have. */
export const lost = (tally: Pick<Tally, 'ids'>, acknowledged: ReadonlySet<Hex>): Hex[] =>
  [...acknowledged].filter((id) => !tally.ids.has(id))

/** Every receipt is in the journal. A payment without one is no fault: its answer was lost, or its payer has ended. */
export const durability = ({
  tally,
  acknowledged,
}: Pick<AuditOptions, 'acknowledged'> & { tally: Pick<Tally, 'ids'> }): Check => {
  const missing = lost(tally, acknowledged)
  const unanswered = tally.ids.size - (acknowledged.size - missing.length)
  return {
    id: 'I11',
    ok: missing.length === 0,
    detail:
      `payers hold ${acknowledged.size} receipts, ${acknowledged.size - missing.length} of them in the journal` +
      `${missing.length > 0 ? ` (first missing: ${missing[0]})` : ''}; ` +
      `${unanswered} payments in the journal whose answer did not arrive`,
  }
}

const replayed = ({ tally, live }: AuditOptions): Check => {
  const text = Ledger.serialize(tally.ledger)
  return {
    id: 'I12',
    ok: live === undefined || live === text,
    detail:
      live === undefined
        ? `replay gives ${text.length} bytes; no running service to compare with`
        : `replay gives ${text.length} bytes, the service had ${live.length}; ${live === text ? 'the same, byte for byte' : 'they differ'}`,
  }
}

const agreement = async (
  { client, tally, block }: AuditOptions,
  books: readonly Books[],
  logs: Logs,
): Promise<Check> => {
  const onChain = [...new Set(logs.filter((log) => log.eventName === 'Settled').map((log) => log.transactionHash))]
  const journaled = new Set<Hex>(tally.settlements.map((settlement) => settlement.transaction))
  const receipts = await Promise.all(onChain.map((hash) => client.getTransactionReceipt({ hash })))
  const gas = sum(receipts.map((receipt) => receipt.gasUsed))
  const journaledGas = sum(tally.settlements.map((settlement) => settlement.gasUsed))
  const same = onChain.length === journaled.size && onChain.every((hash) => journaled.has(hash)) && gas === journaledGas
  const differing = books.flatMap((b) => b.differing)
  return {
    id: 'I13',
    ok: same && differing.length === 0,
    detail:
      `${sum(books.map((b) => BigInt(b.accounts)))} slots compared at block ${block}, ${differing.length} differ` +
      `${differing.length > 0 ? ` (first: ${differing[0]})` : ''}; settlements ${onChain.length} on chain, ${journaled.size} in the journal;` +
      ` their gas ${gas} and ${journaledGas}`,
  }
}

/** All checks, in the order of their numbers. */
export const audit = async (options: AuditOptions): Promise<Check[]> => {
  const { client, deployment, tally, block } = options
  const logs = await readLogs(client, deployment.clearingHouse, block)
  const books = await Promise.all(
    [deployment.dollar, deployment.energyCredit].map(({ asset, symbol }) => booksOf(options, logs, asset, symbol)),
  )
  return [
    solvency(books),
    conservation(books, tally.ledger),
    await energyBalance(options),
    durability(options),
    replayed(options),
    await agreement(options, books, logs),
  ]
}
