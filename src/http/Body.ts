/** Bodies as they are read: JSON in UTF-8, an object or a list; nothing at all is an empty object. */
import * as Problem from './Problem.ts'

/** @throws {BodyInvalidError} */
export const parse = (body: Buffer): unknown => {
  if (body.length === 0) return {}
  const text = body.toString()
  try {
    // As a body is read elsewhere: a byte order mark is passed over, and there is an object or a list.
    const value: unknown = JSON.parse(text.charCodeAt(0) === 0xfe_ff ? text.slice(1) : text)
    if (typeof value === 'object' && value !== null) return value
  } catch (error) {
    throw new Problem.BodyInvalidError((error as Error).message, 400)
  }
  throw new Problem.BodyInvalidError(text, 400)
}

/** @throws {BodyInvalidError} text that is not UTF-8 */
export const assertUtf8 = (contentType: string | undefined): void => {
  const charset = /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(contentType ?? '')?.[1]?.toLowerCase()
  if (charset !== undefined && charset !== 'utf-8' && charset !== 'utf8')
    throw new Problem.BodyInvalidError(`charset ${charset}`, 415)
}
