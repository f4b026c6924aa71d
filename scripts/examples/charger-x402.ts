// The official x402 client at the same charging station: with dollars of its wallet (`exact`), and with receipts of the clearing house.
import { ExactEvmScheme } from '@x402/evm/exact/client'
import { wrapFetchWithPayment, x402Client } from '@x402/fetch'
import { ClearingScheme, Robot } from 'sunledger'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'

const [clearing = 'http://127.0.0.1:4020', charger = 'http://127.0.0.1:4030'] = process.argv.slice(2)

const account = privateKeyToAccount(generatePrivateKey())
const robot = await Robot.connect(clearing, { account, keep: false })
const { chainId, dollar } = await robot.client.status()

// `exact`: an authorization that the station has put on chain. The client has to be told that it may pay with this token.
await robot.client.faucet(robot.address, 1000n)
const exact = new x402Client().register('eip155:*', new ExactEvmScheme(account))
exact.setSpendControls({ allowedAssets: [{ network: `eip155:${chainId}`, asset: dollar.asset }] })
const settled = await wrapFetchWithPayment(fetch, exact)(`${charger}/charge`)
console.log(`exact got     ${JSON.stringify(await settled.json())} (${settled.headers.get('sunledger-charge')})`)

// `clearing`: our scheme plugged in. No chain is involved.
await robot.deposit('1.00')
const receipts = new x402Client().register('eip155:*', new ClearingScheme(robot))
const cleared = await wrapFetchWithPayment(fetch, receipts)(`${charger}/charge`)
console.log(`clearing got  ${JSON.stringify(await cleared.json())} (${cleared.headers.get('sunledger-charge')})`)
