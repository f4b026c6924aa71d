/**
 * What must not be read in anything that leaves the process as text: keys, tokens, the parts of URLs that hold a provider's key. Who reads a
 * secret registers it here, once; errors, the log and crash traces are looked over for all of them, whatever library quoted one.
 */

const secrets = new Set<string>()
let pattern: RegExp | undefined

/** Shorter text would be found everywhere. */
const shortest = 4

const inPattern = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** Registers secrets; those too short to be any are left out. */
export const hide = (...found: readonly string[]): void => {
  for (const secret of found) if (secret.length >= shortest) secrets.add(secret)
  const longestFirst = [...secrets].sort((a, b) => b.length - a.length)
  pattern = longestFirst.length === 0 ? undefined : new RegExp(longestFirst.map(inPattern).join('|'), 'g')
}

/** The text without any of them. */
export const scrub = (text: string): string => (pattern === undefined ? text : text.replace(pattern, '[secret]'))
