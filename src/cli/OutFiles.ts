/**
 * Files that results are written to. What is in the folder already and is not, to the byte, what an earlier command of ours wrote there is
 * somebody's own: it is kept beside, under another name, and that is said. `.sunledger-files` says what ours wrote.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const hashOf = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex')

const listIn = (folder: string): string => join(folder, '.sunledger-files')

/** The SHA-256 of each file by name. A list that cannot be read knows none, so everything is kept. */
const written = (folder: string): { [name: string]: string } => {
  try {
    return { ...JSON.parse(readFileSync(listIn(folder), 'utf8')) }
  } catch {
    return {}
  }
}

const freeName = (path: string): string => {
  for (let i = 1; ; i++) {
    const name = `${path}.before-${i}`
    if (!existsSync(name)) return name
  }
}

/**
 * Writes a file of results.
 * @param name within the folder, also below another one in it
 * @param say told where somebody's own file is kept
 */
export const write = (
  folder: string,
  name: string,
  text: string,
  say: (text: string) => void = (line) => process.stderr.write(`${line}\n`),
): void => {
  const path = join(folder, name)
  mkdirSync(dirname(path), { recursive: true })
  const known = written(folder)
  if (existsSync(path) && hashOf(readFileSync(path)) !== known[name]) {
    const kept = freeName(path)
    renameSync(path, kept)
    say(`${path} was not written by Sunledger, or was changed since; it is kept as ${kept}`)
  }
  writeFileSync(path, text)
  writeFileSync(listIn(folder), `${JSON.stringify({ ...known, [name]: hashOf(text) }, null, 1)}\n`)
}
