/** `sunledger serve`: a local chain and a clearing service for scripts, until Ctrl-C. */
import type { Command } from 'commander'
import * as Keys from '../chain/Keys.ts'
import * as Ending from './Ending.ts'
import * as Gas from './Gas.ts'
import * as Limits from './Limits.ts'
import { wholeNumber } from './Limits.ts'
import * as Network from './Network.ts'
import * as Tuning from './Tuning.ts'
import { UsageError } from './Usage.ts'

interface Flags extends Limits.Flags, Tuning.Flags, Gas.Flags {
  readonly port: number
  readonly chainPort: number
  readonly host: string
  readonly allowHost?: string[]
  readonly allowOrigin?: string[]
  readonly chainAllowOrigin?: string[]
  readonly data: string
  readonly settleEvery: number
  readonly fence?: string
  readonly json?: boolean
}

/** Far more than any machine has to pay; enough to keep a broken one from the disk. */
const paymentsPerAccount = 2_000

const port = wholeNumber(0, 65_535)

const run = async (flags: Flags): Promise<void> => {
  if (flags.port !== 0 && flags.port === flags.chainPort)
    throw new UsageError('value', `--port and --chain-port are both ${flags.port}.`)
  const interrupted = Ending.asked().then(() => undefined)
  const say = (text: string) => process.stderr.write(`${text}\n`)
  let fail: (error: Error) => void = () => {}
  const failed = new Promise<never>((_, reject) => {
    fail = reject
  })
  failed.catch(() => {})
  const starting = Network.start({
    data: flags.data,
    kind: 'serve',
    fence: flags.fence,
    keys: Keys.random(),
    host: flags.host,
    port: flags.port,
    chainPort: flags.chainPort,
    allowHosts: flags.allowHost ?? [],
    allowOrigins: flags.allowOrigin ?? [],
    chainAllowOrigins: flags.chainAllowOrigin ?? [],
    limits: [...Limits.args(flags), ...Tuning.args(flags), ...Gas.args(flags)],
    settleEverySeconds: flags.settleEvery,
    manualSettlement: false,
    progress: say,
    onFailure: (error) => fail(error),
  })
  const network = await Promise.race([starting, interrupted])
  if (network === undefined) {
    // The processes that are just starting end with our end of their pipes.
    say('\nStopped.')
    return
  }
  try {
    const { url, rpcUrl, deployment } = network
    if (flags.json === true) process.stdout.write(`${JSON.stringify({ version: 1, url, rpcUrl, data: flags.data })}\n`)
    say(`\nReady. Robot.connect('${url}', …); test dollars come from its faucet.`)
    say(`Operator's token and keys: ${flags.data}/keys.json. Clearing house ${deployment.clearingHouse}.`)
    say('Ctrl-C ends it; the chain lives in memory and ends with it.')
    await Promise.race([interrupted, failed])
    say('\nStopping …')
  } finally {
    await network.stop()
  }
}

export const register = (program: Command): void => {
  const command = program
    .command('serve')
    .description('run a local chain and a clearing service for scripts, until Ctrl-C')
    .option('--port <number>', 'port of the service (0: any free one)', port, 4020)
    .option('--chain-port <number>', 'port of the chain’s JSON-RPC (0: any free one)', port, 0)
    .option('--host <address>', 'address to bind the service to', '127.0.0.1')
    .option('--allow-host <name...>', 'further names under which the service may be called')
    .option(
      '--allow-origin <origin...>',
      'pages of other origins that may call the service, but for the operator’s routes (https://app.example)',
      Limits.origin,
    )
    .option(
      '--chain-allow-origin <origin...>',
      'pages that may call the chain’s JSON-RPC, with all it can do',
      Limits.origin,
    )
    .option('--data <dir>', 'folder for journal, keys and deployment; made anew at each start', 'data/serve')
    .option('--fence <file>', 'fence file of the journal; left out: one that goes with the run')
    .option('--settle-every <seconds>', 'settle at most this long after the last time', wholeNumber(1, 86_400), 5)
    .option('--json', 'say the addresses as one line of JSON on stdout')
  Gas.add(Tuning.add(Limits.add(command, paymentsPerAccount)), 'local').action(run)
}
