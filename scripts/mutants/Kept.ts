/**
 * Verdicts of earlier runs, one a line, written as they are found: a run that was ended goes on where it was, and after a change only
 * what is in functions that were changed is judged again. A mutant that was killed stays killed while its function is what it was and the
 * test that killed it is there; one that survived has to face every test that is new. What changes elsewhere do to it `--again` asks.
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { Artifact, ArtifactId } from '@nomicfoundation/edr'
import * as Suite from '../solidity/Suite.ts'
import { codeOf, hashOf, Imports } from './Base.ts'
import type { Mutant } from './Mutate.ts'
import { reasons } from './Summary.ts'
import type { Verdict } from './worker.ts'

interface Line {
  readonly file: string
  readonly key: string
  readonly basis: string
  readonly verdict: Verdict
}

export class Kept {
  private readonly file: string
  private readonly lines = new Map<string, Line>()
  private readonly imports = new Imports()
  /** Hash of a suite's code, and the file that it stands in, by its name. */
  private readonly suites: ReadonlyMap<string, { readonly id: ArtifactId; readonly code: string }>
  /** `Suite.test`, as failures name them. */
  private readonly tests: ReadonlySet<string>

  constructor(file: string, artifacts: readonly Artifact[]) {
    this.file = file
    const suites = new Set(Suite.suitesOf(artifacts).map(({ name }) => name))
    this.suites = new Map(
      artifacts
        .filter(({ id }) => suites.has(id.name))
        .map((artifact) => [artifact.id.name, { id: artifact.id, code: hashOf(codeOf(artifact)) }]),
    )
    this.tests = new Set(
      artifacts
        .filter(({ id }) => suites.has(id.name))
        .flatMap(({ id, contract }) =>
          [...contract.abi.matchAll(/"name":"(\w+)"/g)].map(([, name]) => `${id.name}.${name}`),
        ),
    )
    if (!existsSync(file)) return
    for (const text of readFileSync(file, 'utf8').split('\n')) {
      const line = lineOf(text)
      if (line) this.lines.set(`${line.file} ${line.key}`, line)
    }
  }

  /** What was found, where it still holds. */
  verdictOn(mutant: Mutant): Verdict | undefined {
    const line = this.lines.get(`${mutant.file} ${mutant.key}`)
    if (line?.basis !== this.basisOf(mutant, line?.verdict)) return undefined
    return this.isThere(line?.verdict.by) ? line?.verdict : undefined
  }

  /** Which suite killed the mutant once, whether or not that still holds. */
  lastKiller(mutant: Mutant): string | undefined {
    return this.lines.get(`${mutant.file} ${mutant.key}`)?.verdict.by?.split('.')[0]
  }

  add(mutant: Mutant, verdict: Verdict): void {
    const { file, key } = mutant
    const line = { file, key, basis: this.basisOf(mutant, verdict), verdict }
    mkdirSync(path.dirname(this.file), { recursive: true })
    appendFileSync(this.file, `${JSON.stringify(line)}\n`)
    this.lines.set(`${file} ${key}`, line)
  }

  private isThere(killer: string | undefined): boolean {
    return !killer?.includes('.') || this.tests.has(killer.replace(/\(.*$/, ''))
  }

  private basisOf({ file, key, changed }: Mutant, verdict: Verdict | undefined): string {
    // What nobody could notice no new test will notice.
    const isOpen = verdict?.outcome === 'survived' && !(key in reasons)
    return hashOf(changed, isOpen ? this.testsOf(file) : '')
  }

  private testsOf(file: string): string {
    const concerned = [...this.suites.values()].filter(({ id }) => this.imports.concerns(id, file))
    return hashOf(concerned.map(({ id, code }) => [id.name, code]))
  }
}

/** The last line may be cut off. */
const lineOf = (text: string): Line | undefined => {
  try {
    return JSON.parse(text) as Line
  } catch {
    return undefined
  }
}
