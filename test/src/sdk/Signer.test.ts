/** viem accounts, ethers signers and private keys sign alike, and what is not one's own signature is never sent. */
import { HDNodeWallet, Wallet } from 'ethers'
import { privateKeyToAccount } from 'viem/accounts'
import { describe, expect, test } from 'vitest'
import type { AmountAtomic } from '../../../src/core/Amount.ts'
import type { Address, Hex } from '../../../src/core/Payment.ts'
import * as Signature from '../../../src/crypto/Signature.ts'
import * as Signer from '../../../src/sdk/Signer.ts'
import * as TypedData from '../../../src/sdk/TypedData.ts'
import fixture from '../../fixtures/digests.json' with { type: 'json' }
import { key } from './FakeService.ts'

const domain = TypedData.domain(31337, fixture.clearingHouse as Address)
const [a, b] = [fixture.token as Address, fixture.energyMeter as Address]
const word = fixture.credits.root as Hex

const limits = { perPayment: 2n as AmountAtomic, perDay: 3n as AmountAtomic, total: 4n as AmountAtomic }

const messages: { readonly [K in TypedData.Kind]: TypedData.Messages[K] } = {
  Debit: { asset: a, total: 5n, history: word },
  Withdraw: { asset: a, account: b, to: a, amount: 1n, nonce: 2n, deadline: 3n },
  Exit: { asset: a, account: b, to: a, nonce: 2n, deadline: 3n },
  Owner: { account: a, owner: b, nonce: 0n },
  Budget: { account: a, asset: b, sequence: 1n, ...limits, validUntil: 5n },
  Order: { account: a, side: 1, slot: 2n, energyMilliWh: 3n, limitAtomicPerKwh: 4n, nonce: 5n, via: b },
  Reading: { meter: a, timestamp: 1n, energyMilliWh: 2n, computeUnits: 3n, detail: word },
  Approval: {
    meter: a,
    owner: b,
    kind: 1,
    capacityWatts: 5000n,
    marginBps: 1000,
    startMilliWh: 0n,
    startComputeUnits: 0n,
    region: word,
    vintage: word,
  },
  Delivery: { owner: a, toClearing: true, accountOwner: b, nonce: 0n },
  ReceiveWithAuthorization: { from: a, to: b, value: 1n, validAfter: 0n, validBefore: 2n, nonce: word },
  TransferWithAuthorization: { from: a, to: b, value: 1n, validAfter: 0n, validBefore: 2n, nonce: word },
}
const kinds = Object.keys(messages) as TypedData.Kind[]

describe('Signer.from', () => {
  test.each(kinds)('behavior: %s is signed alike by a key, a viem account and an ethers signer', async (kind) => {
    const privateKey = key(77)
    const accounts = [privateKey, privateKeyToAccount(privateKey), new Wallet(privateKey)]
    const signers = await Promise.all(accounts.map(Signer.from))
    const signatures = await Promise.all(signers.map((signer) => signer.sign(kind, domain, messages[kind])))
    expect(new Set(signatures).size).toBe(1)
    expect(signatures[0]).toMatch(/^0x[0-9a-f]{128}$/)
    const digest = TypedData.digest(kind, domain, messages[kind])
    expect(Signature.recover(digest, signatures[0] as Hex)).toBe(Signature.addressOf(privateKey))
    expect(new Set(signers.map(({ address }) => address))).toEqual(new Set([Signature.addressOf(privateKey)]))
  })

  test('behavior: a key signs at once, without a promise', async () => {
    const signer = await Signer.from(key(1))
    expect(typeof signer.sign('Debit', domain, messages.Debit)).toBe('string')
  })

  test('behavior: a mnemonic’s wallet and a signer of one’s own are accounts too', async () => {
    const phrase = 'test test test test test test test test test test test junk'
    const ethers = await Signer.from(HDNodeWallet.fromPhrase(phrase))
    expect(ethers.address).toBe('0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266')
    expect(await Signer.from(ethers)).toBe(ethers)
  })

  test('behavior: a wallet’s 65 bytes with v of 0 or 1 are taken', async () => {
    const account = privateKeyToAccount(key(5))
    const signer = await Signer.from({
      address: account.address,
      signTypedData: async (typed: never) => {
        const signature = await account.signTypedData(typed)
        return `${signature.slice(0, -2)}${signature.endsWith('1b') ? '00' : '01'}` as Hex
      },
    })
    expect(await signer.sign('Debit', domain, messages.Debit)).toBe(
      await (await Signer.from(key(5))).sign('Debit', domain, messages.Debit),
    )
  })

  test('error: a wallet that signs with another key, or not at all', async () => {
    const { address } = privateKeyToAccount(key(5))
    const other = privateKeyToAccount(key(6))
    const wrong = await Signer.from({ address, signTypedData: other.signTypedData })
    await expect(wrong.sign('Debit', domain, messages.Debit)).rejects.toThrow(Signer.SignerMismatchError)
    const contract = await Signer.from({ address, signTypedData: async () => `0x${'00'.repeat(65)}` as Hex })
    await expect(contract.sign('Debit', domain, messages.Debit)).rejects.toMatchObject({ code: 'SL643' })
    const odd = await Signer.from({ address, signTypedData: async () => '0x1234' as Hex })
    await expect(odd.sign('Debit', domain, messages.Debit)).rejects.toMatchObject({ code: 'SL321' })
  })

  test('behavior: a private key is one without 0x too, in any case, and with the new line of its file', async () => {
    const text = key(0xabc).slice(2)
    const { address } = Signer.fromKey(key(0xabc))
    for (const each of [text, text.toUpperCase(), `0X${text}`, `${text}\n`])
      expect((await Signer.from(each)).address).toBe(address)
  })

  test('error: neither key nor account', async () => {
    for (const account of [undefined, null, 5, {}, { address: '0x12' }, []])
      await expect(Signer.from(account as never)).rejects.toMatchObject({ code: 'SL642' })
    await expect(Signer.from('0x1234')).rejects.toMatchObject({ code: 'SL320' })
  })
})
