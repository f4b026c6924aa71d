/** What is wrong with a command line, said by every command in the same way: one line with a code, and exit code 2. */
import { type ParseArgsConfig, parseArgs } from 'node:util'
import { type Command, type CommanderError, InvalidArgumentError } from 'commander'
import { SunledgerError } from '../core/Errors.ts'

const codes = { command: 'SL530', option: 'SL531', value: 'SL532', repeated: 'SL533' } as const

const hint = 'Add --help for what is possible.'
const hints: { readonly [what: string]: string } = { command: `${hint} Under npm, options stand behind --.` }

/** A command line cannot be understood. Nothing was done. */
export class UsageError extends SunledgerError {
  override readonly name = 'UsageError'
  /** @param what is wrong: the command or an argument, an option, an option's value, an option that was given twice */
  constructor(what: keyof typeof codes, message: string) {
    super(codes[what], withoutKeys(message), {
      hint: hints[what] ?? hint,
    })
  }
}

/** What looks like a private key is not repeated on the terminal. */
const withoutKeys = (text: string): string => text.replace(/(0x)?[0-9a-f]{64,}/gi, '[64 hex digits]')

const kinds: { readonly [code: string]: keyof typeof codes } = {
  'commander.unknownOption': 'option',
  'commander.optionMissingArgument': 'value',
  'commander.missingMandatoryOptionValue': 'value',
  'commander.invalidArgument': 'value',
}

/** Commander's own words under a code of ours; but of words too many it says only how many there are. */
export const fromCommander = ({ code, message }: CommanderError, surplus: string | undefined): UsageError =>
  code === 'commander.excessArguments' && surplus !== undefined
    ? new UsageError('command', `unknown argument '${surplus}'.`)
    : new UsageError(kinds[code] ?? 'command', sentence(message.replace(/^error: /, '').replaceAll('\n', ' ')))

const sentence = (text: string): string => (/[.?!)]$/.test(text) ? text : `${text}.`)

/** Options that take a path: none of them takes an empty one, such as an unset variable of a script leaves. */
export const refuseEmptyPaths = (command: Command): void => {
  for (const option of command.options) {
    if (!/<(file|dir|path)>/.test(option.flags)) continue
    option.argParser((text: string) => {
      if (text.trim() === '') throw new InvalidArgumentError('Expected a path.')
      return text
    })
  }
}

/** Commander takes the last of several: none of them may be what was meant. */
export const refuseRepeated = (command: Command): void => {
  for (const option of command.options) {
    // A list, and an option whose parser adds to what came before, may be repeated.
    if (option.variadic || option.description.includes('may be repeated')) continue
    let isGiven = false
    command.on(`option:${option.name()}`, () => {
      if (isGiven) throw new UsageError('repeated', `option '${option.long}' is given twice.`)
      isGiven = true
    })
  }
}

/**
 * As `parseArgs` of Node, with its errors under codes of ours; and what may be given once is.
 *
 * @throws {UsageError}
 */
export const parse = <const T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>> => {
  let parsed: ReturnType<typeof parseArgs<T>>
  try {
    parsed = parseArgs(config)
  } catch (error) {
    throw fromParseArgs(error as NodeJS.ErrnoException)
  }
  const seen = new Set<string>()
  for (const token of parseArgs({ ...config, tokens: true }).tokens ?? []) {
    if (token.kind !== 'option' || config.options?.[token.name]?.multiple === true) continue
    if (seen.has(token.name)) throw new UsageError('repeated', `option '--${token.name}' is given twice.`)
    seen.add(token.name)
  }
  return parsed
}

const fromParseArgs = (error: NodeJS.ErrnoException): unknown => {
  const [, named = ''] = /'([^']*)'/.exec(error.message) ?? []
  switch (error.code) {
    case 'ERR_PARSE_ARGS_UNKNOWN_OPTION':
      return new UsageError('option', `unknown option '${named}'.`)
    case 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL':
      return new UsageError('command', `unknown argument '${named}'.`)
    case 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE':
      return new UsageError('value', sentence(error.message.split('\n')[0] ?? ''))
    default:
      return error
  }
}

/** @throws {UsageError} */
export const wholeNumber = (option: string, text: string, least: number, most: number): number => {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < least || value > most)
    throw new UsageError('value', `${option} takes a whole number from ${least} to ${most}, not '${text}'.`)
  return value
}
