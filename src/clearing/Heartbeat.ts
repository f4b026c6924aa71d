/** The service's heartbeat (`Policy`) tied to its parts: what a beat reads, what there is to settle, who is brought forward. */
import type { Journal } from '../store/Journal.ts'
import * as Policy from './Policy.ts'
import type { Parts } from './Wiring.ts'

/** Starts it; returns how to stop. */
export const start = (
  parts: Parts,
  journal: Pick<Journal, 'verify'>,
  policy: Policy.Policy,
  unsettledAtomic: () => bigint,
  onError: (error: unknown) => void,
) => {
  const { ledger, sync, settle, withdrawals, leave, recovering } = parts
  return Policy.start({
    policy,
    work() {
      const isLeaving = leave.isPressing()
      // While a journal is recovered, nothing is settled but what an exit would escape.
      if (recovering.refusal() !== undefined) return { valueAtomic: 0n, members: 0, readings: 0, isLeaving }
      const members = settle.isResting ? 0 : Math.max(0, ledger.unsettled.size - settle.left)
      return { valueAtomic: unsettledAtomic(), members, readings: settle.queued, isLeaving }
    },
    async sync() {
      try {
        journal.verify()
      } catch (error) {
        // A journal that is not in its place any more takes nothing, also where nobody happens to pay.
        parts.commit.halt(error as Error)
        throw error
      }
      await parts.reach.watch(async () => {
        await sync.now()
        // Before anything is settled: where both keys have been replaced, that fails for good.
        await parts.creditKey.look()
        await recovering.look()
        await parts.settlementKey.look()
        await Promise.all([parts.sender.ready(), parts.issuer.ready()])
        parts.health.observe(ledger.unsettled.size > 0)
      })
    },
    settle: () => settle.due(),
    baseFeeWei: parts.sender.baseFeeWei,
    async tend() {
      await parts.tend()
      if (recovering.refusal() === undefined) await withdrawals.resume()
      await leave.finalizeExits()
    },
    onError,
  })
}
