/** What is done on chain: all of it behind the same two questions, so that none of it is begun where it could not be finished or told. */
import type { Budgets } from './Budgets.ts'
import type { Intake } from './Intake.ts'
import type { Parts } from './Wiring.ts'

/** What the chain does has to be journaled, so nothing is done there while that is not possible; nor while it hangs, without a word. */
const ready =
  ({ commit, reach }: Pick<Parts, 'commit' | 'reach'>, refusal: () => Error | undefined = () => undefined) =>
  <A extends unknown[], T>(act: (...args: A) => Promise<T>) =>
  async (...args: A): Promise<T> => {
    const reason = commit.failure ?? refusal()
    if (reason !== undefined) throw reason
    await reach.assert()
    return act(...args)
  }

/** All that ends in a transaction, or needs to know what stands on chain. */
export const create = (parts: Parts, intake: Intake, budgets: Budgets) => {
  const whileReady = ready(parts)
  const whileOpen = ready(parts, parts.recovering.refusal)
  return {
    deposit: whileReady(intake.deposit),
    reserve: whileReady(intake.reserve),
    faucet: whileReady(intake.faucet),
    approveMeter: whileReady(intake.approveMeter),
    withdraw: whileOpen(parts.withdrawals.withdraw),
    exit: whileReady(parts.leave.exit),
    bindOwner: whileReady(parts.leave.bindOwner),
    setBudget: whileReady(budgets.setBudget),
    settle: whileOpen(parts.settle.now),
  }
}
