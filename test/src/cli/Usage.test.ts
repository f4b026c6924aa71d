/** Command lines that cannot be understood: for every command and each of its options, one coded line, before anything is done. */
import type { Command, Option } from 'commander'
import { describe, expect, test } from 'vitest'
import * as Program from '../../../src/cli/Program.ts'
import * as Usage from '../../../src/cli/Usage.ts'

const commands = Program.create().commands.map((command) => [command.name(), command] as const)
const optionsOf = (command: Command): Option[] => command.options.filter(({ long }) => long !== '--help')
const takesValue = ({ required }: Option): boolean => required

/** A value that a command line could have; whether it means anything is found out later. */
const value: { readonly [form: string]: string } = {
  '<bytes>': '2048',
  '<lat,lon[,name]>': '45,8',
  '<address>': '127.0.0.1',
  '<share>': '0.5',
  '<mm-dd>': '06-21',
  '<format>': 'json',
  '<level>': 'info',
}
const valued = ({ flags, long }: Option): string[] => {
  const [form = ''] = /<[^>]+>/.exec(flags) ?? []
  return form === '' ? [`${long}`] : [`${long}=${value[form] ?? '1'}`]
}

const required = (command: Command, but?: Option): string[] =>
  command.options.filter((option) => option.mandatory && option !== but).flatMap(valued)

const refused = async (...args: string[]): Promise<string> => {
  const error = await Program.run(args).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error, args.join(' ')).toBeInstanceOf(Usage.UsageError)
  return (error as Usage.UsageError).message
}

describe.each(commands)('%s', (name, command) => {
  test('error: SL531 for an option that it does not have', async () => {
    expect(await refused(name, ...required(command), '--nothing')).toContain("SL531: unknown option '--nothing'")
  })

  test('error: SL530 for a word too many, which is named', async () => {
    expect(await refused(name, ...required(command), 'surplus')).toContain("SL530: unknown argument 'surplus'")
  })

  test('error: SL532 for an option without its value, and for one that is needed and missing', async () => {
    for (const option of optionsOf(command)) {
      if (takesValue(option)) {
        const message = await refused(name, ...required(command, option), `${option.long}`)
        expect(message).toMatch(new RegExp(`^SL532: option '${option.long}\\b.* argument missing`))
      }
      if (option.mandatory) expect(await refused(name, ...required(command, option))).toContain('not specified')
    }
  })

  test('error: SL533 for an option that is given twice, unless its help says that it may be', async () => {
    for (const option of optionsOf(command)) {
      if (option.variadic || option.description.includes('may be repeated')) continue
      const twice = [...valued(option), ...valued(option)]
      const message = await refused(name, ...required(command, option), ...twice)
      expect(message).toContain(`SL533: option '${option.long}' is given twice.`)
    }
  })

  test('error: SL532 for numbers that are none or out of range, and for empty paths', async () => {
    for (const option of optionsOf(command)) {
      const isNumber = /<(number|ms|seconds|bytes|rate|records|blocks|slots|position)>/.test(option.flags)
      const isPath = /<(file|dir|path)>/.test(option.flags)
      const wrong = isNumber ? ['-1', '1e3', '0x10', '', 'many', '1.5', '9'.repeat(20)] : isPath ? ['', ' '] : []
      for (const text of wrong)
        expect(await refused(name, ...required(command, option), `${option.long}=${text}`)).toMatch(/^SL532: /)
    }
  })
})

describe('beside the commands', () => {
  test('error: a command that does not exist; a likely one is named', async () => {
    expect(await refused('servee')).toMatch(/^SL530: unknown command 'servee'.*serve/)
  })

  test('error: what looks like a key is not repeated', async () => {
    const key = 'ab'.repeat(32)
    for (const word of [key, `0x${key}`, `--${key}`]) expect(await refused('report', word)).not.toContain(key)
  })

  test('error: a level of the log that the environment names and that does not exist', async () => {
    process.env['SUNLEDGER_LOG'] = 'loud'
    try {
      expect(await refused('serve')).toMatch(/^SL532: .*'loud' from env 'SUNLEDGER_LOG' is invalid/)
    } finally {
      delete process.env['SUNLEDGER_LOG']
    }
  })
})

describe('scripts', () => {
  const options = {
    rounds: { type: 'string' },
    only: { type: 'string', multiple: true },
    json: { type: 'boolean' },
  } as const
  const parse = (...args: string[]) => Usage.parse({ args, options })

  test('behavior: as Node reads them', () => {
    expect(parse('--rounds', '3', '--only=a', '--only', 'b').values).toEqual({ rounds: '3', only: ['a', 'b'] })
  })

  test.each([
    [['--round'], "SL531: unknown option '--round'."],
    [['-x'], "SL531: unknown option '-x'."],
    [['word'], "SL530: unknown argument 'word'."],
    [['--rounds'], 'SL532: Option '],
    [['--rounds', '--json'], 'SL532: Option '],
    [['--json=yes'], 'SL532: Option '],
    [['--rounds=1', '--rounds=1'], "SL533: option '--rounds' is given twice."],
  ])('error: %j', (args, expected) => {
    expect(() => parse(...args)).toThrow(expected)
    expect(() => parse(...args)).toThrow(Usage.UsageError)
  })
})
