/**
 * Acceptance on a real journal, without a chain: what a chain would say of deposits comes in as chain records. For everything that is
 * decided before settlement.
 */

import * as Accept from '../../../src/clearing/Accept.ts'
import * as Commit from '../../../src/clearing/Commit.ts'
import { replay } from '../../../src/clearing/Replay.ts'
import * as Ledger from '../../../src/core/Ledger.ts'
import type { Address, Receipt } from '../../../src/core/Payment.ts'
import type { ChainRecord, Slot } from '../../../src/core/Record.ts'
import * as Keccak from '../../../src/crypto/Keccak.ts'
import * as Embedded from '../../../src/store/Embedded.ts'
import type { Identity, Journal } from '../../../src/store/Journal.ts'
import { folder as newFolder } from './Folder.ts'
import { clearingHouse, dollar, domain, energy, type Member } from './Member.ts'

export const creditKey = Keccak.ofText('credit key')
export const now = 2_000_000_000n

export const identity: Identity = {
  chainId: 31337,
  genesisHash: `0x${'ab'.repeat(32)}`,
  clearingHouse,
  startBlock: 0n,
}

/** A block that says how accounts stand. */
export const chain = (block: bigint, slots: readonly Slot[], rest: Partial<ChainRecord> = {}): ChainRecord => ({
  type: 'chain',
  block,
  hash: Keccak.ofText(`block ${block}`),
  timestamp: now,
  undone: null,
  slots,
  events: [],
  settlements: [],
  atMs: 0,
  ...rest,
})

export const slot = (account: Address, balance: bigint, rest: Partial<Slot> = {}): Slot => ({
  asset: dollar,
  account,
  balance,
  debited: 0n,
  credited: 0n,
  leaving: false,
  ...rest,
})

export interface Book extends Accept.Accept {
  readonly folder: string
  readonly ledger: Ledger.Ledger
  readonly journal: Journal
  readonly commit: Commit.Commit
  /** Every accepted payment as it was announced. */
  readonly announced: { position: number; receipt: Receipt }[]
  /** Codes of refusals. */
  readonly refused: string[]
  deposit(member: Member, amount: bigint, asset?: Address): Promise<unknown>
  /** The same journal under a new service, as after a crash. */
  again(): Book
  close(): void
}

export interface BookOptions extends Partial<Accept.AcceptOptions> {
  readonly folder?: string
}

export const open = (options: BookOptions = {}): Book => {
  const { folder = newFolder() } = options
  const journal = options.journal ?? Embedded.open(folder, identity)
  const ledger = Ledger.create([dollar, energy])
  replay(journal, ledger)
  const commit = Commit.create(ledger, journal, domain, creditKey)
  const announced: Book['announced'] = []
  const refused: string[] = []
  const accept = Accept.create({
    nowSeconds: () => now,
    onAccepted: (paid) => announced.push({ position: paid.position, receipt: paid.receipt() }),
    onRefused: (code) => refused.push(code),
    ...options,
    ledger,
    journal,
    commit,
    domain,
  })
  return {
    folder,
    ledger,
    journal,
    commit,
    announced,
    refused,
    ...accept,
    deposit: (member, amount, asset = dollar) =>
      commit.add(chain(ledger.block + 1n, [slot(member.address, amount, { asset })])),
    again() {
      journal.close()
      return open({ ...options, folder })
    },
    close: () => journal.close(),
  }
}

/** The ledger that a journal alone gives. */
export const replayed = (journal: Journal): string => {
  const ledger = Ledger.create([dollar, energy])
  replay(journal, ledger)
  return Ledger.serialize(ledger)
}

/** The code of the error that a promise ends in, or 'accepted'. */
export const codeOf = async (promise: Promise<unknown>): Promise<string> => {
  try {
    await promise
    return 'accepted'
  } catch (error) {
    return (error as { code?: string }).code ?? String(error)
  }
}

export const codesOf = (promises: readonly Promise<unknown>[]): Promise<string[]> => Promise.all(promises.map(codeOf))
