/** `sunledger pay`: one payment from the shell. */
import { randomUUID } from 'node:crypto'
import { type Command, Option } from 'commander'
import * as Amount from '../core/Amount.ts'
import type { Hex, Receipt } from '../core/Payment.ts'
import type { Transaction } from '../core/Wire.ts'
import * as Wire from '../core/Wire.ts'
import * as AddressText from '../sdk/Address.ts'
import { PaymentUnansweredError } from '../sdk/Entry.ts'
import { Robot } from '../sdk/Robot.ts'
import * as Ending from './Ending.ts'
import * as KeyFile from './KeyFile.ts'
import { UsageError } from './Usage.ts'

interface Flags {
  readonly to: string
  readonly amount: string
  readonly for?: string
  readonly keyFile?: string
  readonly url: string
  readonly deposit?: string
  readonly idempotencyKey?: string
  readonly json?: boolean
}

/** Somebody waits at the shell: not as patient as a robot. */
const retryForMs = 5_000

const help = `
The key pays: 0x and 64 hex digits, in a file that only you can read, or in SUNLEDGER_KEY.
The same --for and --idempotency-key are charged once, however often the command runs.

Examples:
  $ SUNLEDGER_KEY=$(cat robot.key) sunledger pay --to 0x7099…79c8 --amount 0.000125 --for https://charger.example/42
  $ sunledger pay --key-file robot.key --deposit 5.00 --to 0x7099…79c8 --amount 0.000125 --json | jq .receipt`

export const register = (program: Command): void => {
  program
    .command('pay')
    .description('pay from the shell')
    .requiredOption('--to <address>', 'whom to pay')
    .requiredOption('--amount <amount>', 'how much, in dollars, such as 0.000125')
    .option('--for <text>', 'what for: a URL, an invoice; only its hash is sent')
    .option('--key-file <file>', 'file with the private key (default: the variable SUNLEDGER_KEY)')
    .addOption(new Option('--url <url>', 'the service').env('SUNLEDGER_URL').default('http://127.0.0.1:4020'))
    .option('--deposit <amount>', 'first deposit this many dollars; on a local chain the faucet gives them')
    .option('--idempotency-key <text>', 'makes a repetition of this payment the same payment (default: random)')
    .option('--json', 'print one JSON document')
    .addHelpText('after', help)
    // Checked in the action instead, where a key among them is recognised before anything is repeated on the terminal.
    .allowUnknownOption()
    .allowExcessArguments()
    .action(async (flags: Flags, command: Command) => {
      refuseKeys(flags, command.args)
      const [surplus] = command.args
      if (surplus !== undefined)
        throw surplus.startsWith('-')
          ? new UsageError('option', `unknown option '${surplus}'.`)
          : new UsageError('command', `unknown argument '${surplus}'.`)
      await run(flags)
    })
}

const run = async (flags: Flags): Promise<void> => {
  // Before anything is deposited: what is misspelt here would be refused after it.
  AddressText.parse(flags.to)
  Amount.parse(flags.amount)
  const key = flags.idempotencyKey ?? randomUUID()
  const account = await KeyFile.read(flags.keyFile)
  const asked = Ending.asked()
  const paying = pay(flags, key, account)
  const cause = await Promise.race([paying.then(() => undefined), asked])
  if (cause === undefined) return
  paying.catch(() => {})
  process.stderr.write(`Interrupted: it may have been paid.\n${again(key)}`)
  process.exitCode = Ending.exitCodes[cause]
}

const again = (key: string): string => `To try again without paying twice, add: --idempotency-key ${key}\n`

const pay = async (flags: Flags, key: string, account: Hex): Promise<void> => {
  const robot = await Robot.connect(flags.url, { account, retryForMs })
  try {
    const deposit = flags.deposit === undefined ? undefined : await robot.deposit(flags.deposit)
    const receipt = await robot.pay({ to: flags.to, amount: flags.amount, for: flags.for, key })
    const text =
      flags.json === true ? asJson(flags, key, receipt, deposit) : await asText(flags, robot, receipt, deposit)
    process.stdout.write(`${text}\n`)
  } catch (error) {
    if (error instanceof PaymentUnansweredError) process.stderr.write(again(key))
    throw error
  } finally {
    await robot.close()
  }
}

const asText = async (
  flags: Flags,
  robot: Robot,
  { payment }: Receipt,
  deposit: Transaction | undefined,
): Promise<string> => {
  // It has been paid: that is said whether or not a balance can be had.
  const balance = await robot.balance().catch(() => undefined)
  const symbol = balance?.symbol ?? 'dollars'
  const lines = [
    `Paid ${Amount.format(payment.amount)} ${symbol} to ${payment.payee}`,
    ...(flags.for === undefined ? [] : [`  for        ${flags.for}`]),
    `  payment    ${payment.id}`,
    `  by         ${payment.payer}`,
    ...(deposit === undefined ? [] : [`  deposited  ${flags.deposit} ${symbol} in ${deposit.transaction}`]),
    `  available  ${balance === undefined ? 'not known: the service did not say' : `${balance.text.available} ${symbol}`}`,
  ]
  return lines.join('\n')
}

const asJson = (flags: Flags, key: string, receipt: Receipt, deposit: Transaction | undefined): string =>
  Wire.stringify({
    version: 1,
    amount: Amount.format(receipt.payment.amount),
    for: flags.for ?? '',
    idempotencyKey: key,
    ...(deposit === undefined ? {} : { deposit }),
    receipt,
  })

const keyForm = /(0x)?[0-9a-f]{64}/i

/** `--for` and `--idempotency-key` may be hashes, which look like keys; nothing else that a user types does. */
const refuseKeys = ({ to, amount, url, deposit, keyFile }: Flags, surplus: readonly string[]): void => {
  for (const text of [to, amount, url, deposit, keyFile, ...surplus])
    if (text !== undefined && keyForm.test(text)) throw new KeyFile.KeyInArgumentsError()
}
