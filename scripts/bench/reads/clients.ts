/**
 * The process that reads: eight clients that ask again as soon as they are answered, or that listen. `process.send` says how it went. Its clients
 * look at nothing but lengths, so that they ask as fast as one core can.
 */

import { Agent, type ClientRequest, get, type IncomingMessage } from 'node:http'
import * as Ending from '../../../src/cli/Ending.ts'

/** What it is to do until it is told to stop. */
export interface Task {
  readonly url: string
  /** Asked for in turn. */
  readonly paths: readonly string[]
  readonly clients: number
  /** `ask`: whole answers; `catchUp`: a stream is left after so many bytes, and opened again; `listen`: streams stay open. */
  readonly kind: 'ask' | 'catchUp' | 'listen'
}

export interface Told {
  readonly answers: number
  readonly refused: number
  readonly bytes: number
}

/** A page of a busy account's stream, and then some. */
const catchUpBytes = 1_500_000

let [answers, refused, bytes, isOn] = [0, 0, 0, false]
const open = new Set<ClientRequest>()

const count = (response: IncomingMessage): void => {
  answers++
  if (response.statusCode !== 200) refused++
}

/** One request; resolves when its answer is whole, or was left. */
const ask = (url: string, agent: Agent | false, most: number): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      open.delete(request)
      resolve()
    }
    const request = get(url, { agent }, (response) => {
      count(response)
      let own = 0
      response.on('data', (part: Buffer) => {
        own += part.length
        bytes += part.length
        if (own > most) request.destroy()
      })
      response.once('close', done)
    })
    request.once('error', done)
    open.add(request)
  })

const loop = async ({ url, paths, kind }: Task, client: number): Promise<void> => {
  const agent = kind === 'ask' ? new Agent({ keepAlive: true, maxSockets: 1 }) : false
  for (let i = client; isOn; i++) {
    await ask(url + (paths[i % paths.length] as string), agent, kind === 'catchUp' ? catchUpBytes : Infinity)
    if (kind === 'listen') return
  }
  if (agent !== false) agent.destroy()
}

process.on('message', (task: Task | 'stop') => {
  if (task === 'stop') {
    isOn = false
    for (const request of open) request.destroy()
    process.send?.({ answers, refused, bytes } satisfies Told)
    return
  }
  ;[answers, refused, bytes, isOn] = [0, 0, 0, true]
  for (let client = 0; client < task.clients; client++) void loop(task, client)
  process.send?.('begun')
})
process.once('disconnect', () => void Ending.end(0))
