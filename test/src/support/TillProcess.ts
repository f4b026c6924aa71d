/** A process that claims purchases from a till's folder, as it is told on stdin: for tests that run several, and kill them. */
import { createInterface } from 'node:readline'
import * as TillFile from '../../../src/sdk/TillFile.ts'

const [folder, logBytes] = process.argv.slice(2) as [string, string]
const asset = `0x${'aa'.repeat(20)}` as const
const till = await TillFile.open(folder, { logBytes: Number(logBytes), staleMs: 1e9 }).open('scope', [])
const claimOf = (n: number) => ({
  purchase: `purchase ${n}`,
  range: { asset, from: BigInt(n) * 10n, to: BigInt(n) * 10n + 10n },
})
const say = (value: unknown) => process.stdout.write(`${JSON.stringify(value)}\n`)

for await (const line of createInterface({ input: process.stdin })) {
  const [op, n] = JSON.parse(line) as [string, number]
  const claim = claimOf(n)
  // All at once: claims of one process run beside each other too.
  void (async () => {
    if (op === 'buy') {
      const taken = await till.take(claim)
      if (taken !== undefined && taken.isTakenOver !== true) return say([n, taken.state])
      const isBegun = taken === undefined ? await till.begin(claim, n % 2 === 0) : true
      if (isBegun && n % 2 === 1) await till.end(claim)
      say([n, isBegun ? 'bought' : 'lost'])
    }
    if (op === 'take') say([n, (await till.take(claim))?.state ?? 'taken'])
    if (op === 'release') say([n, (await till.release(claim)) ?? 'released'])
    if (op === 'begin') say([n, await till.begin(claim, false)])
    if (op === 'keep') say([n, (await till.keep(claim.purchase, Buffer.from(`answer ${n}`))) ?? 'kept'])
    if (op === 'kept') say([n, Buffer.from((await till.kept(claim.purchase)) ?? '').toString()])
    if (op === 'find') say([n, (await till.find(claim)) ?? null])
  })().catch((error: { code?: string }) => say([n, error.code ?? String(error)]))
}
