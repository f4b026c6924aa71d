/** The shape of a network's data: a rule and its figures. The data itself lies in `networks/`, what is reckoned with it in `Networks`. */

/** Where a figure comes from (MEASURES): counted in this run, worked out, published with a source, or assumed on a date. */
export type Basis = 'measured' | 'computed' | 'published' | 'assumed'

/** One figure of a network. */
export interface Figure {
  /** Decimal text. */
  readonly value: string
  readonly unit: string
  readonly basis: Basis
  /** Of the reading or the assumption, YYYY-MM-DD. */
  readonly date: string
  readonly source: string
  /** Where the figure moves: what is low and what is high for it, in the same unit. Left out: it does not move, or nobody says how. */
  readonly low?: string
  readonly high?: string
}

/**
 * How a network charges. By gas, for whatever is executed: `ethereum` gas × (base fee + tip); `opStack` that and the fees for data on
 * Ethereum and for the operator; `arbitrum` that and data by Brotli length; `dollarGas` gas × a price in dollars. In its own way, for one payment:
 * `signature` a fee a signature; `bytes` a fee a byte; `percent` a percentage and a fixed fee. `hub`: channels with a hub and a fee per payment (`Published`).
 */
export type Rule = 'ethereum' | 'opStack' | 'arbitrum' | 'dollarGas' | 'signature' | 'bytes' | 'percent' | 'hub'

/** A network: how it charges, and its figures by name. */
export interface Network {
  /** Short and lower case, as in reports. */
  readonly name: string
  readonly title: string
  readonly rule: Rule
  readonly figures: Readonly<Record<string, Figure>>
  /** What a reader of its fees should know. */
  readonly note?: string
}
