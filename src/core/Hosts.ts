/**
 * Who may call a server that listens on loopback: any website that a user visits can send requests there, under a name of its own that it points at
 * loopback (DNS rebinding) too. So the Host must be a name that the server was given, and a page's Origin the server's own or one that it was told.
 */

const loopback = ['localhost', '127.0.0.1', '[::1]']

/** A Host header's name, without the port. */
const nameOf = (host: string): string => host.replace(/:\d+$/, '')

/** What a request says of where it comes from; the headers as they came. */
export interface Call {
  readonly host: string | undefined
  readonly origin: string | undefined
}

/** Why a call is refused. */
export interface Foreign {
  readonly header: 'Host' | 'Origin'
  readonly expected: string
  readonly actual: string
}

export interface Hosts {
  /** Undefined: it may call. */
  foreign(call: Call): Foreign | undefined
  /** Whether it comes from a page of another origin that was named. */
  isNamedOrigin(origin: string | undefined): boolean
}

/**
 * @param bound what the server is bound to @param names further names of it @param origins of pages elsewhere that may call
 * @example const hosts = Hosts.create('127.0.0.1', [], ['https://app.example'])
 */
export const create = (bound: string, names: readonly string[] = [], origins: readonly string[] = []): Hosts => {
  const all = [...loopback, bound.includes(':') ? `[${bound}]` : bound, ...names].map((name) => name.toLowerCase())
  const allowed = new Set(all)
  const named = new Set(origins.map((origin) => origin.toLowerCase()))
  const isNamedOrigin = (origin: string | undefined): boolean => origin !== undefined && named.has(origin.toLowerCase())
  return {
    foreign({ host = '', origin }) {
      const called = host.toLowerCase()
      if (!allowed.has(nameOf(called))) return { header: 'Host', expected: [...allowed].join(', '), actual: called }
      // The port counts: another program's pages on the same machine are foreign too.
      const own = origin?.toLowerCase().replace(/^https?:\/\//, '')
      if (origin === undefined || own === called || isNamedOrigin(origin)) return undefined
      return { header: 'Origin', expected: [called, ...named].join(', '), actual: origin.toLowerCase() }
    },
    isNamedOrigin,
  }
}

/** An origin as browsers send it, or undefined where a text is none: no path, no `*`, no `null`. */
export const parseOrigin = (text: string): string | undefined => {
  if (!/^[a-z][a-z0-9+.-]*:\/\/[^/\s*?#@]+\/?$/i.test(text) || !URL.canParse(text)) return undefined
  const { protocol, host, origin } = new URL(text)
  // Schemes of browsers' extensions have no origin in the sense of URL, but they are sent just so.
  return origin === 'null' ? `${protocol}//${host}` : origin
}
