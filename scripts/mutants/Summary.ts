/** What came of the mutants: how many were killed, who survived, and which of those are explained. */
import { readFileSync } from 'node:fs'
import type { Mutant } from './Mutate.ts'
import type { Verdict } from './worker.ts'

export interface Judged extends Mutant, Verdict {}

export interface Scope {
  /** How many mutants there are, of which those judged are a sample. */
  readonly of: number
  readonly seed: number
  /** All mutants of all files were judged, so an explanation without its survivor is stale. */
  readonly whole: boolean
}

export interface Summary {
  readonly scope: Scope
  readonly judged: readonly Judged[]
  readonly killed: number
  /** No change at all: they do not compile, or compile to the same code. */
  readonly void: number
  readonly explained: readonly { readonly mutant: Judged; readonly why: string }[]
  readonly survivors: readonly Judged[]
  readonly stale: readonly string[]
  /** Ways that conditions can turn out, and those of them that a test notices. */
  readonly branches: { readonly of: number; readonly proven: number }
}

const leastKilled = 0.95

/** Why nobody could notice a mutant, by its key. */
export const reasons = JSON.parse(readFileSync(new URL('explained.json', import.meta.url), 'utf8')) as Record<
  string,
  string
>

export const of = (judged: readonly Judged[], scope: Scope): Summary => {
  const survived = judged.filter(({ outcome }) => outcome === 'survived')
  const branches = judged.filter(({ branch, outcome }) => branch && outcome !== 'invalid' && outcome !== 'same')
  const keys = new Set(survived.map(({ key }) => key))
  return {
    scope,
    judged,
    killed: judged.filter(({ outcome }) => outcome === 'killed').length,
    void: judged.filter(({ outcome }) => outcome === 'invalid' || outcome === 'same').length,
    explained: survived.flatMap((mutant) => {
      const why = reasons[mutant.key]
      return why === undefined ? [] : [{ mutant, why }]
    }),
    survivors: survived.filter(({ key }) => reasons[key] === undefined),
    branches: { of: branches.length, proven: branches.filter(({ outcome }) => outcome === 'killed').length },
    stale: scope.whole ? Object.keys(reasons).filter((key) => !keys.has(key)) : [],
  }
}

/** Killed of all that changed anything and could be noticed. */
export const share = ({ killed, survivors }: Summary): number => killed / Math.max(1, killed + survivors.length)

/** Killed of all that changed anything. */
export const shareOfAll = ({ killed, survivors, explained }: Summary): number =>
  killed / Math.max(1, killed + survivors.length + explained.length)

export const isGood = (summary: Summary): boolean =>
  share(summary) >= leastKilled && summary.survivors.length === 0 && summary.stale.length === 0

export const toText = (summary: Summary): string => {
  const { scope, judged, killed, explained, survivors, stale, branches } = summary
  const alive = killed + explained.length + survivors.length
  const lines = [
    ...explained.map(({ mutant, why }) => `explained: ${placeOf(mutant)}\n           ${why}`),
    ...survivors.map((mutant) => `survived:  ${placeOf(mutant)}`),
    ...stale.map((key) => `stale:     ${key} is explained, and is not among the survivors`),
    `${judged.length} mutants judged of ${scope.of}${judged.length < scope.of ? `, seed ${scope.seed}` : ''}; ` +
      `${summary.void} changed nothing; of the other ${alive}:`,
    `${killed} killed (${percent(shareOfAll(summary))}), ${survivors.length} survived, ${explained.length} explained`,
    `${percent(share(summary))} killed of those that could be noticed`,
    `branches: a test notices ${branches.proven} of ${branches.of} ways that conditions can turn out`,
  ]
  return `${lines.join('\n')}\n`
}

export const toJson = (summary: Summary): string =>
  `${JSON.stringify(
    {
      version: 1,
      ...summary.scope,
      judged: summary.judged.length,
      void: summary.void,
      killed: summary.killed,
      survived: summary.survivors.map(entryOf),
      explained: summary.explained.map(({ mutant, why }) => ({ ...entryOf(mutant), why })),
      stale: summary.stale,
      branches: summary.branches,
      verdicts: summary.judged.map((mutant) => {
        const { branch, outcome, by, compileMs, testMs } = mutant
        return { ...entryOf(mutant), branch, outcome, by, compileMs, testMs }
      }),
    },
    undefined,
    2,
  )}\n`

const entryOf = ({ file, line, key }: Mutant) => ({ place: `${file}:${line}`, mutant: key })

const placeOf = ({ file, line, key }: Mutant): string => `${file}:${line} ${key}`

const percent = (value: number): string => `${(100 * value).toFixed(1)} %`
