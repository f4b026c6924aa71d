// One machine pays another. It runs as it stands, also as plain JavaScript; `sunledger serve` starts a service for it.
import { Robot } from 'sunledger'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'

const url = process.argv[2] ?? 'http://127.0.0.1:4020'

// Two machines, each with a key of its own. They share nothing and open no channel. (`keep: false`: these keys end with this program.)
const robot = await Robot.connect(url, { account: privateKeyToAccount(generatePrivateKey()), keep: false })
const charger = await Robot.connect(url, { account: privateKeyToAccount(generatePrivateKey()), keep: false })

await robot.deposit('5.00') // dollars, gasless; on a local chain the faucet gives them
const receipt = await robot.pay({ to: charger.address, amount: '0.000125', for: 'https://charger.example/sessions/42' })
console.log(`robot paid    ${receipt.payment.amount} atomic units, payment ${receipt.payment.id}`)

// The charger's side: each payment comes with its proof, which has been checked.
for await (const payment of charger.payments()) {
  console.log(`charger got   ${payment.amount} atomic units from ${payment.payer}`)
  break
}

console.log(`robot has     $${(await robot.balance()).text.available}`)
console.log(`charger has   $${(await charger.balance()).text.available}`)
