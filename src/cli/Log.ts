/**
 * The service's log: one line of JSON an event, on stderr. Nothing secret is meant to get there; but errors of other libraries quote what
 * they were given, so every line is looked over once more before it leaves.
 */
import { type Logger, pino } from 'pino'
import * as Secrets from '../core/Secrets.ts'

/** 64 bytes and more in hex are a signature or a signed transaction. Hashes, addresses and ids are shorter. */
const long = /(0x)?[0-9a-f]{128,}/gi
const bearer = /bearer\s+[^\s"\\]+/gi

/** Takes out what must not be read: the secrets themselves, and whatever has the form of one. */
export const scrubber = (secrets: readonly string[]): ((line: string) => string) => {
  const named = secrets.map((secret) => secret.replace(/^0x/, '')).filter((secret) => secret.length >= 8)
  const known = named.map((secret) => secret.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  const own = known.length === 0 ? undefined : new RegExp(`(0x)?(${known.join('|')})`, 'gi')
  return (line) => {
    const without = Secrets.scrub(own === undefined ? line : line.replace(own, '[secret]'))
    return without.replace(long, '[long hex]').replace(bearer, '[token]')
  }
}

export const create = (level: string, secrets: readonly string[]): Logger => {
  const scrub = scrubber(secrets)
  return pino({ level, base: null, hooks: { streamWrite: scrub } }, pino.destination({ dest: 2, sync: true }))
}
