/**
 * Judges mutants in a process of its own, because a mutant may loop or take the process with it: compiles what the change touches, runs
 * the tests from the fastest to the most patient, and stops at the first that fails.
 */
import { readFileSync } from 'node:fs'
import type { Artifact, ArtifactId } from '@nomicfoundation/edr'
import * as Compile from '../solidity/Compile.ts'
import * as Suite from '../solidity/Suite.ts'

/** What the parent process says at first. */
export interface Start {
  readonly artifactsFile: string
  readonly settings: object
}

export interface Task {
  readonly file: string
  readonly content: string
}

/**
 * invalid: no contract any more. same: the same code, so nothing was changed. killed: a test failed. survived: none did.
 */
export interface Verdict {
  readonly outcome: 'invalid' | 'same' | 'killed' | 'survived'
  readonly by?: string
  /** How long compiling and testing took. */
  readonly compileMs?: number
  readonly testMs?: number
}

const slowSuites = ['OrderTest', 'ClearingInvariants', 'EnergyInvariants']

const start = JSON.parse(process.argv[2] ?? '{}') as Start
const artifacts = JSON.parse(readFileSync(start.artifactsFile, 'utf8')) as Artifact[]
const imports = new Map(
  [...Suite.contractFiles(), ...Suite.testFiles()].map((file) => [file, Object.keys(Compile.collect([file]))]),
)

process.on('message', (task: Task) => {
  judge(task).then(
    (verdict) => process.send?.(verdict),
    (error: unknown) => {
      console.error(error)
      process.exit(1)
    },
  )
})
process.send?.('ready')

async function judge(task: Task): Promise<Verdict> {
  const began = Date.now()
  let fresh: Artifact[]
  try {
    fresh = Suite.artifactsOf(touchedBy(task.file, task.content), { [task.file]: task.content }, start.settings)
  } catch (error) {
    if (error instanceof Compile.CompileError) return { outcome: 'invalid' }
    throw error
  }
  const changed = new Map(fresh.map((artifact) => [keyOf(artifact.id), artifact]))
  const mutated = artifacts.map((artifact) => changed.get(keyOf(artifact.id)) ?? artifact)
  if (mutated.every((artifact, index) => codeOf(artifact) === codeOf(artifacts[index]))) return { outcome: 'same' }

  const compiled = Date.now()
  const verdict = await test(mutated)
  return { ...verdict, compileMs: compiled - began, testMs: Date.now() - compiled }
}

async function test(mutated: readonly Artifact[]): Promise<Verdict> {
  const suites = Suite.suitesOf(mutated)
  const isSlow = ({ name }: ArtifactId) => slowSuites.includes(name)
  const [fast, slow] = [suites.filter((id) => !isSlow(id)), suites.filter(isSlow)]
  const rounds = [
    { ids: fast, fuzzRuns: 24, invariantRuns: 1, gasLimit: 1n << 28n },
    { ids: slow, fuzzRuns: 16, invariantRuns: 1, gasLimit: 1n << 32n },
    { ids: suites, fuzzRuns: 256, invariantRuns: 4, gasLimit: 1n << 34n },
  ]
  for (const { ids, ...options } of rounds) {
    const [failure] = await Suite.run(mutated, ids, { ...options, depth: 160 })
    if (failure) return { outcome: 'killed', by: `${failure.suite}.${failure.test}` }
  }
  return { outcome: 'survived' }
}

/**
 * What has to be compiled again: the contracts that the file is part of, and, where it is a library that tests call directly, those
 * tests. All other tests deploy the compiled contracts and know no more of them than their interfaces.
 */
function touchedBy(file: string, content: string): string[] {
  const isLibrary = /^library /m.test(content)
  return [...imports]
    .filter(([user]) => imports.get(user)?.includes(file))
    .filter(([user]) => user.startsWith('contracts/') || (isLibrary && importsDirectly(user, file)))
    .map(([user]) => user)
}

function importsDirectly(user: string, file: string): boolean {
  return Compile.importsOf(user, readFileSync(`${Compile.root}/${user}`, 'utf8')).includes(file)
}

function keyOf({ source, name }: ArtifactId): string {
  return `${source}:${name}`
}

function codeOf(artifact: Artifact | undefined): string | undefined {
  return artifact?.contract.bytecode
}
