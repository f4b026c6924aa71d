/** Answers that are read whole, up to a bound: a service or server without end must not fill the memory. */
import { SunledgerError } from '../core/Errors.ts'

/** Four times the largest answer of a service: a thousand receipts. */
export const mostAnswerBytes = 16 << 20

/** Adds up pieces of text. */
export class Text {
  readonly #from: string
  readonly #most: number
  #text = ''

  constructor(from: string, most = mostAnswerBytes) {
    this.#from = from
    this.#most = most
  }

  /** @throws {AnswerTooLargeError} */
  add(chunk: string): void {
    if (this.#text.length + chunk.length > this.#most) throw new AnswerTooLargeError(this.#from, this.#most)
    this.#text += chunk
  }

  toString(): string {
    return this.#text
  }
}

/** All of a text that comes in pieces. @throws {AnswerTooLargeError} */
export const textOf = async (chunks: AsyncIterable<string>, from: string, most?: number): Promise<string> => {
  const text = new Text(from, most)
  for await (const chunk of chunks) text.add(chunk)
  return text.toString()
}

/** An answer goes on beyond what is taken. */
export class AnswerTooLargeError extends SunledgerError {
  override readonly name = 'AnswerTooLargeError'
  constructor(from: string, mostBytes: number) {
    super('SL687', 'The answer is too large.', {
      expected: `at most ${mostBytes} bytes from ${from.split('?')[0]}`,
      actual: 'more',
      hint: 'It was read no further. `robot.fetch` takes more with `maxBytes`.',
      status: 502,
    })
  }
}
