/**
 * The README's example, with a viem account and with an ethers signer. It takes a service that runs already (`--url`) or starts a local
 * chain and a service for itself, and ends them.
 */

import * as Usage from '../../src/cli/Usage.ts'
import { runNode, startService } from './processes.ts'

export const summary = 'two machines: deposit, pay, be paid; with viem and with ethers'

export const help = `Usage: npm run -s example -- pay [--url URL] [--with viem|ethers]

  --url URL      a service that runs already; left out, a local one is started and ended
  --with NAME    only the one: viem (scripts/examples/pay-viem.ts) or ethers (pay-ethers.ts)
`

const libraries = ['viem', 'ethers']

export const run = async (args: string[]): Promise<number> => {
  const { values } = Usage.parse({ args, options: { url: { type: 'string' }, with: { type: 'string' } } })
  const chosen = values.with === undefined ? libraries : [values.with]
  if (!chosen.every((name) => libraries.includes(name)))
    throw new Usage.UsageError('value', `--with takes ${libraries.join(' or ')}.`)
  if (values.url === undefined) process.stdout.write('Starting a local chain and a service …\n')
  const service = values.url === undefined ? await startService() : undefined
  const url = values.url ?? service?.url ?? ''
  try {
    for (const library of chosen) {
      process.stdout.write(`\nWith ${library} (scripts/examples/pay-${library}.ts):\n\n`)
      const code = await runNode(new URL(`pay-${library}.ts`, import.meta.url), [url])
      if (code !== 0) return code
    }
    return 0
  } finally {
    await service?.stop()
  }
}
