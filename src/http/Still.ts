/**
 * Answers that stay the same as long as the process lives (documentation, the page's files): made once, kept as bytes with all their headers, and
 * named by an ETag, so that whoever has one already is sent none.
 */
import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'

export interface Still {
  readonly body: Buffer
  readonly headers: { readonly [name: string]: string | number }
  readonly etag: string
}

/** @param type with its charset */
export const of = (text: string, type: string, headers: { readonly [name: string]: string } = {}): Still => {
  const body = Buffer.from(text)
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
  return {
    body,
    etag,
    headers: { 'cache-control': 'no-cache', ...headers, etag, 'content-type': type, 'content-length': body.length },
  }
}

/** Whether a client has it already (RFC 9110, 13.1.2). */
const isKnown = ({ etag }: Still, condition: string | undefined): boolean =>
  condition !== undefined &&
  (condition.trim() === '*' || condition.split(',').some((each) => each.trim().replace(/^W\//, '') === etag))

export const send = (still: Still, request: IncomingMessage, response: ServerResponse): void => {
  if (isKnown(still, request.headers['if-none-match'])) {
    const { 'content-type': _type, 'content-length': _length, ...headers } = still.headers
    response.writeHead(304, headers).end()
    return
  }
  response.writeHead(200, still.headers)
  if (request.method === 'HEAD') response.end()
  else response.end(still.body)
}
