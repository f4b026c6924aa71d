/** Wallets that pay by `exact`, and write their signatures in every form that wallets use. */
import * as X402 from '../../../src/core/X402.ts'
import * as Digest from '../../../src/crypto/Digest.ts'
import * as Signature from '../../../src/crypto/Signature.ts'
import { tokensOf } from './Chain.ts'
import * as Member from './Member.ts'
import type { Street } from './Shop.ts'

const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n

/** One signature, 65 bytes with a low s and v 27 or 28, in other forms. */
export const forms = {
  usual: (signature: string) => signature,
  'v 0 or 1': (signature: string) => `${signature.slice(0, 130)}0${signature.endsWith('1c') ? 1 : 0}`,
  'high s': (signature: string) => {
    const s = (order - BigInt(`0x${signature.slice(66, 130)}`)).toString(16).padStart(64, '0')
    return `${signature.slice(0, 66)}${s}${signature.endsWith('1c') ? '1b' : '1c'}`
  },
  'high s and v 0 or 1': (signature: string) => forms['v 0 or 1'](forms['high s'](signature)),
  'EIP-2098': (signature: string) => Signature.compact(signature),
  'upper case': (signature: string) => `0x${signature.slice(2).toUpperCase()}`,
}

let names = 0

export const walletOf = async (street: Street, amount = 1_000_000n) => {
  const { dollar } = street.deployed.deployment
  const member = Member.create(`paywall wallet ${++names}`)
  if (amount > 0n) await street.service.faucet(member.address, amount as never)
  const domain = Digest.domain(31337, dollar.asset, dollar.name, dollar.version)
  const sign = (accepted: X402.Requirements, form: keyof typeof forms = 'usual', validBefore = Member.later) => {
    const authorization = {
      ...{ from: member.address, to: accepted.payTo as never, value: BigInt(accepted.amount), validAfter: 0n },
      ...{ validBefore, nonce: Member.reference() },
    }
    const signature = Signature.expand(member.sign(Digest.transferAuthorization(domain, authorization)))
    const text = Object.fromEntries(Object.entries(authorization).map(([name, value]) => [name, String(value)]))
    return { signature: forms[form](signature), authorization: text }
  }
  return {
    address: member.address,
    sign,
    /** PAYMENT-SIGNATURE for what a 402 asks. */
    pay(required: X402.Required, form: keyof typeof forms = 'usual'): string {
      const accepted = required.accepts.find(({ scheme }) => scheme === 'exact') as X402.Requirements
      return X402.encode({ x402Version: 2, resource: required.resource, accepted, payload: sign(accepted, form) })
    },
    balance: () => tokensOf(street.chain.client, dollar.asset, member.address),
  }
}
