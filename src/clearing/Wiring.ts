/** Makes the parts that acceptance, settlement and leaving stand on, and ties them together. */

import * as Client from '../chain/Client.ts'
import * as Deployment from '../chain/Deployment.ts'
import type { Keys } from '../chain/Keys.ts'
import * as Sender from '../chain/Sender.ts'
import * as Watcher from '../chain/Watcher.ts'
import * as Ledger from '../core/Ledger.ts'
import type { Address, Hex } from '../core/Payment.ts'
import type { ChainRecord, Record } from '../core/Record.ts'
import * as Digest from '../crypto/Digest.ts'
import * as Signature from '../crypto/Signature.ts'
import type { Journal } from '../store/Journal.ts'
import * as Clock from './Clock.ts'
import * as Commit from './Commit.ts'
import * as CreditKey from './CreditKey.ts'
import * as GasBudget from './GasBudget.ts'
import * as Intake from './Intake.ts'
import * as Leave from './Leave.ts'
import * as NonceFence from './NonceFence.ts'
import * as Owners from './Owners.ts'
import * as Pause from './Pause.ts'
import * as Plan from './Plan.ts'
import * as Reach from './Reach.ts'
import * as Recovering from './Recovering.ts'
import * as Settle from './Settle.ts'
import * as SettlementHealth from './SettlementHealth.ts'
import * as SettlementKey from './SettlementKey.ts'
import * as Spender from './Spender.ts'
import * as Sync from './Sync.ts'
import * as Withdrawals from './Withdrawals.ts'

export interface WiringOptions {
  readonly rpcUrl: string
  readonly deployment: Deployment.Deployment
  readonly keys: Keys
  readonly journal: Journal
  readonly fastLz: (bytes: Uint8Array) => number
  readonly confirmations: bigint
  /** How long the chain's node may take to answer. */
  readonly rpcTimeoutMs?: number
  readonly timing?: Partial<Sender.Timing>
  readonly limits?: Plan.Limits
  readonly withOrigin?: boolean | undefined
  /** What others may make the operator spend; left out: anything. */
  readonly gas?: GasBudget.Limits
  /** How long a chain may be shorter than it was before that counts as replaced blocks. */
  readonly behindMs?: number
  /** Told of every group that went to disk. */
  readonly onGroup: (group: Commit.Group) => void
  /** Told of every chain record, once it is on disk. */
  readonly onChain: (record: ChainRecord) => void
  /** Told why nothing more is accepted, once. */
  readonly onHalted: (reason: Error) => void
  readonly warn: (what: string) => void
  /** Told where ledger and chain do not agree. */
  readonly onDiscrepancy: (what: string) => void
  /** Told when blocks that counted were replaced. */
  readonly onReorganised: (what: Sync.ChainReorganisedError) => void
  /** Told why settlement does not proceed, or that it does again. */
  readonly onSettlement: (reasons: readonly string[], code: string | null) => void
  /** Told when a chain that was another one is the right one again. */
  readonly onResumed: () => void
}

export const assetsOf = (deployment: Deployment.Deployment): Address[] => [
  deployment.dollar.asset,
  deployment.energyCredit.asset,
]

/** What every part needs: the chain, the ledger, and the two ways to change them. */
const foundation = (options: WiringOptions) => {
  const { rpcUrl, deployment, keys, journal, fastLz, confirmations, timing, behindMs, onGroup } = options
  const client = Client.create(rpcUrl, options.rpcTimeoutMs)
  const domain = Digest.domain(deployment.chainId, deployment.clearingHouse)
  const ledger = Ledger.create(assetsOf(deployment))
  const clock = Clock.create()
  const pause = Pause.create({
    async look() {
      try {
        journal.verify()
      } catch (error) {
        halt(error as Error)
      }
      await nonceFence.verify()
    },
  })
  const commit = Commit.create(ledger, journal, domain, keys.credit, onGroup, pause.doubt)
  const halt = (reason: Error): void => {
    if (commit.failure === undefined) options.onHalted(reason)
    commit.halt(reason)
  }
  const nonceFence = NonceFence.create({
    ...{ client, ledger, journal, commit, halt, warn: options.warn },
    ...{ address: Signature.addressOf(keys.settlement), startBlock: deployment.startBlock },
    genesisHash: deployment.genesisHash,
  })
  const spender = (key: Hex, fence?: Sender.Fence): Spender.Spender => {
    const sender = Sender.create(client, deployment.chainId, key, Deployment.errors, timing, fence)
    return Spender.create(client, sender, options.gas ?? GasBudget.unlimited)
  }
  return {
    client,
    domain,
    ledger,
    clock,
    nowSeconds: clock.nowSeconds,
    house: deployment.clearingHouse,
    meter: deployment.energyMeter,
    halt,
    pause,
    nonceFence,
    sender: spender(keys.settlement, nonceFence),
    issuer: spender(keys.issuer),
    commit,
    journal,
    watcher: Watcher.create({
      client,
      house: deployment.clearingHouse,
      assets: assetsOf(deployment),
      domain,
      confirmations,
      genesisHash: deployment.genesisHash,
      startBlock: deployment.startBlock,
      fastLz,
      ...(behindMs === undefined ? {} : { behindMs }),
      isMissing: ({ asset, account, total }) =>
        ledger.recovery !== undefined && total >= Ledger.account(ledger, asset, account).debitTotal,
      isLeaving: (asset, account) => Ledger.account(ledger, asset, account).leaving,
    }),
  }
}

export const create = (options: WiringOptions) => {
  const base = foundation(options)
  const observe = (record: Record): void => {
    settle.observe(record)
    withdrawals.observe(record)
    leave.observe(record)
  }
  const tend = async (): Promise<void> => {
    await base.issuer.tend()
    await base.sender.tend()
    await base.nonceFence.markStart(base.sender)
  }
  const sync = Sync.create({
    ...base,
    startBlock: options.deployment.startBlock,
    onChain(record) {
      observe(record)
      options.onChain(record)
    },
    onDiscrepancy: options.onDiscrepancy,
    onResumed: options.onResumed,
    onReorganised(what) {
      // What the replaced blocks held is missing now, and holds up all that comes after it.
      void tend().catch(() => undefined)
      options.onReorganised(what)
    },
  })
  const reach = Reach.create(base.client, () => sync.block)
  const ownerOf = Intake.meterOwners(base.client, base.meter, reach.assert)
  const settlementKey = SettlementKey.create(base.client, base.house, base.sender.address)
  const health = SettlementHealth.create({
    coinWei: () => ({ settlement: base.sender.coinWei ?? null, issuer: base.issuer.coinWei ?? null }),
    costWei: () => {
      const { weiPerGas } = base.sender
      return weiPerGas === undefined ? undefined : Plan.gasOf(base.ledger.unsettled.size) * weiPerGas
    },
    isOurKey: () => settlementKey.isOurs,
    onChange: options.onSettlement,
  })
  const settle = Settle.create({
    ...base,
    health,
    ownerOf,
    sync,
    withOrigin: options.withOrigin,
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  })
  const withdrawals = Withdrawals.create({ ...base, sync, settle })
  const leave = Leave.create({ ...base, sync, settle })
  const creditKey = CreditKey.create(base, options.keys.credit)
  const recovering = Recovering.create(base)
  const assets = assetsOf(options.deployment)
  const owners = Owners.create({ ...base, assets, reach, block: () => sync.block })
  const made = {
    ownerOf,
    sync,
    settle,
    withdrawals,
    leave,
    creditKey,
    settlementKey,
    health,
    reach,
    owners,
    recovering,
  }
  return { ...base, ...made, observe, tend }
}

export type Parts = ReturnType<typeof create>
