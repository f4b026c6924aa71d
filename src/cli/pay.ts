/**
 * `sunledger pay`: one payment from the shell. The key comes from a file or the environment and never from the arguments, which every
 * process on the machine can read and shells write down.
 */
import { randomUUID } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import type { Command } from 'commander'
import * as Amount from '../core/Amount.ts'
import { SunledgerError } from '../core/Errors.ts'
import type { Hex, Receipt } from '../core/Payment.ts'
import type { Transaction } from '../core/Wire.ts'
import * as Wire from '../core/Wire.ts'
import * as AddressText from '../sdk/Address.ts'
import { PaymentUnansweredError } from '../sdk/Entry.ts'
import { Robot } from '../sdk/Robot.ts'

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
    .option('--url <url>', 'the service', process.env['SUNLEDGER_URL'] ?? 'http://127.0.0.1:4020')
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
        command.error(`error: unknown ${surplus.startsWith('-') ? 'option' : 'argument'} '${surplus}'`)
      await run(flags)
    })
}

const run = async (flags: Flags): Promise<void> => {
  // Before anything is deposited: what is misspelt here would be refused after it.
  AddressText.parse(flags.to)
  Amount.parse(flags.amount)
  const key = flags.idempotencyKey ?? randomUUID()
  const robot = await Robot.connect(flags.url, { account: await readKey(flags.keyFile), retryForMs })
  try {
    const deposit = flags.deposit === undefined ? undefined : await robot.deposit(flags.deposit)
    const receipt = await robot.pay({ to: flags.to, amount: flags.amount, for: flags.for, key })
    const text =
      flags.json === true ? asJson(flags, key, receipt, deposit) : await asText(flags, robot, receipt, deposit)
    process.stdout.write(`${text}\n`)
  } catch (error) {
    if (error instanceof PaymentUnansweredError)
      process.stderr.write(`To try again without paying twice, add: --idempotency-key ${key}\n`)
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
  const { symbol, text } = await robot.balance()
  const lines = [
    `Paid ${Amount.format(payment.amount)} ${symbol} to ${payment.payee}`,
    ...(flags.for === undefined ? [] : [`  for        ${flags.for}`]),
    `  payment    ${payment.id}`,
    `  by         ${payment.payer}`,
    ...(deposit === undefined ? [] : [`  deposited  ${flags.deposit} ${symbol} in ${deposit.transaction}`]),
    `  available  ${text.available} ${symbol}`,
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
    if (text !== undefined && keyForm.test(text)) throw new KeyInArgumentsError()
}

/** @throws {KeyMissingError} @throws {KeyFileInvalidError} */
const readKey = async (file: string | undefined): Promise<Hex> => {
  if (file === undefined) {
    const key = process.env['SUNLEDGER_KEY']?.trim()
    if (key === undefined || key === '') throw new KeyMissingError()
    return key as Hex
  }
  let text: string
  try {
    text = (await readFile(file, 'utf8')).trim()
    const { mode } = await stat(file)
    if (process.platform !== 'win32' && (mode & 0o077) !== 0)
      process.stderr.write(`Warning: others can read ${file}. Run: chmod 600 ${file}\n`)
  } catch (error) {
    throw new KeyFileInvalidError(file, (error as Error).message)
  }
  if (!/^0x[0-9a-f]{64}$/i.test(text)) throw new KeyFileInvalidError(file, 'something else')
  return text as Hex
}

/** No key was given. */
export class KeyMissingError extends SunledgerError {
  override readonly name = 'KeyMissingError'
  constructor() {
    super('SL670', 'No key to pay with.', {
      expected: '--key-file FILE, or the variable SUNLEDGER_KEY: 0x and 64 hex digits',
      hint: 'A key is never taken from the arguments.',
    })
  }
}

/** A key stood in the arguments. It is not repeated here. */
export class KeyInArgumentsError extends SunledgerError {
  override readonly name = 'KeyInArgumentsError'
  constructor() {
    super('SL671', 'What looks like a private key stands in the arguments. It was not used.', {
      expected: '--key-file FILE, or the variable SUNLEDGER_KEY',
      hint: 'Arguments are seen by every process on this machine and kept in the shell’s history: use another key from now on.',
    })
  }
}

/** A key file cannot be used. */
export class KeyFileInvalidError extends SunledgerError {
  override readonly name = 'KeyFileInvalidError'
  constructor(file: string, actual: string) {
    super('SL672', `The key file ${file} cannot be used.`, {
      expected: 'a readable file with 0x and 64 hex digits',
      actual,
    })
  }
}
