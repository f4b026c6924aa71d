/**
 * Judges mutants in a process of its own, because a mutant may loop or take the process with it: compiles what the change touches, runs
 * the tests from the likeliest and fastest to the most patient, and stops at the first that fails. What no test notices is compiled as
 * it is for a chain, too: where the optimised code is the same, there was nothing to notice.
 */
import type { Artifact } from '@nomicfoundation/edr'
import * as Ending from '../../src/cli/Ending.ts'
import * as Compile from '../solidity/Compile.ts'
import * as Suite from '../solidity/Suite.ts'
import { codeOf, hashOf, Imports, isSlow, keyOf, nameOf, read, rounds } from './Base.ts'
import * as Together from './Together.ts'

/** What the parent process says at first: where the compiled base lies. */
export interface Start {
  readonly base: string
}

/** Changes of one file: they are compiled together, and then judged when they are asked for, one after the other. */
export interface Batch {
  readonly file: string
  readonly contents: readonly string[]
}

export interface Task {
  /** Of the batch that was sent last. */
  readonly index: number
  /** Suites, the likeliest to notice first. */
  readonly order: readonly string[]
  /** Known to change something that nobody can notice, so it need not be compiled as for a chain. */
  readonly explained: boolean
}

/**
 * invalid: no contract any more. same: the same code on a chain, so nothing was changed. killed: a test failed. survived: none did.
 */
export interface Verdict {
  readonly outcome: 'invalid' | 'same' | 'killed' | 'survived'
  readonly by?: string
  /** How long compiling and testing took. */
  readonly compileMs?: number
  readonly testMs?: number
}

const start = JSON.parse(process.argv[2] ?? '{}') as Start
const artifacts = read(start.base)
let batch: Batch = { file: '', contents: [] }
let compiled: (Artifact[] | undefined)[] = []
let compileMs = 0
const imports = new Imports()
/** Many a change comes to the same code as another: what became of it is known. */
const known = new Map<string, Verdict>()
/** The contracts as a chain has them, by the files that were compiled together. */
const onChain = new Map<string, string>()

// Ctrl-C goes to the whole group of processes; the parent says when to end.
process.on('SIGINT', () => undefined)
process.on('message', (message: Batch | Task) => {
  const answer = 'contents' in message ? take(message) : judge(message)
  answer.then(
    (result) => process.send?.(result),
    (error: unknown) => {
      console.error(error)
      void Ending.end(1)
    },
  )
})
process.on('disconnect', () => void Ending.end(0))
process.send?.('ready')

async function take(given: Batch): Promise<'ready'> {
  batch = given
  const began = Date.now()
  compiled = Together.compile(given.file, given.contents, imports, Suite.settings)
  compileMs = Math.round((Date.now() - began) / given.contents.length)
  return 'ready'
}

async function judge({ index, order, explained }: Task): Promise<Verdict> {
  const fresh = compiled[index]
  if (!fresh) return { outcome: 'invalid' }
  const changed = new Map(fresh.map((artifact) => [keyOf(artifact.id), artifact]))
  const mutated = artifacts.map((artifact) => changed.get(keyOf(artifact.id)) ?? artifact)
  const different = mutated.filter((artifact, position) => codeOf(artifact) !== codeOf(artifacts[position]))
  if (different.length === 0) return { outcome: 'same' }

  const began = Date.now()
  const code = hashOf(different.map((artifact) => [artifact.id, codeOf(artifact)]))
  const verdict = known.get(code) ?? (await test(mutated, order))
  known.set(code, verdict)
  const isSame = verdict.outcome === 'survived' && !explained && (await isSameOnChain(batch.contents[index] ?? ''))
  return { ...verdict, ...(isSame && { outcome: 'same' }), compileMs, testMs: Date.now() - began }
}

async function test(mutated: readonly Artifact[], order: readonly string[]): Promise<Verdict> {
  const rank = ({ name }: { name: string }) => (order.includes(name) ? order.indexOf(name) : order.length)
  const suites = Suite.suitesOf(mutated)
    .filter((suite) => imports.concerns(suite, batch.file))
    .sort((one, other) => rank(one) - rank(other))
  for (const round of rounds) {
    for (const speed of ['fast', 'slow'] as const) {
      for (const suite of suites.filter((id) => isSlow(id) === (speed === 'slow'))) {
        const [failure] = await Suite.run(mutated, [suite], round[speed])
        if (failure) return { outcome: 'killed', by: nameOf(failure) }
      }
    }
  }
  return { outcome: 'survived' }
}

/** Of libraries nothing is deployed but what contracts take in of them. */
async function isSameOnChain(content: string): Promise<boolean> {
  const { file } = batch
  const { contracts } = await import('../../hardhat.config.ts')
  const files = imports.contractsWith(file)
  const codes = (replaced: Record<string, string>) =>
    Suite.artifactsOf(files, replaced, contracts.settings)
      .map((artifact) => `${keyOf(artifact.id)} ${codeOf(artifact)}`)
      .sort()
      .join('\n')
  const key = files.join(' ')
  const original = onChain.get(key) ?? codes({})
  onChain.set(key, original)
  try {
    return codes({ [file]: content }) === original
  } catch (error) {
    if (error instanceof Compile.CompileError) return false
    throw error
  }
}
