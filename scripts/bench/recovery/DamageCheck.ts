/**
 * What a folder that was damaged must still hold: every acknowledged payment once, as it was, or a refusal by a code that names what is
 * missing. Asked of the service that started on it, as its users would, and then of its journal.
 */
import { SunledgerError } from '../../../src/core/Errors.ts'
import type { Hex } from '../../../src/core/Payment.ts'
import * as Record from '../../../src/core/Record.ts'
import type { Client } from '../../../src/sdk/Client.ts'
import * as Embedded from '../../../src/store/Embedded.ts'
import type { Acknowledged, Started, World } from './DamageWorld.ts'

/** What came of a round. */
export class Outcome {
  lost = 0
  repeated = 0
  /** What was lost or repeated without a word, each in words. */
  readonly silent: string[] = []
  readonly refused = new Set<string>()

  /** A refusal: of the journal, and with what is expected and what there is. */
  refusedBy(code: string | undefined, names: string | undefined): void {
    if (code !== undefined && /^SL4\d\d$/.test(code) && names !== undefined && names !== '') this.refused.add(code)
    else this.silent.push(`refused by ${code ?? 'nothing'}, which names nothing`)
  }

  isLost(what: string): void {
    this.lost++
    this.silent.push(what)
  }

  isRepeated(what: string): void {
    this.repeated++
    this.silent.push(what)
  }
}

/** An error that an SDK or a journal throws. */
const problem = (error: unknown): { code?: string; actual?: string | undefined } =>
  error instanceof SunledgerError ? { code: error.code, actual: error.actual } : { actual: String(error) }

const asked = async (outcome: Outcome, ask: () => Promise<boolean>, what: string): Promise<void> => {
  try {
    if (!(await ask())) outcome.isLost(what)
  } catch (error) {
    const { code, actual } = problem(error)
    if (code === 'SL319') outcome.isLost(what)
    else outcome.refusedBy(code, actual)
  }
}

const someOf = (all: readonly Acknowledged[], fraction: () => number): Acknowledged[] => {
  const any = Array.from({ length: 15 }, () => all[Math.floor(fraction() * all.length)] as Acknowledged)
  return [...all.slice(-15), ...any]
}

/** The same purchases again, under new totals: each has its receipt already. */
const buyAgain = async ({ payer }: World, client: Client, bought: readonly Acknowledged[], outcome: Outcome) => {
  for (const { id, payee, amount, reference } of bought) {
    const [answer] = await client.pay([payer.pay({ to: payee, amount, reference })])
    payer.back(1)
    if (answer === undefined || !('payment' in answer)) outcome.refusedBy(answer?.code, answer?.actual)
    else if (answer.payment.id !== id) {
      // It was charged, so the payer's next payment continues from there.
      payer.pay({ to: payee, amount, reference })
      outcome.isRepeated(`purchase ${reference} was charged twice`)
    }
  }
}

/** The journal as it is on disk, whatever its index says. */
const readAll = (data: string, acknowledged: readonly Acknowledged[], outcome: Outcome): void => {
  try {
    const journal = Embedded.read(data)
    try {
      const found = new Map<Hex, number>()
      for (const { record } of journal.read())
        for (const { id } of Record.payments(record)) found.set(id, (found.get(id) ?? 0) + 1)
      for (const { id } of acknowledged) if (!found.has(id)) outcome.isLost(`payment ${id} is not in the journal`)
      for (const [id, times] of found) if (times > 1) outcome.isRepeated(`payment ${id} is there ${times} times`)
    } finally {
      journal.close()
    }
  } catch (error) {
    const { code, actual } = problem(error)
    outcome.refusedBy(code, actual)
  }
}

/** @param mustRefuse whether it may not start at all: a copy, or an older state */
export const check = async (
  world: World,
  data: string,
  started: Started,
  outcome: Outcome,
  fraction: () => number,
  mustRefuse = false,
): Promise<void> => {
  if ('refusal' in started) return outcome.refusedBy(started.refusal.code, started.refusal.actual)
  const { child, client } = started
  const { acknowledged, payer } = world
  if (mustRefuse) outcome.isLost('an older state or a copy was started')
  const last = acknowledged.at(-1) as Acknowledged
  await asked(
    outcome,
    async () => {
      const { assets } = await client.account(payer.address)
      return BigInt(assets[0]?.debit.total ?? 0) >= last.total
    },
    'the payer’s total is older than its last receipt',
  )
  const sample = someOf(acknowledged, fraction)
  for (const { id, total } of sample)
    await asked(outcome, async () => (await client.payment(id)).payment.total === total, `no payment ${id}`)
  await buyAgain(world, client, sample.slice(-4), outcome)
  // It goes on, or says why not.
  const { code } = await world.pay(client, 5)
  if (code !== undefined) outcome.refusedBy(code, code)
  await world.kill(child)
  readAll(data, acknowledged, outcome)
}
