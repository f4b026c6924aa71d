/**
 * Requests to this machine itself go to it, also where Node has been told to use a proxy (`NODE_USE_ENV_PROXY`): a proxy could not reach
 * them, and has no business with them. Node reads `NO_PROXY` for each request, so that is where it is said.
 */
const names = ['localhost', '127.0.0.1', '[::1]', '::1']

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host) || host.endsWith('.localhost')

/** Keeps a request to a loopback address away from proxies. */
export const keepDirect = ({ hostname }: URL): void => {
  if (typeof process === 'undefined' || process.env['NODE_USE_ENV_PROXY'] === undefined || !isLoopback(hostname)) return
  // Both spellings are read, the lower one first.
  const name = process.env['no_proxy'] === undefined ? 'NO_PROXY' : 'no_proxy'
  const present = (process.env[name] ?? '').split(/[\s,]+/).filter(Boolean)
  const missing = [...names, hostname].filter((host) => !present.includes(host) && !present.includes('*'))
  if (missing.length > 0) process.env[name] = [...present, ...missing].join(',')
}
