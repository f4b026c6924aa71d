/**
 * Tables as text, the way that people bring them: in UTF-8 or UTF-16, with or without a byte order mark, separated by commas, semicolons
 * or tabs. What is plain is read; what could mean two things is left to the reader to refuse.
 */

/** What encoding a text's first bytes say: UTF-16 with its mark or, as every other byte is zero, without; else UTF-8. */
export const encodingOf = ([first = -1, second = -1]: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' => {
  if ((first === 0xff && second === 0xfe) || (second === 0 && first > 0)) return 'utf-16le'
  if ((first === 0xfe && second === 0xff) || (first === 0 && second > 0)) return 'utf-16be'
  return 'utf-8'
}

/**
 * The text of a file's bytes, without a byte order mark. What is neither UTF-16 nor UTF-8 is read by the Windows code page, in which only names
 * could be meant otherwise.
 */
export const decode = (bytes: Uint8Array): string => {
  try {
    return new TextDecoder(encodingOf(bytes), { fatal: true }).decode(bytes)
  } catch {
    return new TextDecoder('windows-1252').decode(bytes)
  }
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
