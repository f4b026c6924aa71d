/** `npm run -s example -- NAME`: small programs to start from, each also a check that what the README says works as it stands. */
import * as Entry from '../../src/cli/Entry.ts'
import { UsageError } from '../../src/cli/Usage.ts'
import * as Charger from './charger.ts'
import * as Cost from './cost.ts'
import * as Demo from './demo.ts'
import * as Pay from './pay.ts'

interface Example {
  readonly summary: string
  readonly help: string
  /** Resolves with the exit code. @throws {UsageError} a wrong argument */
  run(args: string[]): Promise<number>
}

const examples: { readonly [name: string]: Example } = { pay: Pay, charger: Charger, demo: Demo, cost: Cost }

const list = (): string =>
  Object.entries(examples)
    .map(([name, { summary }]) => `  ${name.padEnd(9)}${summary}\n`)
    .join('')

const help = (): string => `Usage: npm run -s example -- NAME [options]
       npm run -s example -- NAME --help
       npm run -s example -- --list

${list()}`

const main = async ([name, ...args]: string[]): Promise<number> => {
  if (name === undefined || name === '--help' || name === '-h') {
    process.stdout.write(help())
    return name === undefined ? 2 : 0
  }
  if (name === '--list') {
    process.stdout.write(list())
    return 0
  }
  const example = Object.hasOwn(examples, name) ? examples[name] : undefined
  if (example === undefined)
    throw new UsageError('command', `there is no example '${name}', but ${Object.keys(examples).join(', ')}.`)
  if (!args.includes('--help') && !args.includes('-h')) return example.run(args)
  process.stdout.write(example.help)
  return 0
}

await Entry.run(() => main(process.argv.slice(2)))
