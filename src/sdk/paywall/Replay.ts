/** Gives a kept answer again: through whatever middleware the new response has, and in an encoding that the client takes. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream'
import * as zlib from 'node:zlib'
import type { Answer } from './Answers.ts'
import * as Headers from './Headers.ts'

const decoders: { readonly [encoding: string]: () => NodeJS.ReadWriteStream } = {
  gzip: zlib.createGunzip,
  'x-gzip': zlib.createGunzip,
  deflate: zlib.createInflate,
  br: zlib.createBrotliDecompress,
}

const takes = (request: IncomingMessage, encoding: string): boolean => {
  const accepted = String(request.headers['accept-encoding'] ?? '').toLowerCase()
  const named = accepted.split(',').map((part) => part.trim().split(/\s*;\s*q=/))
  const quality = named.find(([name]) => name === encoding) ?? named.find(([name]) => name === '*')
  return quality !== undefined && Number(quality[1] ?? 1) > 0
}

/** Writes a kept answer. */
export const replay = (request: IncomingMessage, response: ServerResponse, { status, headers, body }: Answer): void => {
  response.statusCode = status
  Headers.setAll(response, headers)
  response.setHeader('idempotent-replayed', 'true')
  Headers.expose(response)
  const encoding = String(headers['content-encoding'] ?? '').toLowerCase()
  const decoder = decoders[encoding]
  if (decoder !== undefined && !takes(request, encoding)) {
    response.removeHeader('content-encoding')
    pipeline(body.read(), decoder(), response, () => {})
  } else if (body.bytes !== undefined) response.end(body.bytes)
  else {
    response.setHeader('content-length', body.length)
    pipeline(body.read(), response, () => {})
  }
}

/** An answer as bytes, for a store; undefined: it is not in memory. */
export const encode = ({ status, headers, body }: Answer): Buffer | undefined =>
  body.bytes === undefined
    ? undefined
    : Buffer.concat([Buffer.from(`${JSON.stringify([status, headers])}\n`), body.bytes])

/** @param bodyOf makes a body of bytes */
export const decode = (bytes: Uint8Array, bodyOf: (bytes: Buffer) => Answer['body']): Answer => {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const end = buffer.indexOf(10)
  const [status, headers] = JSON.parse(buffer.toString('utf8', 0, end)) as [number, Answer['headers']]
  return { status, headers, body: bodyOf(Buffer.from(buffer.subarray(end + 1))) }
}
