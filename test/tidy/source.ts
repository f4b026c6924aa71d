/**
 * The project's source files, read once and parsed. The tidy test asks them what they import, how long their functions are and which
 * words they use; asking a parser and not a regular expression means that a comment or a string never counts as code.
 */
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { type Node, type ParseResult, parseSync } from 'oxc-parser'

export const root = path.join(import.meta.dirname, '..', '..')

/** A place in the sources, as editors understand it: `src/core/Amount.ts:12`. */
export type Place = string

export interface Source {
  /** Path from the root, with forward slashes. */
  readonly file: string
  readonly text: string
  readonly lines: number
  readonly parsed: ParseResult
}

export interface FoundFunction {
  readonly place: Place
  /** Its own lines: a function inside it counts for itself, so that one which only makes others (`describe`) is as long as it reads. */
  readonly lines: number
}

/** Generated files follow no style. */
const generated = /^src\/chain\/abi\//

/** All sources of ours below some folders; `.` stands for the root's own files. */
export function sourcesIn(...folders: readonly string[]): Source[] {
  const patterns = folders.map((folder) => (folder === '.' ? '*.ts' : `${folder}/**/*.{ts,mjs}`))
  return globSync(patterns, { cwd: root })
    .map((file) => file.replaceAll(path.sep, '/'))
    .filter((file) => !generated.test(file))
    .sort()
    .map(read)
}

const known = new Map<string, Source>()

function read(file: string): Source {
  const before = known.get(file)
  if (before !== undefined) return before
  const text = readFileSync(path.join(root, file), 'utf8')
  const parsed = parseSync(file, text)
  if (parsed.errors.length > 0) throw new SyntaxError(`${file}: ${parsed.errors[0]?.message}`)
  const source = { file, text, lines: text.trimEnd().split('\n').length, parsed }
  known.set(file, source)
  return source
}

export function placeOf(source: Source, offset: number): Place {
  return `${source.file}:${lineAt(source, offset)}`
}

function lineAt({ text }: Source, offset: number): number {
  return text.slice(0, offset).split('\n').length
}

/** Everything that a file imports or passes on: from where, and where it says so. Types count: they are dependencies too. */
export function importsOf(source: Source): { from: string; place: Place }[] {
  const { staticImports, staticExports, dynamicImports } = source.parsed.module
  const named = [
    ...staticImports.map((entry) => ({ from: entry.moduleRequest.value, start: entry.start })),
    ...staticExports.flatMap((entry) =>
      entry.entries.flatMap(({ moduleRequest }) =>
        moduleRequest === null ? [] : [{ from: moduleRequest.value, start: entry.start }],
      ),
    ),
    ...dynamicImports.map(({ moduleRequest, start }) => ({
      // The text between the parentheses, without its quotes where it is a plain string.
      from: source.text.slice(moduleRequest.start, moduleRequest.end).replace(/^['"`]|['"`]$/g, ''),
      start,
    })),
  ]
  return named.map(({ from, start }) => ({ from, place: placeOf(source, start) }))
}

/** The part of the house that a relative import leads to, or the package that another one names. */
export function targetOf(source: Source, from: string): { part: string } | { package: string } {
  if (!from.startsWith('.')) return { package: /^(@[^/]+\/)?[^/]+/.exec(from)?.[0] ?? from }
  return { part: partOf(path.posix.join(path.posix.dirname(source.file), from)) }
}

/** Files of ours that a file imports, as paths from the root. */
export function filesOf(source: Source): string[] {
  return importsOf(source)
    .filter(({ from }) => from.startsWith('.'))
    .map(({ from }) => path.posix.join(path.posix.dirname(source.file), from))
}

/** `core` for `src/core/Amount.ts`, `index.ts` for `src/index.ts`, `scripts` for what lies outside `src`. */
export function partOf(file: string): string {
  const [first = '', second = ''] = file.split('/')
  return first === 'src' ? second : first
}

/** Visits every node of a file, outermost first, and tells when it leaves one. */
export function walk(source: Source, enter: (node: Node) => void, leave?: (node: Node) => void): void {
  const step = (value: unknown): void => {
    if (Array.isArray(value)) {
      for (const item of value) step(item)
    } else if (isNode(value)) {
      enter(value)
      for (const child of Object.values(value)) step(child)
      leave?.(value)
    }
  }
  step(source.parsed.program)
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
}

/** `describe` for `describe`, `describe.each` and `describe.each(…)` alike. */
function nameOf(callee: Node): string | undefined {
  if (callee.type === 'Identifier') return callee.name
  if (callee.type === 'MemberExpression') return nameOf(callee.object)
  if (callee.type === 'CallExpression') return nameOf(callee.callee)
  return undefined
}

const functionTypes = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression'])

export function functionsOf(source: Source): FoundFunction[] {
  const found: FoundFunction[] = []
  /** For each function that is open, the lines of those inside it. */
  const inner: number[] = []
  walk(
    source,
    (node) => {
      if (functionTypes.has(node.type)) inner.push(0)
    },
    (node) => {
      if (!functionTypes.has(node.type)) return
      const further = lineAt(source, node.end) - lineAt(source, node.start)
      found.push({ place: placeOf(source, node.start), lines: further + 1 - (inner.pop() ?? 0) })
      // A function's first line is also its surroundings': only the further ones are its alone.
      if (inner.length > 0) inner.push((inner.pop() ?? 0) + further)
    },
  )
  return found
}

/** The error codes that a file's strings name; those in comments are only spoken of. */
export function errorCodesOf(source: Source): { code: string; place: Place }[] {
  const found: { code: string; place: Place }[] = []
  walk(source, (node) => {
    const text = node.type === 'Literal' ? node.value : node.type === 'TemplateElement' ? node.value.raw : undefined
    if (typeof text !== 'string') return
    for (const [code] of text.matchAll(/\bSL\d{3}\b/g)) found.push({ code, place: placeOf(source, node.start) })
  })
  return found
}

/** Where a file calls or passes on a member of an object such as `process.exit`. */
export function usesOf(source: Source, object: string, members: readonly string[]): Place[] {
  const found: Place[] = []
  walk(source, (node) => {
    if (node.type !== 'MemberExpression' || node.object.type !== 'Identifier' || node.object.name !== object) return
    const { property } = node
    const name = property.type === 'Identifier' ? property.name : property.type === 'Literal' ? property.value : ''
    if (members.includes(String(name))) found.push(placeOf(source, node.start))
  })
  return found
}

/** Names that a file imports from a module. */
export function namesFrom(source: Source, module: string): string[] {
  return source.parsed.module.staticImports
    .filter(({ moduleRequest }) => moduleRequest.value === module)
    .flatMap(({ entries }) => entries.map(({ importName }) => importName.name ?? '*'))
}

/** Tests that are switched off, or that switch all others off. */
export function switchedTestsOf(source: Source): Place[] {
  const found: Place[] = []
  walk(source, (node) => {
    if (node.type !== 'MemberExpression' || node.property.type !== 'Identifier') return
    if (!['only', 'skip', 'todo'].includes(node.property.name)) return
    if (['it', 'test', 'describe', 'suite', 'bench'].includes(nameOf(node.object) ?? '')) {
      found.push(placeOf(source, node.start))
    }
  })
  return found
}
