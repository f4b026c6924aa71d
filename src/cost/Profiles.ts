/**
 * Networks as somebody wants them: single figures (`--set base.gasPriceGwei=0.01`), or a JSON file that overrides figures and adds
 * networks. What is given so says in the report where it comes from.
 */
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { SunledgerError } from '../core/Errors.ts'
import type { Network } from './Network.ts'
import * as Networks from './Networks.ts'
import * as Rational from './Rational.ts'

const figure = z.strictObject({
  value: z.string(),
  unit: z.string().min(1),
  basis: z.enum(['measured', 'computed', 'published', 'assumed']),
  date: z.iso.date(),
  source: z.string().min(1),
  low: z.string().optional(),
  high: z.string().optional(),
})

const rules = ['ethereum', 'opStack', 'arbitrum', 'dollarGas', 'signature', 'bytes', 'percent', 'hub'] as const

/** By name of network: values of figures, or a whole network of one's own. */
const schema = z.record(
  z.string().regex(/^[a-z0-9-]{1,40}$/),
  z.union([
    z.strictObject({
      title: z.string().min(1),
      rule: z.enum(rules),
      note: z.string().optional(),
      figures: z.record(z.string(), figure),
    }),
    z.record(z.string(), z.union([z.string(), figure])),
  ]),
)

const isWhole = (entry: z.output<typeof schema>[string]): entry is Omit<Network, 'name'> =>
  'rule' in entry && 'figures' in entry && typeof entry['figures'] === 'object'

/** @throws {NetworkUnknownError} */
export function named(name: string, networks: readonly Network[]): Network {
  const found = networks.find((network) => network.name === name)
  if (found === undefined) throw new NetworkUnknownError(name, networks)
  return found
}

const replaced = (networks: readonly Network[], network: Network): Network[] =>
  networks.some(({ name }) => name === network.name)
    ? networks.map((other) => (other.name === network.name ? network : other))
    : [...networks, network]

/** A network must give a fee: this finds figures that are missing or no numbers. */
const checked = (network: Network): Network => {
  for (const { value } of Object.values(network.figures)) Rational.parse(value)
  if (Networks.chargesGas(network)) {
    Networks.figure(network, 'blockSeconds')
    Networks.fee(network, { gas: 1n, flzSize: 1, brotliSize: 1 })
  } else if (network.rule !== 'hub') Networks.ownFee(network, Rational.from(1n))
  return network
}

/**
 * The networks with what a profile file says.
 * @throws {ProfilesInvalidError}
 */
export function withFile(networks: readonly Network[], path: string): Network[] {
  let entries: z.output<typeof schema>
  try {
    entries = schema.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch (error) {
    throw new ProfilesInvalidError(path, reason(error), error)
  }
  let all = [...networks]
  for (const [name, entry] of Object.entries(entries)) {
    try {
      all = replaced(
        all,
        checked(isWhole(entry) ? ({ name, ...entry } as Network) : figuresOf(named(name, all), entry, path)),
      )
    } catch (error) {
      if (!(error instanceof SunledgerError)) throw error
      throw new ProfilesInvalidError(path, `${name}: ${error.message.replaceAll('\n', ' ')}`, error)
    }
  }
  return all
}

const figuresOf = (network: Network, entry: z.output<typeof schema>[string], path: string): Network => {
  let changed = network
  for (const [name, value] of Object.entries(entry)) {
    if (typeof value === 'string')
      changed = Networks.override(changed, { [name]: value }, today(), { basis: 'assumed', source: `given in ${path}` })
    else {
      Networks.figure(changed, name)
      changed = { ...changed, figures: { ...changed.figures, [name]: value as Networks.Figure } }
    }
  }
  return changed
}

const reason = (error: unknown): string =>
  error instanceof z.ZodError
    ? error.issues
        .map(({ path, message }) => `${path.join('.')}: ${message}`)
        .slice(0, 5)
        .join('; ')
    : error instanceof Error
      ? error.message
      : String(error)

const today = (): string => new Date().toISOString().slice(0, 10)

/**
 * The networks with single figures: `base.gasPriceGwei=0.01`.
 * @throws {SettingInvalidError} @throws {NetworkUnknownError} @throws {Networks.FigureUnknownError}
 */
export function withSettings(networks: readonly Network[], settings: readonly string[]): Network[] {
  let all = [...networks]
  for (const setting of settings) {
    const match = /^([a-z0-9-]+)\.([A-Za-z0-9]+)=(\d+(?:\.\d+)?)$/.exec(setting)
    if (match === null) throw new SettingInvalidError(setting)
    const [, network = '', name = '', value = ''] = match
    all = replaced(all, checked(Networks.override(named(network, all), { [name]: value }, today())))
  }
  return all
}

/** There is no such network. */
export class NetworkUnknownError extends SunledgerError {
  override readonly name = 'NetworkUnknownError'
  constructor(actual: string, networks: readonly Network[]) {
    super('SL729', 'There is no such network.', {
      expected: networks.map(({ name }) => name).join(', '),
      actual: JSON.stringify(actual.slice(0, 60)),
    })
  }
}

/** A figure on the command line is not of the form. */
export class SettingInvalidError extends SunledgerError {
  override readonly name = 'SettingInvalidError'
  constructor(actual: string) {
    super('SL730', 'No figure can be read from that.', {
      expected: 'NETWORK.FIGURE=NUMBER, such as base.gasPriceGwei=0.01',
      actual: JSON.stringify(actual.slice(0, 80)),
    })
  }
}

/** A file of networks cannot be used. */
export class ProfilesInvalidError extends SunledgerError {
  override readonly name = 'ProfilesInvalidError'
  constructor(path: string, actual: string, cause: unknown) {
    super('SL732', `${path} is no file of networks.`, {
      expected: 'JSON such as {"base":{"baseFeeGwei":"0.01"}}, or a whole network with title, rule and figures',
      actual: actual.slice(0, 400),
      cause,
    })
  }
}
