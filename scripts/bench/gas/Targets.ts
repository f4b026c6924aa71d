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
  withdraw: 55_000,
  'reading.fleet': 13_500,
  'reading.fleet.p256': 19_000,
  'reading.owners': 20_500,
  'life.W2': 1_150,
}

const dispatch =
  'the compiler compares selectors one after the other (22 gas each), in the house and in the token, and checks every argument'

/** Shown only where a target is missed. */
export const obstacles: { readonly [operation: string]: string } = {
  'deposit.new': `what the token charges by ERC-3009 and three calls of it; ${dispatch}`,
  'deposit.known': `what the token charges by ERC-3009 and three calls of it; ${dispatch}`,
  withdraw: `a settlement key and an owner that can be replaced are two cold reads; ${dispatch}`,
  'reading.owners':
    'a wallet, an owner and a device are three slots and a Transfer; the rest is hashing, judging and minting each',
  'life.W2': 'a hundred deposits into new accounts are nine tenths of it',
}
