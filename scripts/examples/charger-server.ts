// A charging station that is paid over HTTP: by the request, and by the Wh. Any x402 client can pay it. It runs as it stands, also as
// plain JavaScript; `sunledger serve` starts a clearing service for it.
import express from 'express'
import { metered, paywall, Robot } from 'sunledger'
import { generatePrivateKey } from 'viem/accounts'

const [clearing = 'http://127.0.0.1:4020', port = '4030'] = process.argv.slice(2)

// The station's own key: so it can pay back what it could not deliver. Without one, `payTo` names any address.
const payee = await Robot.connect(clearing, { account: generatePrivateKey(), keep: false })
const app = express()

// $0.0005 a request; the handler runs once it is paid for.
app.get('/charge', paywall({ price: '0.0005', payee, clearing }), (_request, response) => {
  response.json({ charged: '1 Wh' })
})

// $0.043 a kWh, paid Wh by Wh; whoever stops paying gets no more.
const tariff = { price: '0.043', per: 1000, unit: 'Wh', payee, clearing }
app.all(
  '/power',
  metered(tariff, async function* () {
    for (let wattHours = 1; ; wattHours++) yield { wattHours }
  }),
)

const server = app.listen(Number(port), '127.0.0.1', () => {
  const address = server.address()
  console.log(`http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : port}`)
})
