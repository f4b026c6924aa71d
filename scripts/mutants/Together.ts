/**
 * Compiles several mutants of one file at once: each has its own copies of the file and of all that imports it, and they share everything
 * else, which is most of what the compiler would otherwise read and check again for each of them.
 */
import type { Artifact } from '@nomicfoundation/edr'
import * as Compile from '../solidity/Compile.ts'
import * as Suite from '../solidity/Suite.ts'
import type { Imports } from './Base.ts'

/** @returns for each text of the file what its users compile to; undefined where the compiler refuses it */
export const compile = (
  file: string,
  contents: readonly string[],
  imports: Imports,
  settings: object,
): (Artifact[] | undefined)[] => {
  const users = imports.compiledWith(file)
  const original = Compile.collect(users)
  const copied = Object.keys(original).filter((name) => imports.contains(name, file))
  const results: (Artifact[] | undefined)[] = contents.map(() => undefined)
  let valid = contents.map((_, index) => index)
  while (valid.length > 0) {
    const sources = { ...original }
    for (const index of valid) {
      const rename = (name: string) => (copied.includes(name) ? copyOf(name, index) : name)
      for (const name of copied) {
        const content = name === file ? (contents[index] ?? '') : (original[name]?.content ?? '')
        sources[rename(name)] = { content: Compile.withImports(name, content, rename) }
      }
    }
    try {
      const names = valid.flatMap((index) => users.map((name) => copyOf(name, index)))
      for (const artifact of Suite.artifactsIn(sources, names, settings)) {
        const [, index, source] = /^copy(\d+)\/(.*)$/.exec(artifact.id.source) ?? []
        const own = { ...artifact, id: { ...artifact.id, source: source ?? '' } }
        results[Number(index)] = [...(results[Number(index)] ?? []), own]
      }
      return results
    } catch (error) {
      if (!(error instanceof Compile.CompileError)) throw error
      const refused = new Set(error.files.map((name) => Number(/^copy(\d+)\//.exec(name)?.[1] ?? -1)))
      const left = valid.filter((index) => !refused.has(index))
      // Where it does not say which copy it means, each is compiled by itself.
      if (left.length === valid.length) return eachAlone(file, contents, valid, imports, settings)
      valid = left
    }
  }
  return results
}

const eachAlone = (
  file: string,
  contents: readonly string[],
  valid: readonly number[],
  imports: Imports,
  settings: object,
): (Artifact[] | undefined)[] =>
  contents.map((content, index) => {
    if (!valid.includes(index) || valid.length === 1) return undefined
    return compile(file, [content], imports, settings)[0]
  })

const copyOf = (name: string, index: number): string => `copy${index}/${name}`
