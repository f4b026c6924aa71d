/** A shop as a process of its own, to be run several times with one store and killed: `clearing payTo publicUrl store`. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { paywall, TillFile } from '../../../src/index.ts'

const [clearing, payTo, publicUrl, folder] = process.argv.slice(2) as [string, string, string, string]
const wall = paywall({
  ...{ price: '0.0005', payTo, clearing, publicUrl, schemes: ['clearing'] },
  ...{ instances: 'many', store: TillFile.open(folder) },
})
await wall.ready()
const say = (value: unknown) => process.stdout.write(`${JSON.stringify(value)}\n`)
const app = express()
let served = 0
app.all('/charge', wall, (request, response) => {
  say({ ran: `${process.pid}` })
  const answer = `${process.pid} served ${++served}`
  if (request.query['slow'] === undefined) {
    response.send(answer)
    return
  }
  // Half of it, and then nothing until the process ends.
  if (request.query['slow'] === 'half') response.write(answer)
})
const server = createServer(app)
server.listen(0, '127.0.0.1', () => say({ port: (server.address() as AddressInfo).port }))
