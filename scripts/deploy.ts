/**
 * `npm run -s deploy -- …`: brings the contracts up on a chain that exists, with the modules that the local chain uses. Done twice, the
 * second time changes nothing. What is written lets the service find the contracts, Ignition go on, and a block explorer verify.
 */
import type { BuildInfo } from '@nomicfoundation/ignition-core'
import * as Client from '../src/chain/Client.ts'
import * as Deploy from '../src/chain/Deploy.ts'
import * as Parameters from '../src/chain/Parameters.ts'
import * as RpcUrl from '../src/chain/RpcUrl.ts'
import * as Entry from '../src/cli/Entry.ts'
import * as KeyFile from '../src/cli/KeyFile.ts'
import * as OutFolder from '../src/cli/OutFolder.ts'
import * as Usage from '../src/cli/Usage.ts'
import { buildInfoOf } from './solidity/Contracts.ts'

const help = `Usage: npm run -s deploy -- --rpc-file FILE --parameters FILE [options]

Deploys ClearingHouse and EnergyMeter (with its EnergyCredit) and lists both assets. Start from scripts/deploy/base.json.

  --rpc URL           JSON-RPC of the chain; one that holds a provider's key belongs into a file or the variable SUNLEDGER_RPC_URL
  --rpc-file FILE     file with the URL
  --parameters FILE   the dollar, the keys' addresses, the periods, the salt
  --key-file FILE     file with the cold key's private key, which pays (default: the variable SUNLEDGER_KEY)
  --out DIR           folder for deployment.json and Ignition's journal (default: deployments/CHAIN-ID)
  --dry-run           say what would be done, and send nothing
  --json              one JSON document on stdout
  --help              this text

The CreateX factory must be on the chain (it is on every larger one). Run it again with the same --out to go on where it stopped.
`

const flags = {
  rpc: { type: 'string' },
  'rpc-file': { type: 'string' },
  parameters: { type: 'string' },
  'key-file': { type: 'string' },
  out: { type: 'string' },
  'dry-run': { type: 'boolean' },
  json: { type: 'boolean' },
  help: { type: 'boolean' },
} as const

const say = (text: string): void => {
  process.stderr.write(`${text}\n`)
}

const main = async (args: string[]): Promise<number> => {
  const { values } = Usage.parse({ args, options: flags })
  if (values.help === true) {
    process.stdout.write(help)
    return 0
  }
  if (values.parameters === undefined) throw new Usage.UsageError('value', '--parameters FILE has to be given.')
  const parameters = Parameters.read(values.parameters)
  const client = Client.create(
    RpcUrl.from({
      ...(values.rpc === undefined ? {} : { rpc: values.rpc }),
      ...(values['rpc-file'] === undefined ? {} : { rpcFile: values['rpc-file'] }),
    }),
  )
  const plan = await Deploy.plan(client, parameters, await KeyFile.read(values['key-file']))
  const out = values.out ?? `deployments/${plan.chainId}`
  const print = (document: object, lines: readonly string[]): void => {
    const text = values.json === true ? JSON.stringify({ version: 1, ...document }) : lines.join('\n')
    process.stdout.write(`${text}\n`)
  }
  if (values['dry-run'] === true) {
    print({ dryRun: true, ...Deploy.shown(plan) }, Deploy.describe(plan))
    return 0
  }
  OutFolder.ensure(out)
  for (const line of Deploy.describe(plan)) say(line)
  const buildInfo = async (contract: string): Promise<BuildInfo> => buildInfoOf(contract, Deploy.sourceOf(contract))
  const { deployment, transactions } = await Deploy.run(plan, out, buildInfo)
  print({ out, transactions, deployment: { ...deployment, startBlock: deployment.startBlock.toString() } }, [
    transactions === 0 ? 'Nothing to do: everything is there.' : `Sent ${transactions} transactions.`,
    `clearing house  ${deployment.clearingHouse}`,
    `energy meter    ${deployment.energyMeter}`,
    `energy credit   ${deployment.energyCredit.asset}`,
    `written to      ${out}: deployment.json for the service, ignition/ to go on and to verify with`,
  ])
  return 0
}

await Entry.run(() => main(process.argv.slice(2)))
