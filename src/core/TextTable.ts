/**
 * Tables as text, the way that people bring them: in UTF-8 or UTF-16, with or without a byte order mark, separated by commas, semicolons
 * or tabs. What is plain is read; what could mean two things is left to the reader to refuse.
 */

/** The text of a file's bytes: UTF-16 where a byte order mark says so, else UTF-8; without the mark. */
export const decode = (bytes: Uint8Array): string => {
  const [first, second] = bytes
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(bytes)
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be').decode(bytes)
  return new TextDecoder('utf-8').decode(bytes)
}

const delimiters = [',', ';', '\t'] as const
export type Delimiter = (typeof delimiters)[number]

/** What separates the cells of a table: the one of which its first line has most outside of quotes; a comma where it has none. */
export const delimiterOf = (text: string): Delimiter => {
  const bare = (text.split(/\r?\n|\r/, 1)[0] ?? '').replace(/"[^"]*"/g, '')
  const count = (delimiter: string): number => bare.split(delimiter).length - 1
  return delimiters.reduce((best, next) => (count(next) > count(best) ? next : best))
}

/**
 * A decimal number as plain text with a point, or undefined where it is none or could be two. In a table that is separated by commas a comma
 * groups digits (`1,234.5`); in one that is separated otherwise a single comma is a decimal one, unless three digits follow it alone.
 * @example plainDecimal('1,234.5', ',') // '1234.5'
 */
export const plainDecimal = (text: string, delimiter: Delimiter): string | undefined => {
  if (/^\d+(\.\d+)?$/.test(text)) return text
  if (/^\d{1,3}(,\d{3})+\.\d+$/.test(text)) return text.replaceAll(',', '')
  if (delimiter === ',') return /^\d{1,3}(,\d{3})+$/.test(text) ? text.replaceAll(',', '') : undefined
  return /^\d+,(\d{1,2}|\d{4,})$/.test(text) ? text.replace(',', '.') : undefined
}
