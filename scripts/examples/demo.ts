/** A day of the robot economy and what can be read from its report. Flags of `sunledger demo` are passed on. */
import * as Amount from '../../src/core/Amount.ts'
import * as Report from './report.ts'

export const summary = 'a small day of the robot economy, and its report read by a program'

export const help = `Usage: npm run -s example -- demo [flags of sunledger demo, such as --robots 50 --seed 2]

Runs a small day (20 robots, 8 slots) with --json and prints what the report says; it is kept in reports/example.
`

export const run = async (args: string[]): Promise<number> => {
  const report = await Report.ofSmallDay(args)
  if (report === undefined) return 1
  const { payments, settlement, checks, jobs } = report
  const lines = [
    `${payments.accepted} payments worth $${Amount.format(BigInt(payments.valueAtomic))}, ${payments.perSecond} a second`,
    `accepted in ${payments.acceptMs.p50} ms (half), ${payments.acceptMs.p99} ms (99 of 100)`,
    `${settlement.transactions} settlements put ${payments.settled} of them on chain: ${settlement.gasPerPayment} gas a payment`,
    `${jobs.bought} of ${jobs.requested} compute jobs bought`,
    ...checks.map(({ id, ok, detail }) => `${ok ? 'holds ' : 'BROKEN'}  ${id.padEnd(4)} ${detail}`),
  ]
  process.stdout.write(`\n${lines.join('\n')}\n`)
  return checks.every(({ ok }) => ok) ? 0 : 1
}
