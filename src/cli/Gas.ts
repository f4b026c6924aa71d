/** What others may make the operator spend, as flags: the same for `serve`, which passes them on, and for the service's own process. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import { defaults, type Limits, unlimited } from '../clearing/GasBudget.ts'
import * as Amount from '../core/Amount.ts'
import { wholeNumber } from './Limits.ts'

export interface Flags {
  /** Atomic units. */
  readonly minimumAmount: bigint
  readonly transactionsPerAddress: number
  readonly transactionsPerAccount: number
  /** Percent. */
  readonly gasShare: number
}

const decimals = 6

const amount = (text: string): bigint => {
  try {
    return Amount.parse(text, decimals)
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message.split('\n')[0] ?? '')
  }
}

const percent = (text: string): number => {
  const value = Number(text)
  if (!/^\d{1,3}(\.\d{1,2})?$/.test(text) || value > 100)
    throw new InvalidArgumentError(
      `Expected a percentage from 0 to 100 such as 1 or 0.25, got ${JSON.stringify(text)}.`,
    )
  return value
}

const million = wholeNumber(0, 1_000_000)

/** @param usual `local`: where the coin is worth nothing, nothing is bounded unless told */
export const add = (command: Command, usual: 'service' | 'local'): Command => {
  const { minimumAtomic, perAddressAndHour, perAccountAndDay, shareBpsPerHour } =
    usual === 'local' ? unlimited : defaults
  return command
    .addOption(
      new Option(
        '--minimum-amount <amount>',
        'least amount that is deposited, withdrawn or settled for others (0: any)',
      )
        .argParser(amount)
        .default(minimumAtomic, Amount.format(minimumAtomic, decimals)),
    )
    .option(
      '--transactions-per-address <number>',
      'transactions an hour that one address may ask for (0: any number)',
      million,
      perAddressAndHour,
    )
    .option(
      '--transactions-per-account <number>',
      'transactions a day for one account (0: any number)',
      million,
      perAccountAndDay,
    )
    .option(
      '--gas-share <percent>',
      'of the key’s coin, for all that others cause in an hour',
      percent,
      shareBpsPerHour / 100,
    )
}

export const limits = (flags: Flags): Limits => ({
  minimumAtomic: flags.minimumAmount,
  perAddressAndHour: flags.transactionsPerAddress,
  perAccountAndDay: flags.transactionsPerAccount,
  shareBpsPerHour: Math.round(flags.gasShare * 100),
})

/** As arguments of the service's own process. */
export const args = (flags: Flags): string[] => [
  ...['--minimum-amount', Amount.format(flags.minimumAmount, decimals)],
  ...['--transactions-per-address', String(flags.transactionsPerAddress)],
  ...['--transactions-per-account', String(flags.transactionsPerAccount)],
  ...['--gas-share', String(flags.gasShare)],
]

/** Of a network whose chain lives in memory, where nothing else is said. */
export const local: readonly string[] = args({
  minimumAmount: unlimited.minimumAtomic,
  transactionsPerAddress: unlimited.perAddressAndHour,
  transactionsPerAccount: unlimited.perAccountAndDay,
  gasShare: unlimited.shareBpsPerHour / 100,
})
