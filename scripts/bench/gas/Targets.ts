/** What each operation may cost, and where it costs more, why. */

export const targets: { readonly [operation: string]: number } = {
  'settle.payer': 11_000,
  'settle.payee': 6_400,
  'settle.both': 12_300,
  'settle.W2': 120,
  'settle.W3': 1_250,
  'settle.single': 46_000,
  'deposit.new': 95_000,
  'deposit.known': 78_000,
  'deposit.single.new': 95_000,
  'deposit.single.known': 78_000,
  withdraw: 55_000,
  'reading.fleet': 13_500,
  'reading.fleet.p256': 19_000,
  'reading.owners': 20_500,
  'life.W2': 1_150,
  'life.W2.single': 1_150,
}

/** What a reader has to know to compare a figure with others. */
export const notes: { readonly [operation: string]: string } = {
  'deposit.new': 'one of a hundred in a transaction (depositMany); alone it is deposit.single.new',
  'deposit.known': 'one of a hundred in a transaction (depositMany); alone it is deposit.single.known',
  'life.W2': 'the hundred deposits are one transaction; with a transaction each it is life.W2.single',
}

/** So many selectors stand before the house's function and before the token's. */
const dispatch = (house: number, token: number): string =>
  `the compiler compares selectors one after the other (22 gas each; ${house} in the house and ${token} in the token before the ones that count)`
const alone = `two readings of the token's balance around the transfer (1 100, of which the floor has none), the lock against entering twice (300), and computing: ${dispatch(32, 21)}, some 3 000 for arguments and calls in the house, some 1 500 in the token`

/** Shown only where a target is missed. */
export const obstacles: { readonly [operation: string]: string } = {
  'deposit.single.new': alone,
  'deposit.single.known': alone,
  withdraw: `a settlement key and an owner that can be replaced are two cold reads, which the floor has; above it are the lock (300) and \
computing: ${dispatch(36, 14)}, some 2 000 in the house, some 400 in the token`,
  'reading.owners':
    'a wallet, an owner and a device are three slots and a Transfer, which the floor has; above it are 200 for a supply that is written with \
each mint, 300 for minting otherwise, and 2 000 for reading, hashing and judging a reading and closing its owner’s run',
  'life.W2.single': 'a hundred deposits into new accounts, a transaction each, are nine tenths of it',
}
