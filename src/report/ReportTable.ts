/** A table of a report: the same for the terminal, Markdown and the page. */

/** A table: a title, its columns, its rows. */
export interface Table {
  readonly title: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
  /** Columns whose figures stand right, counted from 0. */
  readonly right: readonly number[]
}
