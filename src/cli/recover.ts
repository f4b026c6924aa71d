/** `sunledger recover`: the way out of a lost disk, an older copy of the data folder, or a damaged journal. */
import { copyFileSync, existsSync, mkdirSync } from 'node:fs'
import type { Command } from 'commander'
import * as Client from '../chain/Client.ts'
import * as Deployment from '../chain/Deployment.ts'
import * as Recover from '../clearing/Recover.ts'
import * as Embedded from '../store/Embedded.ts'
import * as Fence from '../store/Fence.ts'
import { files } from './service.ts'

interface Flags {
  readonly rpc: string
  readonly data: string
  readonly deployment?: string
  readonly fence?: string
  readonly json?: boolean
}

const say = (text: string): void => void process.stderr.write(`${text}\n`)

const run = async (flags: Flags): Promise<void> => {
  const paths = files(flags.data)
  const source = flags.deployment ?? paths.deployment
  const deployment = Deployment.read(source)
  const client = Client.create(flags.rpc)
  // Nothing is changed where the chain is another one or does not answer.
  await Deployment.verify(client, deployment)
  mkdirSync(flags.data, { recursive: true })
  if (!existsSync(paths.deployment)) copyFileSync(source, paths.deployment)
  const { chainId, genesisHash, clearingHouse, startBlock } = deployment
  const journal = Embedded.open(
    flags.data,
    { chainId, genesisHash, clearingHouse, startBlock },
    {
      warn: say,
      fence: flags.fence === undefined ? Fence.usual() : { file: flags.fence },
      recovering: ({ message }) => say(`Passed over, since the journal is being recovered: ${message}`),
    },
  )
  try {
    const { since, until, term } = await Recover.begin(client, deployment, journal)
    const ends = new Date(Number(until) * 1000).toISOString()
    if (flags.json === true)
      process.stdout.write(
        `${JSON.stringify({ version: 1, position: journal.end, term, since: `${since}`, until: `${until}` })}\n`,
      )
    say(`The journal continues at position ${journal.end}, in term ${term}.`)
    say(`Start the service again. Until ${ends} (chain time ${until}) it accepts receipts alone; then it pays again.`)
    if (!existsSync(paths.keys)) say(`It needs the operator's keys: put them into ${paths.keys}.`)
  } finally {
    journal.close()
  }
}

export const register = (program: Command): void => {
  program
    .command('recover')
    .description(
      'continue after a lost disk or with an older copy of a data folder: receipts and the chain say the rest',
    )
    .requiredOption('--rpc <url>', 'JSON-RPC of the chain')
    .requiredOption('--data <dir>', 'data folder: what is left of it, or an empty one')
    .option('--deployment <file>', 'deployment.json of the contracts; left out: the one in the data folder')
    .option('--fence <file>', 'fence file of this journal; left out: one in $XDG_STATE_HOME/sunledger')
    .option('--json', 'say what was done as one line of JSON on stdout')
    .action(run)
}
