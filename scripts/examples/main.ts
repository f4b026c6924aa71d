/** `npm run -s example -- NAME`: small programs to start from, each also a check that what the README says works as it stands. */
import * as Charger from './charger.ts'
import * as Cost from './cost.ts'
import * as Demo from './demo.ts'
import * as Pay from './pay.ts'

interface Example {
  readonly summary: string
  readonly help: string
  /** Resolves with the exit code; a TypeError is a wrong argument. */
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
  const example = examples[name]
  if (example === undefined) throw new TypeError(`There is no example '${name}'.\n\n${help()}`)
  if (!args.includes('--help') && !args.includes('-h')) return example.run(args)
  process.stdout.write(example.help)
  return 0
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exitCode = error instanceof TypeError ? 2 : 1
}
