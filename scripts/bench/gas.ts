/** `bench gas`: what each operation of the contracts costs, from real transactions on the local chain. */
import * as Lab from './gas/Lab.ts'
import * as Operations from './gas/Operations.ts'
import type { RunOptions } from './Output.ts'
import * as Output from './Output.ts'

export const help = `Usage: npm run -s bench -- gas [--json]
`

export const run = async ({ json }: RunOptions): Promise<number> => {
  const lab = await Lab.open()
  try {
    const operations = await Operations.measure(lab, Output.say)
    const rows = operations.map((operation) => ({ name: operation.name, gas: Operations.gasOf(operation) }))
    Output.print(json, { operations: rows }, () =>
      Output.table(
        ['name', 'gas'],
        rows.map(({ name, gas }) => [name, Output.grouped(Math.round(gas))]),
        [1],
      ),
    )
  } finally {
    await lab.close()
  }
  return 0
}
