/**
 * The Solidity compiler in this process: sources with everything that they import, and what it makes of them. Tools that compile many
 * times, or something other than what lies on the disk, need no Hardhat project for it.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'

export const root = path.join(import.meta.dirname, '..', '..')

/** Text by the name that it is imported under. */
export type Sources = Record<string, { content: string }>

export interface Compiled {
  readonly abi: readonly AbiItem[]
  readonly evm: {
    readonly bytecode: { readonly object: string }
    readonly deployedBytecode: { readonly object: string }
  }
}

export interface AbiItem {
  readonly type: string
  readonly name?: string
}

interface Complaint {
  readonly severity: string
  readonly formattedMessage: string
  readonly sourceLocation?: { readonly file: string }
}

export interface Output {
  readonly errors?: readonly Complaint[]
  /** By source name, by contract name. */
  readonly contracts?: Record<string, Record<string, Compiled>>
  readonly sources?: Record<string, { readonly ast: unknown }>
}

/** What the compiler refused, in its own words. */
export class CompileError extends Error {
  override readonly name = 'CompileError'
  /** In which sources, as far as it says. */
  readonly files: readonly string[]
  constructor(complaints: readonly Complaint[]) {
    super(complaints.map(({ formattedMessage }) => formattedMessage).join('\n'))
    this.files = complaints.flatMap(({ sourceLocation }) => (sourceLocation ? [sourceLocation.file] : []))
  }
}

/** The files and everything that they import; `replaced` stands in for what lies on the disk. */
export const collect = (files: readonly string[], replaced: Readonly<Record<string, string>> = {}): Sources => {
  const sources: Sources = {}
  const queue = [...files]
  for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
    if (sources[file]) continue
    const content = replaced[file] ?? read(file)
    sources[file] = { content }
    queue.push(...importsOf(file, content))
  }
  return sources
}

/** By which names a source imports others. */
export const importsOf = (file: string, content: string): string[] =>
  [...content.matchAll(importPattern)].map(([, , imported = '']) => resolved(file, imported))

const importPattern = /^(import\s[^;]*?")([^"]+)(?=";)/gm

const resolved = (file: string, imported: string): string =>
  imported.startsWith('.') ? new URL(imported, `file:///${file}`).pathname.slice(1) : imported

/** The source with its imports under other names. */
export const withImports = (file: string, content: string, rename: (file: string) => string): string =>
  content.replaceAll(importPattern, (_, before, imported) => `${before}${rename(resolved(file, imported))}`)

/** Packages do not change while a tool runs. */
const packageFiles = new Map<string, string>()

const read = (file: string): string => {
  if (!file.startsWith('@')) return readFileSync(path.join(root, file), 'utf8')
  const known = packageFiles.get(file)
  if (known !== undefined) return known
  const content = readFileSync(path.join(root, 'node_modules', file), 'utf8')
  packageFiles.set(file, content)
  return content
}

type OutputSelection = Record<string, Record<string, readonly string[]>>

/** @throws {CompileError} with everything that the compiler says is wrong */
export const compile = (sources: Sources, settings: object, outputSelection: OutputSelection): Output => {
  const solc = createRequire(import.meta.url)('solc') as { compile(input: string): string }
  const input = { language: 'Solidity', sources, settings: { ...settings, outputSelection } }
  const output = JSON.parse(solc.compile(JSON.stringify(input))) as Output
  const errors = (output.errors ?? []).filter(({ severity }) => severity === 'error')
  if (errors.length > 0) throw new CompileError(errors)
  return output
}
