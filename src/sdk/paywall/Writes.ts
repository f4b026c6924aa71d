/** What handlers pass to a response, in all its forms. */

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
