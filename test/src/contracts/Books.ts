/** The books that both models write in, and how a model refuses: by the name of the contract's error. */

export type Address = `0x${string}`

/** Why a function is refused: the error's name, and its arguments as far as they can be known. */
export class Refused extends Error {
  override readonly name = 'Refused'
  readonly error: string
  readonly values: readonly unknown[]
  constructor(error: string, ...values: readonly unknown[]) {
    super(error)
    this.error = error
    this.values = values
  }
}

/** @throws {Refused} */
export const need = (condition: boolean, error: string, ...values: readonly unknown[]): void => {
  if (!condition) throw new Refused(error, ...values)
}

/** Numbers by name; what was never written is 0. */
export type Book = Map<string, bigint>
export const of = (book: Book, key: string): bigint => book.get(key) ?? 0n
export const add = (book: Book, key: string, amount: bigint): void => void book.set(key, of(book, key) + amount)

/** A key of a book: asset and account, or token and holder. */
export const at = (asset: string, account: string): string => `${asset} ${account}`

/** Everything that a clearing house keeps, and the tokens that it is kept in. */
export interface House {
  readonly address: Address
  readonly windowSeconds: bigint
  readonly noticeSeconds: bigint
  now: bigint
  keys: { settlement: Address; credit: Address; cold: Address }
  readonly creditKeyUntil: Book
  readonly listed: Set<Address>
  readonly pool: Book
  readonly balance: Book
  readonly debited: Book
  readonly credited: Book
  readonly reserve: Book
  readonly release: Map<string, { amount: bigint; endsAt: bigint }>
  readonly nonce: Book
  readonly exit: Map<string, { to: Address; endsAt: bigint }>
  readonly setApart: Book
  readonly owner: Map<Address, Address>
  readonly ownerNonce: Book
  /** What each holder has of each token. */
  readonly tokens: Book
  readonly usedAuthorizations: Set<string>
}

/** Moves tokens; `before` is what a token does first (energy credits: what is owed is retired). */
export const move = (h: House, token: Address, from: string, to: string, amount: bigint, before = () => {}): void => {
  before()
  const held = of(h.tokens, at(token, from))
  need(held >= amount, 'ERC20InsufficientBalance', undefined, held, amount)
  add(h.tokens, at(token, from), -amount)
  add(h.tokens, at(token, to), amount)
}
