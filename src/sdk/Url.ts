/** The address of a service, in one form: no slash at its end and none doubled, so that a path can be put behind it. */
import { SunledgerError } from '../core/Errors.ts'

/**
 * @throws {UrlInvalidError} no http or https URL; or with credentials, query or fragment, which would be lost on the way
 * @example Url.parse('http://127.0.0.1:4020//').href // 'http://127.0.0.1:4020/'
 */
export const parse = (text: string | URL): URL => {
  if (!isUrl(text)) throw new UrlInvalidError(shown(text))
  const url = new URL(text)
  if (!/^https?:$/.test(url.protocol)) throw new UrlInvalidError(shown(url.href))
  if (url.username !== '' || url.password !== '') throw new UrlInvalidError(`one with credentials, of ${url.host}`)
  if (url.search !== '' || url.hash !== '') throw new UrlInvalidError(`${url.origin}${url.pathname} and more`)
  url.pathname = url.pathname.replace(/\/{2,}/g, '/').replace(/(?<=.)\/$/, '')
  return url
}

const shown = (text: unknown): string =>
  typeof text === 'string' ? text.slice(0, 200) : `a value of type ${typeof text}`

const isUrl = (text: unknown): text is string | URL =>
  (typeof text === 'string' || text instanceof URL) && URL.canParse(String(text))

/** A text is no address of a service. */
export class UrlInvalidError extends SunledgerError {
  override readonly name = 'UrlInvalidError'
  constructor(actual: string) {
    super('SL657', 'Not the address of a service.', {
      expected: 'an http or https URL without credentials, query and fragment, such as http://127.0.0.1:4020',
      actual,
    })
  }
}
