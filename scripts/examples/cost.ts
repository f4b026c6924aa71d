/** What a payment costs on real networks, read from a run's report: settled by Sunledger, and as a transfer of its own each time. */
import { parseArgs } from 'node:util'
import * as Report from './report.ts'

export const summary = 'what a payment costs on Ethereum and Base, from a report'

export const help = `Usage: npm run -s example -- cost [--report FILE]

  --report FILE  the report.json of a run, such as reports/report.json; left out, a small day is run first
`

export const run = async (args: string[]): Promise<number> => {
  const { values } = parseArgs({ args, options: { report: { type: 'string' } } })
  const report = values.report === undefined ? await Report.ofSmallDay() : await Report.read(values.report)
  if (report === undefined) return 1
  const percent = (share: string | null) => (share === null ? '–' : `${(Number(share) * 100).toPrecision(3)} %`)
  const rows = report.fees.map(({ network, strategy, usdPerPayment, shareOfValue }) => [
    network,
    strategy,
    usdPerPayment === null ? '–' : `$${Number(usdPerPayment).toPrecision(3)}`,
    percent(shareOfValue),
  ])
  const table = [['network', 'strategy', 'a payment', 'of its value'], ...rows]
  const lines = table.map((row) =>
    row
      .map((cell) => cell.padEnd(14))
      .join('')
      .trimEnd(),
  )
  const { accepted, settled } = report.payments
  process.stdout.write(`\n${settled} of ${accepted} payments settled:\n\n${lines.join('\n')}\n`)
  return 0
}
