/** What handlers pass to a response, in all its forms, and what takes it. */
import type { ServerResponse } from 'node:http'
import type { Body } from './Recording.ts'

const bufferOf = (chunk: unknown, encoding: unknown): Buffer =>
  typeof chunk === 'string'
    ? Buffer.from(chunk, typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8')
    : // The writer may use its bytes again.
      Buffer.from(chunk as Uint8Array)

/** Arguments of `write` and `end`, in their three forms. */
export const read = (
  args: readonly unknown[],
): { readonly bytes: Buffer | undefined; readonly done: (() => void) | undefined } => {
  const [chunk, encoding] = args
  const done = args.find((arg) => typeof arg === 'function') as (() => void) | undefined
  const isNone = chunk === undefined || chunk === null || typeof chunk === 'function'
  return { bytes: isNone ? undefined : bufferOf(chunk, encoding), done }
}

export const isBodiless = (status: number): boolean => status === 204 || status === 304 || status < 200

type Call<T> = (...args: unknown[]) => T

/** A response's own methods, before others are put in their place. */
export const originalOf = (response: ServerResponse) => ({
  writeHead: response.writeHead.bind(response) as Call<unknown>,
  write: response.write.bind(response) as Call<boolean>,
  end: response.end.bind(response) as Call<unknown>,
  flushHeaders: response.flushHeaders.bind(response),
  emit: response.emit.bind(response) as Call<boolean>,
  destroy: response.destroy.bind(response),
})

/** Ends a response with a whole body, as fast as the client takes it. @param body undefined: nobody is there to take it */
export const endWith = (
  response: ServerResponse,
  { write, end }: ReturnType<typeof originalOf>,
  body: Body | undefined,
): void => {
  if (body === undefined || body.length === 0) end()
  else if (body.bytes !== undefined) end(body.bytes)
  else {
    const source = body.read()
    source.on('data', (chunk) => {
      if (!write(chunk)) source.pause()
    })
    response.on('drain', () => source.resume()).once('close', () => source.destroy())
    source.once('end', () => end())
  }
}
