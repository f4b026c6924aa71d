/** A clearing service on a real chain and a real journal, in the test's own process; and members that deposit for real. */
import { onTestFinished } from 'vitest'
import type { Deployment } from '../../../src/chain/Deployment.ts'
import * as ChainHouse from '../../../src/chain/House.ts'
import { defaultPolicy } from '../../../src/clearing/Policy.ts'
import { replay } from '../../../src/clearing/Replay.ts'
import * as Service from '../../../src/clearing/Service.ts'
import * as Ledger from '../../../src/core/Ledger.ts'
import type { Address } from '../../../src/core/Payment.ts'
import type { DepositRequest, ExitRequest, WithdrawalRequest } from '../../../src/core/Wire.ts'
import * as FastLz from '../../../src/cost/FastLz.ts'
import * as Digest from '../../../src/crypto/Digest.ts'
import * as Signature from '../../../src/crypto/Signature.ts'
import * as Embedded from '../../../src/store/Embedded.ts'
import type { Journal } from '../../../src/store/Journal.ts'
import type { Chain, Deployed } from './Chain.ts'
import { folder as newFolder } from './Folder.ts'
import * as Member from './Member.ts'

export interface Running extends Service.Service {
  readonly folder: string
  readonly keys: Deployed['keys']
  readonly journal: Journal
  /** What was logged as a warning or an error. */
  readonly complaints: string[]
  /** A member of this deployment. */
  member(name: string, options?: Member.MemberOptions): Member.Member
  /** Gives a member dollars and lets it deposit them. */
  fund(member: Member.Member, amount: bigint): Promise<unknown>
  /** Waits until the heartbeat has made something true. */
  until(what: () => boolean | Promise<boolean>): Promise<void>
}

export interface Options extends Partial<Service.ServiceOptions> {
  readonly folder?: string
  /** Puts something between the service and its journal. */
  readonly through?: (journal: Journal) => Journal
  /** Takes what closes it; left out: it lives for one test. */
  readonly atEnd?: (close: () => Promise<void>) => void
}

const nobody: Address = `0x${'0'.repeat(40)}`
export const later = Member.later

/** A withdrawal, signed by its owner. */
export const withdrawal = (
  deployed: Deployed,
  signer: Member.Member,
  terms: { amount: bigint; nonce: bigint } & Partial<Omit<WithdrawalRequest, 'amount'>>,
): WithdrawalRequest => {
  const { deployment } = deployed
  const all = {
    ...{ asset: deployment.dollar.asset, account: signer.address, to: signer.address, deadline: later },
    ...terms,
  }
  return { ...all, amount: all.amount as never, signature: signer.sign(Digest.withdraw(domainOf(deployment), all)) }
}

/** An exit, signed by its owner. */
export const exit = (
  deployed: Deployed,
  signer: Member.Member,
  terms: { nonce: bigint } & Partial<ExitRequest>,
): ExitRequest => {
  const { deployment } = deployed
  const all = {
    ...{ asset: deployment.dollar.asset, account: signer.address, to: signer.address, deadline: later },
    ...terms,
  }
  return { ...all, signature: signer.sign(Digest.exit(domainOf(deployment), all)) }
}

export const domainOf = ({ chainId, clearingHouse }: Deployment) => Digest.domain(chainId, clearingHouse)

/** What a wallet signs to deposit without coin. */
export const deposit = (
  { deployment }: Deployed,
  member: Member.Member,
  amount: bigint,
  owner = nobody,
): DepositRequest => {
  const { asset, name, version } = deployment.dollar
  const { address } = member
  const salt = Member.reference()
  const validity = { validAfter: 0n, validBefore: later }
  const authorization = { from: address, to: deployment.clearingHouse, value: amount, ...validity }
  const digest = Digest.receiveAuthorization(Digest.domain(deployment.chainId, asset, name, version), {
    ...authorization,
    nonce: Digest.depositNonce(address, owner, salt),
  })
  const signature = Signature.expand(member.sign(digest))
  return { asset, from: address, account: address, owner, amount: amount as never, ...validity, salt, signature }
}

const poll = async (what: () => boolean | Promise<boolean>): Promise<void> => {
  for (let i = 0; i < 1000; i++) {
    if (await what()) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error('what was waited for did not happen')
}

/** Starts a service. It settles only when told, unless a policy is given. */
export const start = async (chain: Chain, deployed: Deployed, options: Options = {}): Promise<Running> => {
  const { folder = newFolder(), atEnd = onTestFinished, through = (journal) => journal } = options
  const { deployment, keys } = deployed
  const { chainId, genesisHash, clearingHouse, startBlock } = deployment
  const journal = through(Embedded.open(folder, { chainId, genesisHash, clearingHouse, startBlock }))
  const complaints: string[] = []
  const complain = (fields: object, message: string) => complaints.push(`${message} ${JSON.stringify(fields)}`)
  const service = await Service.start({
    rpcUrl: chain.url,
    deployment,
    keys,
    journal,
    fastLz: FastLz.size,
    log: { info: () => {}, warn: complain, error: complain },
    policy: { ...defaultPolicy, manual: true },
    ...options,
  }).catch((error) => {
    journal.close()
    throw error
  })
  let isOpen = true
  const close = async () => {
    if (!isOpen) return
    isOpen = false
    await service.close()
  }
  atEnd(close)
  return {
    ...service,
    close,
    folder,
    keys,
    journal,
    complaints,
    member: (name, more = {}) =>
      Member.create(name, { domain: domainOf(deployment), asset: deployment.dollar.asset, ...more }),
    async fund(member, amount) {
      await service.faucet(member.address, amount as never)
      return service.deposit(deposit(deployed, member, amount))
    },
    until: poll,
  }
}

/** The ledger that the journal gives. */
export const ledgerOf = (running: Running): Ledger.Ledger => {
  const ledger = Ledger.create(Service.assetsOf(running.deployment))
  replay(running.journal, ledger)
  return ledger
}

/** I13: where ledger and chain differ, as of the ledger's block. */
export const differences = async (chain: Chain, running: Running): Promise<string[]> => {
  const ledger = ledgerOf(running)
  const house = running.deployment.clearingHouse
  const found: string[] = []
  for (const asset of ledger.assets) {
    const accounts = [...ledger.accounts.values()].filter((account) => account.asset === asset)
    const names = accounts.map(({ account }) => account)
    const slots = await ChainHouse.slots(chain.client, house, asset, names, ledger.block)
    accounts.forEach(({ account, settled }, i) => {
      const { balance, debited, credited } = slots[i] as ChainHouse.Slot
      const [there, here] = [
        [balance, debited, credited],
        [settled.balance, settled.debited, settled.credited],
      ]
      if (String(there) !== String(here)) found.push(`${account}: chain ${there}, ledger ${here}`)
    })
  }
  return found
}

export const settlementsIn = (running: Running) =>
  [...running.journal.read()].flatMap(({ record }) => (record.type === 'chain' ? record.settlements : []))
