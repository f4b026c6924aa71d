/** How answers leave: whole, shared with others who ask for the same, or in pieces as they are made and taken. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Response } from 'express'
import * as Wire from '../core/Wire.ts'
import { isSteps, type Steps, type Work } from './Reads.ts'
import type { Answer } from './Route.ts'
import type { Text } from './Shared.ts'

/** So much is put together before it is written: each write costs a call of the system. */
const pieceBytes = 16_384

export const whole = (
  { status = 200, type = 'application/json' }: Answer,
  response: Response,
  value: unknown,
): void => {
  response
    .status(status)
    .type(type)
    .send(typeof value === 'string' ? value : Wire.stringify(value))
}

export function* shared(ask: () => Promise<Text>, response: Response): Steps<void> {
  const asked = ask()
  let made: { readonly text: Text } | undefined
  let failure: unknown
  yield asked.then(
    (text) => {
      made = { text }
    },
    (error) => {
      failure = error
    },
  )
  if (made === undefined) throw failure
  response.set('content-type', made.text.type).send(made.text.text)
}

/**
 * Begins when all that was asked before on the connection has been answered: until then an answer would only be kept in memory, where nobody counts
 * it, and a client that reads nothing could ask for many.
 */
export function* inTurn(response: ServerResponse, work: Work<unknown>): Steps<unknown> {
  if (response.socket === null)
    yield new Promise<void>((resolve) => {
      response.once('socket', () => resolve()).once('close', () => resolve())
    })
  const value = work()
  return isSteps(value) ? yield* value : value
}

/** Until the client has taken what was written, or has gone. */
export const taken = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done).off('close', done)
      resolve()
    }
    response.once('drain', done).once('close', done)
  })

/** Nothing has left when the first pieces fail; later the connection is cut off, so that no one takes a part for the whole. */
export function* inPieces(
  pieces: Generator<string | undefined, void, void>,
  { type = 'application/json' }: Answer,
  request: IncomingMessage,
  response: ServerResponse,
): Steps<void> {
  const head = { 'content-type': `${type}; charset=utf-8` }
  let text = ''
  try {
    for (let step = pieces.next(); step.done !== true; step = pieces.next()) {
      text += step.value ?? ''
      if (text.length < pieceBytes) {
        yield
        continue
      }
      if (request.method === 'HEAD') return void response.writeHead(200, head).end()
      if (!response.headersSent) response.writeHead(200, head)
      const isTaken = response.write(text)
      text = ''
      yield isTaken ? undefined : taken(response)
    }
  } finally {
    pieces.return()
  }
  if (!response.headersSent) response.writeHead(200, { ...head, 'content-length': Buffer.byteLength(text) })
  response.end(text)
}
