/**
 * The books of a workload: who has paid and earned how much, and the batches that settle it. What the clearing service does with a
 * journal and a policy is here in twenty lines, because only what reaches the chain is measured.
 */
import * as Batch from '../../../src/core/Batch.ts'
import type { Address, Hex } from '../../../src/core/Payment.ts'
import * as Digest from '../../../src/crypto/Digest.ts'
import type { Lab, Member, Mined } from './Lab.ts'

/** What a batch may have; common pools take transactions of 128 KB. */
const mostBytes = 90_000

interface Line {
  readonly member: Member
  debit: bigint
  credit: bigint
  history: Hex
  settledDebit: bigint
  settledCredit: bigint
}

export interface Books {
  pay(payer: number, payee: number, amount: bigint): void
  /** One half of a payment, where the other one is in somebody else's batch. */
  spend(payer: number, amount: bigint): void
  earn(payee: number, amount: bigint): void
  /** Settles what has been paid since the last time, in as many transactions as it takes. */
  settle(): Promise<readonly Mined[]>
}

const reference: Hex = `0x${'5a'.repeat(32)}`
const validUntil = 2_100_000_000n

const lineOf = (member: Member): Line => ({
  member,
  debit: 0n,
  credit: 0n,
  history: `0x${'00'.repeat(12)}${member.address.slice(2)}`,
  settledDebit: 0n,
  settledCredit: 0n,
})

type Kind = 'debits' | 'boths' | 'credits'

const kindOf = (line: Line): Kind | undefined => {
  const paid = line.debit > line.settledDebit
  const earned = line.credit > line.settledCredit
  if (paid) return earned ? 'boths' : 'debits'
  return earned ? 'credits' : undefined
}

const net = (line: Line): bigint => line.debit - line.settledDebit - (line.credit - line.settledCredit)

/** An upper bound of an entry's bytes. */
const bytesOf: { readonly [kind in Kind]: number } = { debits: 106, boths: 116, credits: 30 }

/** Lines in batches of at most so many bytes, whoever pays most first. */
const split = (lines: readonly Line[]): Line[][] => {
  const sorted = [...lines].sort((a, b) => (net(a) === net(b) ? 0 : net(a) > net(b) ? -1 : 1))
  const batches: Line[][] = []
  let room = 0
  for (const line of sorted) {
    const bytes = bytesOf[kindOf(line) as Kind]
    if (bytes > room) {
      batches.push([])
      room = mostBytes - 29
    }
    room -= bytes
    batches.at(-1)?.push(line)
  }
  return batches
}

export const open = (lab: Lab, members: readonly Member[]): Books => {
  const lines = members.map(lineOf)
  const line = (index: number): Line => lines[index] as Line

  const encode = (batch: readonly Line[]): Hex => {
    const of = (kind: Kind) => batch.filter((entry) => kindOf(entry) === kind)
    const signed = ({ member, debit, history }: Line) => ({
      signature: member.sign(Digest.debit(lab.domains.house, lab.dollar, debit, history)),
      history,
    })
    const section = {
      asset: lab.dollar,
      p256: false,
      debits: of('debits').map((entry) => ({ ...signed(entry), total: entry.debit })),
      boths: of('boths').map((entry) => ({ ...signed(entry), debitTotal: entry.debit, creditTotal: entry.credit })),
      credits: of('credits').map(({ member, credit }) => ({ account: member.address, total: credit })),
    }
    return Batch.encode([section])
  }

  const spend = (payer: number, to: Address, amount: bigint): void => {
    const from = line(payer)
    from.debit += amount
    from.history = Digest.debitHistory(from.history, to, amount, reference, validUntil)
  }
  const earn = (payee: number, amount: bigint): void => {
    line(payee).credit += amount
  }

  return {
    pay(payer, payee, amount) {
      spend(payer, line(payee).member.address, amount)
      earn(payee, amount)
    },
    spend: (payer, amount) => spend(payer, lab.dollar, amount),
    earn,
    async settle() {
      const mined: Mined[] = []
      for (const batch of split(lines.filter((entry) => kindOf(entry) !== undefined))) {
        mined.push(await lab.operator('settle', [encode(batch)]))
        for (const entry of batch) [entry.settledDebit, entry.settledCredit] = [entry.debit, entry.credit]
      }
      return mined
    },
  }
}
