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
}

/** A network: how it charges, and its figures by name. */
export interface Network {
  /** Short and lower case, as in reports. */
  readonly name: string
  readonly title: string
  /** `ethereum`: gas × (base fee + tip). `opStack`: that and the fees for data on Ethereum and for the operator. */
  readonly rule: 'ethereum' | 'opStack'
  readonly figures: Readonly<Record<string, Figure>>
}
