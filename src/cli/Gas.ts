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
  /** Percent. */
  readonly settlementShare: number
  /** Seconds. */
  readonly settleWithin: number
  /** Millionths of a dollar. */
  readonly coinPrice: bigint
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
  const { minimumAtomic, perAddressAndHour, perAccountAndDay, ...rest } = usual === 'local' ? unlimited : defaults
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
      rest.shareBpsPerHour / 100,
    )
    .option(
      '--settlement-share <percent>',
      'of the key’s coin, for settlements in an hour; beyond it only who leaves or withdraws is settled',
      percent,
      rest.settlementShareBpsPerHour / 100,
    )
    .option(
      '--settle-within <seconds>',
      'an account that is not worth a transaction is settled within this time at the latest',
      wholeNumber(1, 31_536_000),
      rest.settledWithinMs / 1000,
    )
    .addOption(
      new Option(
        '--coin-price <dollars>',
        'what a coin costs, so that what is worth a transaction follows the gas price',
      )
        .argParser(amount)
        .default(rest.coinPriceAtomic, 'not known'),
    )
}

export const limits = (flags: Flags): Limits => ({
  minimumAtomic: flags.minimumAmount,
  perAddressAndHour: flags.transactionsPerAddress,
  perAccountAndDay: flags.transactionsPerAccount,
  shareBpsPerHour: Math.round(flags.gasShare * 100),
  settlementShareBpsPerHour: Math.round(flags.settlementShare * 100),
  settledWithinMs: flags.settleWithin * 1000,
  coinPriceAtomic: flags.coinPrice,
})

/** As arguments of the service's own process. */
export const args = (flags: Flags): string[] => [
  ...['--minimum-amount', Amount.format(flags.minimumAmount, decimals)],
  ...['--transactions-per-address', String(flags.transactionsPerAddress)],
  ...['--transactions-per-account', String(flags.transactionsPerAccount)],
  ...['--gas-share', String(flags.gasShare), '--settlement-share', String(flags.settlementShare)],
  ...['--settle-within', String(flags.settleWithin), '--coin-price', Amount.format(flags.coinPrice, decimals)],
]

/** Of a network whose chain lives in memory, where nothing else is said. */
export const local: readonly string[] = args({
  minimumAmount: unlimited.minimumAtomic,
  transactionsPerAddress: unlimited.perAddressAndHour,
  transactionsPerAccount: unlimited.perAccountAndDay,
  gasShare: unlimited.shareBpsPerHour / 100,
  settlementShare: unlimited.settlementShareBpsPerHour / 100,
  settleWithin: unlimited.settledWithinMs / 1000,
  coinPrice: unlimited.coinPriceAtomic,
})
