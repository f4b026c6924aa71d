// A robot that pays for what it asks, with a viem key: one charge, then power by the Wh. `charger-server.ts` is what it asks.
import { Robot } from 'sunledger'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'

const [clearing = 'http://127.0.0.1:4020', charger = 'http://127.0.0.1:4030'] = process.argv.slice(2)

const account = privateKeyToAccount(generatePrivateKey())
const robot = await Robot.connect(clearing, { account, keep: false, spend: { perRequest: '0.01', total: '1.00' } })
await robot.deposit('5.00')

const answer = await robot.fetch(`${charger}/charge`)
console.log(`robot got     ${JSON.stringify(await answer.json())} (${answer.headers.get('sunledger-charge')})`)

const power = robot.stream(`${charger}/power`, { maxAmount: '0.001' })
for await (const { number } of power) if (number === 10n) break
console.log(`robot took    ${power.delivered} Wh for ${power.paid} atomic units`)

console.log(`robot has     $${(await robot.balance()).text.available}`)
