/** A file's lines, one after the other, in memory that does not grow with the file. */
import { closeSync, openSync, readSync } from 'node:fs'
import { StringDecoder } from 'node:string_decoder'
import * as TextTable from '../core/TextTable.ts'
import * as Input from './Input.ts'

const chunkBytes = 1 << 20

/** Longer lines are no rows of anything that is read here. */
const longestLine = 1 << 20

type Decode = (bytes: Buffer) => string

const decoderOf = (chunk: Buffer): Decode => {
  const encoding = TextTable.encodingOf(chunk)
  if (encoding !== 'utf-8') {
    const decoder = new TextDecoder(encoding)
    return (bytes) => decoder.decode(bytes, { stream: true })
  }
  const decoder = new StringDecoder('utf8')
  return (bytes) => decoder.write(bytes)
}

/**
 * Lines without their ends, whichever they are, and without a byte order mark. An empty last line is none.
 * @throws {Input.InputMissingError} there is no such file, or it cannot be read
 * @throws {Input.InputEmptyError} nothing in it
 * @throws {Input.InputRowError} a line that does not end
 */
export function* linesOf(path: string): Generator<string> {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch (error) {
    throw new Input.InputMissingError(path, error)
  }
  try {
    const chunk = Buffer.allocUnsafe(chunkBytes)
    let [rest, line, isFirst] = ['', 0, true]
    let decode: Decode | undefined
    for (;;) {
      const count = readChunk(file, chunk, path)
      if (count === 0) break
      decode ??= decoderOf(chunk.subarray(0, count))
      let text = rest + decode(chunk.subarray(0, count))
      if (isFirst) text = text.replace(/^\ufeff/, '')
      isFirst = false
      const lines = text.split(/\r\n|\n|\r(?!$)/)
      rest = lines.pop() ?? ''
      if (rest.length > longestLine)
        throw new Input.InputRowError(
          path,
          line + lines.length + 1,
          `a line of at most ${longestLine} characters`,
          'more',
        )
      line += lines.length
      yield* lines
    }
    if (isFirst) throw new Input.InputEmptyError(path, 'the file is empty')
    if (rest.replace(/\r$/, '') !== '') yield rest.replace(/\r$/, '')
  } finally {
    closeSync(file)
  }
}

const readChunk = (file: number, chunk: Buffer, path: string): number => {
  try {
    return readSync(file, chunk, 0, chunk.length, null)
  } catch (error) {
    throw new Input.InputMissingError(path, error)
  }
}
