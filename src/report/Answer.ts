/** A scenario's question and what a run says to it: every figure with where it comes from. */

/** Measured in this run, computed from what was, taken from a publication, or assumed. */
export type Basis = 'measured' | 'computed' | 'published' | 'assumed'

/** A figure that went in. */
export interface Parameter {
  readonly name: string
  readonly value: string
  readonly basis: Basis
  /** Who says so, or why it was chosen. */
  readonly source: string
}

/** A figure that came out. */
export interface Finding {
  readonly name: string
  readonly value: string
  readonly basis: Basis
}

export interface Answer {
  readonly question: string
  readonly parameters: readonly Parameter[]
  readonly findings: readonly Finding[]
  /** The answer in a few sentences. */
  readonly conclusion: string
}
