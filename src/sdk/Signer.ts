/**
 * Who signs: a viem account, an ethers signer or a private key, behind one interface. A private key signs natively and at once (about
 * 50 µs); a wallet is shown typed data, and what it returns is checked against its own address before anything is sent, because a
 * contract wallet's or a wrong key's signature would recover to a stranger.
 */
import { SunledgerError } from '../core/Errors.ts'
import type { Address, Hex } from '../core/Payment.ts'
import * as Signature from '../crypto/Signature.ts'
import * as TypedData from './TypedData.ts'

/** A viem `LocalAccount` (`privateKeyToAccount`, `mnemonicToAccount`, `toAccount`), structurally. */
export interface ViemAccount {
  readonly address: Hex
  readonly signTypedData: (parameters: never) => Promise<Hex>
}

/** An ethers v6 `Signer` (`Wallet`, `JsonRpcSigner`, …), structurally. */
export interface EthersSigner {
  readonly getAddress: () => Promise<string>
  readonly signTypedData: (domain: never, types: never, value: never) => Promise<string>
}

/** Whatever can sign for an account: 64 hex digits (0x or not), a viem account, an ethers signer, or a `Signer`. */
export type AccountLike = string | ViemAccount | EthersSigner | Signer

/** Signs Sunledger's messages. Signatures are 64 bytes (EIP-2098), lower case. */
export interface Signer {
  readonly address: Address
  sign<K extends TypedData.Kind>(kind: K, domain: TypedData.Domain, message: TypedData.Messages[K]): Hex | Promise<Hex>
}

/**
 * A signer from whatever can sign.
 * @throws {KeyInvalidError} the text is no private key
 * @throws {AccountInvalidError} neither key nor account nor signer
 * @example const signer = await Signer.from(privateKeyToAccount(generatePrivateKey()))
 */
export const from = async (account: AccountLike): Promise<Signer> => {
  if (typeof account === 'string') return fromKey(account)
  if (typeof account !== 'object' || account === null) throw new AccountInvalidError(typeof account)
  const { getAddress, signTypedData, sign } = account as unknown as { readonly [name: string]: unknown }
  if (typeof getAddress === 'function' && typeof signTypedData === 'function')
    return fromEthers(account as EthersSigner)
  const hasAddress = 'address' in account && isAddress(account.address)
  if (hasAddress && typeof signTypedData === 'function') return fromViem(account as ViemAccount)
  if (hasAddress && typeof sign === 'function') return account as Signer
  throw new AccountInvalidError(`an object with ${Object.keys(account).slice(0, 5).join(', ') || 'no keys'}`)
}

/** A signer from a private key, with 0x or without; synchronous throughout. @throws {KeyInvalidError} */
export const fromKey = (privateKey: Hex | string): Signer => {
  const key = keyOf(privateKey)
  return {
    address: Signature.addressOf(key),
    sign: (kind, domain, message) => Signature.sign(TypedData.digest(kind, domain, message), key),
  }
}

/** Many tools write keys without 0x, and files end with a new line. */
const keyOf = (text: string): Hex => {
  const digits = typeof text === 'string' ? text.trim().replace(/^0x/i, '') : ''
  return `0x${digits.toLowerCase()}`
}

/** What a wallet is shown. */
interface Shown {
  readonly domain: ReturnType<typeof TypedData.walletDomain>
  readonly types: { readonly [kind: string]: readonly TypedData.Field[] }
  readonly primaryType: TypedData.Kind
  readonly message: TypedData.Messages[TypedData.Kind]
}

const fromWallet = (address: Address, ask: (shown: Shown) => Promise<string>): Signer => ({
  address,
  async sign(kind, domain, message) {
    const answer = await ask({
      domain: TypedData.walletDomain(domain),
      types: { [kind]: TypedData.fields(kind) },
      primaryType: kind,
      message,
    })
    if (typeof answer !== 'string') throw new SignerMismatchError(address, undefined)
    const signature = Signature.compact(answer)
    const by = Signature.recover(TypedData.digest(kind, domain, message), signature)
    if (by !== address) throw new SignerMismatchError(address, by)
    return signature
  },
})

// The parameters are `never` in the structural types so that any version's own types fit; what is passed is what both libraries document.
const fromViem = (account: ViemAccount): Signer =>
  fromWallet(account.address.toLowerCase() as Address, (shown) => account.signTypedData(shown as never))

const fromEthers = async (signer: EthersSigner): Promise<Signer> => {
  const address = await signer.getAddress()
  if (!isAddress(address)) throw new AccountInvalidError('a signer without an address')
  return fromWallet(address.toLowerCase() as Address, ({ domain, types, message }) =>
    signer.signTypedData(domain as never, types as never, message as never),
  )
}

const isAddress = (text: unknown): text is string => typeof text === 'string' && /^0x[0-9a-f]{40}$/i.test(text)

/** What was given can sign nothing. */
export class AccountInvalidError extends SunledgerError {
  override readonly name = 'AccountInvalidError'
  constructor(actual: string) {
    super('SL642', 'Not an account that can sign.', {
      expected: 'a private key (0x and 64 hex digits), a viem account with signTypedData, or an ethers v6 signer',
      actual,
    })
  }
}

/** A wallet returned a signature that is not its own address's. */
export class SignerMismatchError extends SunledgerError {
  override readonly name = 'SignerMismatchError'
  constructor(expected: Address, actual: Address | undefined) {
    super('SL643', 'The signature is not the account’s own.', {
      expected,
      actual: actual ?? 'no signature of anybody',
      hint: 'Contract accounts (ERC-1271) cannot pay; use a key of its own for each machine, and bind an owner to it.',
    })
  }
}
