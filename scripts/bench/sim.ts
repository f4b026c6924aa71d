/**
 * `bench sim`: how large an economy one machine can work out: time and memory at 1 k, 10 k, 100 k and 1 M robots. Every robot decides with the code and
 * strategies that it has in a run against the service, and all orders meet in the same auction; payments are booked in packed purses. A part of them is
 * signed and put through the clearing core (verified, ordered, on disk, credited); HTTP and chain are not part of this.
 */

import { spawn } from 'node:child_process'
import { join } from 'node:path'
import * as Children from '../../src/cli/Children.ts'
import * as Scratch from '../../src/cli/Scratch.ts'
import * as Usage from '../../src/cli/Usage.ts'
import { median } from '../../src/report/Percentiles.ts'
import { type Bench, grouped, print, type Result, resultsTable, say } from './Output.ts'
import type { Measured } from './sim/measure.ts'

const help = `Usage: npm run -s bench -- sim [--robots N,N,…] [--slots N] [--cleared N] [--json]

  --robots    sizes of the economy (default: 1000,10000,100000,1000000)
  --slots     quarters of an hour to work out (default: 6)
  --cleared   payments to put through the clearing core as well, at each size (default: 10000)
`

const numbers = (text: string, name: string): number[] =>
  text.split(',').map((part) => {
    const value = Number(part)
    if (!Number.isInteger(value) || value < 1 || value > 1_000_000)
      throw new Usage.UsageError('value', `--${name} takes whole numbers from 1 to 1000000, not '${part}'.`)
    return value
  })

const measure = (folder: string, robots: number, slots: number, cleared: number): Promise<Measured> =>
  new Promise((resolve, reject) => {
    const file = join(import.meta.dirname, 'sim/measure.ts')
    const args = [file, folder, ...[robots, slots, cleared].map(String)]
    const child = Children.own(spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] }))
    let out = ''
    child.stdout.on('data', (part: Buffer) => {
      out += part.toString()
    })
    child.once('close', (code) =>
      code === 0 ? resolve(JSON.parse(out) as Measured) : reject(new Error(`${robots} robots: exit code ${code}`)),
    )
  })

const rows = ({
  robots,
  prepareMs,
  slotMs,
  payments,
  orders,
  refused,
  peakBytes,
  baseBytes,
  cleared,
  signMs,
  clearMs,
}: Measured): Result[] => {
  const name = `sim.${robots}`
  const slot = median(slotMs)
  return [
    { name: `${name}.prepare`, value: prepareMs / 1000, unit: 's' },
    { name: `${name}.slot`, value: slot / 1000, unit: 's a slot', samples: slotMs.length },
    { name: `${name}.robots`, value: (robots * 1000) / slot, unit: 'robots/s', basis: 'computed' },
    {
      name: `${name}.payments`,
      value: (payments * 1000) / slotMs.reduce((sum, ms) => sum + ms, 0),
      unit: 'payments/s',
      samples: payments,
    },
    { name: `${name}.orders`, value: orders / slotMs.length, unit: 'orders a slot' },
    { name: `${name}.refused`, value: refused, unit: 'payments' },
    { name: `${name}.memory`, value: peakBytes / 2 ** 20, unit: 'MiB at most' },
    { name: `${name}.memoryPerRobot`, value: (peakBytes - baseBytes) / robots, unit: 'bytes', basis: 'computed' },
    { name: `${name}.sign`, value: (cleared * 1000) / signMs, unit: 'payments/s', samples: cleared },
    { name: `${name}.clear`, value: (cleared * 1000) / clearMs, unit: 'payments/s', samples: cleared },
  ]
}

export const bench: Bench = {
  help,
  async run({ args, json }) {
    const { values } = Usage.parse({
      args,
      options: {
        robots: { type: 'string', default: '1000,10000,100000,1000000' },
        slots: { type: 'string', default: '6' },
        cleared: { type: 'string', default: '10000' },
      },
    })
    const [slots = 6] = numbers(values.slots, 'slots')
    const [cleared = 10_000] = numbers(values.cleared, 'cleared')
    const results: Result[] = []
    for (const robots of numbers(values.robots, 'robots')) {
      say(`${grouped(robots)} robots …`)
      results.push(...rows(await measure(Scratch.folder(), robots, slots, cleared)))
    }
    print(json, { results }, () => resultsTable(results))
    return 0
  },
}
