/** What a payment costs, asked of the command line by a script: the smallest payment worth making, cleared and transferred. */

import * as Usage from '../../src/cli/Usage.ts'
import type { Study } from '../../src/report/cost/Study.ts'
import { readCli } from './processes.ts'

export const summary = 'the smallest payment worth making, by way of paying and network'

export const help = `Usage: npm run -s example -- cost [--payments N] [--share S]

  --payments N  payments that are executed (default: 1000)
  --share S     what a fee may be at most of a payment (default: 0.01)
`

export const run = async (args: string[]): Promise<number> => {
  const options = { payments: { type: 'string', default: '1000' }, share: { type: 'string', default: '0.01' } } as const
  const { values } = Usage.parse({ args, options })
  const ways = ['--strategies', 'transfer,channel,clearing', '--workloads', 'W2', '--networks', 'ethereum,base,card']
  const { code, output } = await readCli([
    'cost',
    '--json',
    ...ways,
    '--payments',
    values.payments,
    '--share',
    values.share,
  ])
  if (code !== 0) return code
  const { smallest } = JSON.parse(output) as Study
  const lines = smallest.map(({ network, strategy, usd }) => {
    const least = usd === null ? 'never: the percentage alone is more' : `$${Number(usd.toPrecision(2))}`
    return `${network.padEnd(10)}${strategy.padEnd(12)}${least}`
  })
  process.stdout.write(
    `The smallest payment whose fee is at most ${Number(values.share) * 100} %:\n\n${lines.join('\n')}\n`,
  )
  return 0
}
