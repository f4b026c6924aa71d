/**
 * What mutants are compared with: contracts and tests as they are, compiled once and kept while their text stays as it is. The tests must
 * pass before a change can be found by their failing.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Artifact, ArtifactId } from '@nomicfoundation/edr'
import * as Compile from '../solidity/Compile.ts'
import * as Suite from '../solidity/Suite.ts'

/** Fuzzing that takes most of the time is asked last. */
const slowSuites = ['OrderTest', 'ClearingInvariants', 'EnergyInvariants']
export const isSlow = ({ name }: { readonly name: string }): boolean => slowSuites.includes(name)

/** How patiently a mutant's tests look: two rounds, each of the fast suites and then of the slow ones. */
export const rounds: readonly Readonly<Record<'fast' | 'slow', Suite.Options>>[] = [
  {
    fast: { fuzzRuns: 24, invariantRuns: 1, depth: 160, gasLimit: 1n << 28n },
    slow: { fuzzRuns: 16, invariantRuns: 1, depth: 160, gasLimit: 1n << 32n },
  },
  {
    fast: { fuzzRuns: 160, invariantRuns: 1, depth: 160, gasLimit: 1n << 34n },
    slow: { fuzzRuns: 48, invariantRuns: 2, depth: 160, gasLimit: 1n << 34n },
  },
]

/** The clearing house, the meter and the tokens; `peers` is of the cost study and holds nobody's money. */
export const ownFiles = (): string[] => Suite.contractFiles().filter(isOwn)
export const ownTests = (): string[] => Suite.testFiles().filter(isOwn)
const isOwn = (file: string): boolean => !file.includes('contracts/peers/')

/** Where the compiled base lies. Compiles and tests it where that has not been done yet. */
export const prepare = async (folder: string, say: (text: string) => void): Promise<string> => {
  const files = [...ownFiles(), ...ownTests()]
  const sources = Compile.collect(files)
  const file = path.join(folder, `base-${hashOf(sources, Suite.settings)}.json`)
  if (existsSync(file)) return file
  say('compiling contracts and tests')
  const artifacts = Suite.artifactsOf(files)
  for (const round of rounds) {
    for (const speed of ['fast', 'slow'] as const) {
      const suites = Suite.suitesOf(artifacts).filter((id) => isSlow(id) === (speed === 'slow'))
      const [failure] = await Suite.run(artifacts, suites, round[speed])
      if (failure) throw new Error(`${nameOf(failure)} fails on the contracts as they are: ${failure.reason}`)
    }
  }
  mkdirSync(folder, { recursive: true })
  writeFileSync(file, JSON.stringify(artifacts))
  return file
}

export const read = (file: string): Artifact[] => JSON.parse(readFileSync(file, 'utf8')) as Artifact[]

export const nameOf = ({ suite, test }: Suite.Failure): string => `${suite}.${test}`

export const hashOf = (...parts: unknown[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32)

export const keyOf = ({ source, name }: ArtifactId): string => `${source}:${name}`

export const codeOf = (artifact: Artifact | undefined): string | undefined => artifact?.contract.bytecode

/**
 * Who imports what, through however many files. What a suite does not import it cannot have deployed either: contracts are deployed by
 * helpers that return them by their type.
 */
export class Imports {
  private readonly closures: ReadonlyMap<string, ReadonlySet<string>>

  private readonly direct: ReadonlyMap<string, readonly string[]>

  constructor() {
    const files = [...ownFiles(), ...ownTests()]
    const direct = new Map<string, string[]>()
    for (const [file, { content }] of Object.entries(Compile.collect(files))) {
      direct.set(file, Compile.importsOf(file, content))
    }
    this.direct = direct
    this.closures = new Map([...direct.keys()].map((file) => [file, closureOf(file, direct)]))
  }

  /** Whether the one is or imports the other. */
  contains(user: string, file: string): boolean {
    return this.closures.get(user)?.has(file) ?? false
  }

  /** Contracts that the file is part of, itself too. */
  contractsWith(file: string): string[] {
    return ownFiles().filter((user) => this.contains(user, file))
  }

  /**
   * What has to be compiled again with the file: contracts and, where it is a library that tests call directly, those tests. All other
   * tests deploy the compiled contracts and know no more of them than their interfaces.
   */
  compiledWith(file: string): string[] {
    const isLibrary = /^library /m.test(readFileSync(path.join(Compile.root, file), 'utf8'))
    const direct = isLibrary ? ownTests().filter((user) => this.direct.get(user)?.includes(file)) : []
    return [...this.contractsWith(file), ...direct]
  }

  /** Tests that can notice a change of the file. */
  concerns({ source }: ArtifactId, file: string): boolean {
    return this.contains(source, file)
  }
}

const closureOf = (file: string, direct: ReadonlyMap<string, readonly string[]>): Set<string> => {
  const closure = new Set<string>()
  const queue = [file]
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (closure.has(next)) continue
    closure.add(next)
    queue.push(...(direct.get(next) ?? []))
  }
  return closure
}
