/**
 * A charging station behind a paywall, and who pays it: a robot, and the official x402 client. Each is a program of its own beside this
 * one. It takes a service that runs already (`--url`) or starts a local chain and a service for itself, and ends them.
 */

import * as Usage from '../../src/cli/Usage.ts'
import { runNode, startProgram, startService } from './processes.ts'

export const summary = 'a charging station behind a paywall; a robot and the official x402 client pay it'

export const help = `Usage: npm run -s example -- charger [--url URL]

  --url URL      a clearing service that runs already; left out, a local one is started and ended

The station is scripts/examples/charger-server.ts, its customers charger-robot.ts and charger-x402.ts.
`

const customers = ['robot', 'x402']

export const run = async (args: string[]): Promise<number> => {
  const { values } = Usage.parse({ args, options: { url: { type: 'string' } } })
  if (values.url === undefined) process.stdout.write('Starting a local chain and a service …\n')
  const service = values.url === undefined ? await startService() : undefined
  const url = values.url ?? service?.url ?? ''
  try {
    const station = await startProgram(new URL('charger-server.ts', import.meta.url), [url, '0'])
    try {
      for (const customer of customers) {
        process.stdout.write(`\nscripts/examples/charger-${customer}.ts:\n\n`)
        const code = await runNode(new URL(`charger-${customer}.ts`, import.meta.url), [url, station.url])
        if (code !== 0) return code
      }
      return 0
    } finally {
      await station.stop()
    }
  } finally {
    await service?.stop()
  }
}
