/**
 * What the service shows: its status, accounts, statements, single payments. Reads the ledger in memory, the journal for what is older, and
 * the chain for owners and nonces; where the chain does not answer, all else is shown (`Owners`).
 */

import type { Deployment } from '../chain/Deployment.ts'
import * as Account from '../core/Account.ts'
import { SunledgerError } from '../core/Errors.ts'
import * as Ledger from '../core/Ledger.ts'
import type { Address, Hex, Receipt } from '../core/Payment.ts'
import * as Recovery from '../core/Recovery.ts'
import type * as Wire from '../core/Wire.ts'
import * as Signature from '../crypto/Signature.ts'
import type { Journal, StoredLine } from '../store/Journal.ts'
import * as Budgets from './Budgets.ts'
import type { Clock } from './Clock.ts'
import type { Commit } from './Commit.ts'
import type { Owners } from './Owners.ts'
import type { SettlementHealth } from './SettlementHealth.ts'
import type { Spender } from './Spender.ts'

export interface ViewsOptions {
  readonly deployment: Deployment
  readonly ledger: Ledger.Ledger
  readonly journal: Journal
  readonly commit: Commit
  readonly clock: Clock
  readonly sender: Pick<Spender, 'address' | 'budget'>
  readonly creditKey: Address
  readonly health: Pick<SettlementHealth, 'view'>
  readonly signatureThreads: number
  readonly refused: ReadonlyMap<string, number>
  readonly owners: Owners
  /** The last block whose effects the ledger shows. */
  readonly block: () => bigint
  /** Whether the chain answers. */
  readonly isReachable: () => boolean
  /** See `Withdrawals.nextNonce`. */
  readonly nextNonce: (asset: Address, account: Address, onChain: bigint) => bigint
  readonly isStopping: () => boolean
}

/** A payment that an account received. */
export interface Received {
  readonly position: number
  readonly id: Hex
  /** Proves it, for which its group's tree is built, unless the one before was of the same. */
  receipt(): Receipt
}

/** Positions that are looked up at once: from the index alone. */
const mostPlaces = 256

export interface Views {
  state(): Wire.Status['state']
  status(): Wire.Status & { readonly refused: { readonly [code: string]: number }; readonly unsettledMembers: number }
  account(address: Address): Promise<Wire.AccountView>
  statement(address: Address, after: number, limit: number): Wire.Statement
  /**
   * The lines of a statement's page, a position at a time: no step reads more than one group commit, so whoever reads can let others in
   * between. Returns `next` of the page.
   */
  lines(address: Address, after: number, limit: number): Generator<Wire.StatementLine[], number | null, void>
  /** @throws {PaymentUnknownError} */
  payment(id: Hex): Receipt
  /** Payments that an account received after a position, with proof, oldest first; in steps as `lines`, some without a payment. */
  received(address: Address, after: number): Generator<Received | undefined, void, void>
  /** What members are owed and the chain does not yet show, atomic units of an asset; left out: of the dollar. */
  unsettledAtomic(asset?: Address): bigint
  /** The whole ledger in one fixed text (I12), at a moment at which all of it is on disk. */
  serialize(): Promise<string>
  /** Position of the last journal record. */
  position(): number
}

export const create = (options: ViewsOptions): Views => {
  const { deployment, ledger, journal, commit, clock } = options
  const { dollar, energyCredit } = deployment
  const house = deployment.clearingHouse

  const unsettledAtomic = (asset = dollar.asset): bigint => ledger.owed.get(asset) ?? 0n

  const lineOf = (address: Address, { position, record }: StoredLine): Wire.StatementLine => {
    const out = record.payer === address
    const payer = Ledger.account(ledger, record.asset, record.payer)
    const payee = Ledger.account(ledger, record.asset, record.payee)
    return {
      position,
      direction: out ? 'out' : 'in',
      asset: record.asset,
      amount: record.amount,
      counterparty: out ? record.payee : record.payer,
      reference: record.reference,
      id: record.id,
      total: out ? record.total : record.creditTotal,
      settled: payer.settled.debited >= record.total && payee.settled.credited >= record.creditTotal,
      atMs: record.atMs,
    }
  }

  /** All positions at which an account may have payments, as far as the journal goes when it is asked for more. */
  function* placesOf(address: Address, after: number): Generator<number, void, void> {
    for (let last = after; ; ) {
      const found = journal.places(address, last, mostPlaces)
      if (found.length === 0) return
      yield* found
      last = found.at(-1) as number
    }
  }

  function* linesOf(address: Address, after: number, limit: number): ReturnType<Views['lines']> {
    let left = limit
    for (const position of placesOf(address, after)) {
      const found = journal.linesAt(address, position)
      yield found.map((line) => lineOf(address, line))
      if (found.length > 0 && --left === 0) return position
    }
    return null
  }

  const receiptOf = (id: Hex): Receipt | undefined => {
    const stored = journal.payment(id)
    return stored === undefined ? undefined : commit.receiptOf(stored)
  }

  const state = (): Wire.Status['state'] => {
    if (options.isStopping()) return 'stopping'
    if (commit.failure !== undefined) return 'readOnly'
    return ledger.recovery === undefined || ledger.recovery.isOver ? 'ready' : 'recovering'
  }

  const recovery = (): { recovery?: Wire.RecoveryView } => {
    const { recovery: found } = ledger
    if (found === undefined) return {}
    const { since, until, isOver, payments } = found
    const assets = [dollar, energyCredit].map(({ asset, symbol }) => ({
      ...{ asset, symbol, setAside: found.setAside.get(asset) ?? 0n, loss: Recovery.lossOf(found, asset) },
    }))
    return { recovery: { since, until, over: isOver, payments, assets } }
  }

  const assetView = (
    asset: Address,
    symbol: string,
    address: Address,
    nonce: bigint | undefined,
  ): Wire.AccountAssetView => {
    const account = Ledger.account(ledger, asset, address)
    const budget = Budgets.viewOf(ledger, asset, address, clock.nowSeconds())
    return {
      asset,
      symbol,
      available: Account.available(account),
      balance: account.settled.balance,
      unsettledDebit: Account.unsettledDebit(account),
      unsettledCredit: Account.unsettledCredit(account),
      pendingWithdrawals: account.pendingWithdrawals,
      ...(account.setAside === 0n ? {} : { setAside: account.setAside }),
      leaving: account.leaving,
      nonce: nonce === undefined ? null : options.nextNonce(asset, address, nonce),
      debit: { total: account.debitTotal, history: account.debitHistory, signature: account.debitSignature },
      credit: { total: account.creditTotal, history: account.creditHistory },
      ...(budget === undefined ? {} : { budget }),
    }
  }

  return {
    unsettledAtomic,
    state,
    serialize: () => commit.quiet(() => Ledger.serialize(ledger)),
    position: () => journal.end,
    status: () => ({
      version: '1',
      chainId: deployment.chainId,
      genesisHash: deployment.genesisHash,
      clearingHouse: house,
      energyMeter: deployment.energyMeter,
      dollar,
      energyCredit,
      creditKey: options.creditKey,
      settlementKey: options.sender.address,
      nowSeconds: clock.nowSeconds(),
      faucet: deployment.local,
      minimumAtomic: options.sender.budget.limits.minimumAtomic,
      signatures: Signature.backend,
      signatureThreads: options.signatureThreads,
      state: state(),
      settlement: options.health.view(),
      fence: journal.fence,
      block: ledger.block,
      payments: ledger.payments,
      unsettledAtomic: unsettledAtomic(),
      unsettledMembers: ledger.unsettled.size,
      refused: Object.fromEntries(options.refused),
      ...recovery(),
    }),
    async account(address) {
      const assets = [dollar, energyCredit]
      const known = await options.owners.of(address)
      return commit.quiet((position) => ({
        account: address,
        owner: known?.owner ?? null,
        ownerNonce: known?.ownerNonce ?? null,
        ownerBlock: known?.block ?? null,
        chain: options.isReachable() ? 'reachable' : 'unreachable',
        block: options.block(),
        position,
        assets: assets.map(({ asset, symbol }, i) => assetView(asset, symbol, address, known?.nonces[i])),
      }))
    },
    statement(address, after, limit) {
      const lines: Wire.StatementLine[] = []
      const steps = linesOf(address, after, limit)
      let step = steps.next()
      for (; step.done !== true; step = steps.next()) lines.push(...step.value)
      return { account: address, lines, next: step.value }
    },
    lines: linesOf,
    payment(id) {
      const receipt = receiptOf(id)
      if (receipt === undefined) throw new PaymentUnknownError(id)
      return receipt
    },
    *received(address, after) {
      for (const position of placesOf(address, after)) {
        const [line] = journal.linesAt(address, position, true)
        if (line === undefined) yield undefined
        else yield { position, id: line.record.id, receipt: () => receiptOf(line.record.id) as Receipt }
      }
    },
  }
}

/** No accepted payment has this name. */
export class PaymentUnknownError extends SunledgerError {
  override readonly name = 'PaymentUnknownError'
  constructor(id: Hex) {
    super('SL319', 'No accepted payment has this id.', {
      actual: id,
      hint: 'A payment that was not answered may not have been accepted: send it again.',
      status: 404,
    })
  }
}
