/**
 * `npm run -s bench -- NAME [--json]`: measurements. Each is a module of its own that is loaded only when it is asked for. Progress goes
 * to stderr; with `--json` stdout gets one JSON document and nothing else.
 */
import * as Ending from '../../src/cli/Ending.ts'
import * as Entry from '../../src/cli/Entry.ts'
import { UsageError } from '../../src/cli/Usage.ts'
import type { Bench } from './Output.ts'

interface Listed {
  readonly summary: string
  load(): Promise<Bench>
}

const benches: { readonly [name: string]: Listed } = {
  throughput: {
    summary: 'payments accepted and records replayed a second, beside bare signature checks',
    load: () => import('./throughput.ts'),
  },
  gas: {
    summary: 'gas of every operation of the contracts, beside its floor and its peers',
    load: () => import('./gas.ts'),
  },
  fuzz: {
    summary:
      'wrong inputs without number for every decoder and every route: no fault of ours, no hang, no growth, no changed ledger',
    load: () => import('./fuzz.ts'),
  },
  overload: {
    summary: 'four times as many payments as can be worked on: what is shed, and how long what is accepted takes',
    load: () => import('./overload.ts'),
  },
  http: {
    summary: 'payments a second over HTTP, and requests a second of a route behind the paywall, beside x402 and mppx',
    load: () => import('./http.ts'),
  },
  reads: {
    summary: 'how long payments take while others read every route, catch up and listen as fast as they can',
    load: () => import('./reads.ts'),
  },
  scale: {
    summary: 'memory of an account and time of a payment when there are a million accounts',
    load: () => import('./scale.ts'),
  },
  recovery: {
    summary: 'the service killed over and over under load: what was acknowledged is there, once',
    load: () => import('./recovery.ts'),
  },
  sim: {
    summary: 'time and memory of the economy with 1 k to 1 M robots, in one process',
    load: async () => (await import('./sim.ts')).bench,
  },
}

const list = (): string =>
  Object.entries(benches)
    .map(([name, { summary }]) => `  ${name.padEnd(12)}${summary}\n`)
    .join('')

const help = (): string => `Usage: npm run -s bench -- NAME [options] [--json]
       npm run -s bench -- NAME --help
       npm run -s bench -- --list

  --json      one JSON document on stdout instead of tables

${list()}`

const isHelp = (word: string): boolean => word === '--help' || word === '-h'

const main = async ([name, ...args]: string[]): Promise<number> => {
  if (name === undefined || isHelp(name)) {
    process.stdout.write(help())
    return name === undefined ? 2 : 0
  }
  if (name === '--list') {
    process.stdout.write(list())
    return 0
  }
  const entry = Object.hasOwn(benches, name) ? benches[name] : undefined
  if (entry === undefined)
    throw new UsageError('command', `there is no bench '${name}', but ${Object.keys(benches).join(', ')}.`)
  const bench = await entry.load()
  if (!args.some(isHelp))
    return bench.run({ args: args.filter((word) => word !== '--json'), json: args.includes('--json') })
  process.stdout.write(bench.help)
  return 0
}

// A bench has nothing to finish: what it started and wrote goes with it.
void Ending.asked().then((cause) => {
  // Whoever reads no more, such as `head`, needs no word.
  if (cause !== 'unread') process.stderr.write('\nInterrupted.\n')
  return Ending.end(Ending.exitCodes[cause])
})

await Entry.run(() => main(process.argv.slice(2)))
