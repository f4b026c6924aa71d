/** Real requests to begin from, each of which changes nothing when it comes again or is refused as it stands. */
import type { Deployment } from '../../../src/chain/Deployment.ts'
import * as Digest from '../../../src/crypto/Digest.ts'
import * as Member from '../../../test/src/support/Member.ts'
import type { Sample } from './Cases.ts'

const word: `0x${string}` = `0x${'5a'.repeat(32)}`
const later = '4000000000'

const post = (path: string, body: unknown): Sample => ({ method: 'POST', path, body })
const get = (path: string): Sample => ({ method: 'GET', path })

/** Messages of the right form, with signatures over something else. */
const signedBy = (deployment: Deployment, poor: Member.Member, account: string): Sample[] => {
  const asset = deployment.dollar.asset
  const { address } = poor
  const signature = poor.sign(word)
  const owned = { asset, account: address, to: address, nonce: '0', deadline: later, signature }
  return [
    post('/v1/deposits', {
      asset,
      from: address,
      account: address,
      owner: `0x${'0'.repeat(40)}`,
      amount: '5',
      validAfter: '0',
      validBefore: later,
      salt: word,
      signature,
    }),
    post('/v1/withdrawals', { ...owned, amount: '5' }),
    post('/v1/exits', owned),
    post('/v1/owners', { account, owner: address, signature }),
    post('/v1/budgets', {
      account,
      asset,
      sequence: '1',
      perPayment: '5',
      perDay: '5',
      total: '5',
      validUntil: later,
      signature,
    }),
    post('/v1/readings', {
      meter: address,
      timestamp: '5',
      energyMilliWh: '5',
      computeUnits: '0',
      detail: word,
      signature,
    }),
    post('/v1/meters', {
      meter: address,
      owner: address,
      kind: 1,
      capacityWatts: '5',
      marginBps: 0,
      startMilliWh: '0',
      startComputeUnits: '0',
      region: word,
      vintage: word,
      signature,
    }),
  ]
}

const reads = (account: string): Sample[] => [
  get(`/v1/accounts/${account}`),
  get(`/v1/accounts/${account}/statement?after=0&limit=10`),
  get(`/v1/payments/${word}`),
  get(`/v1/events?account=${account}&after=0`),
  get('/v1/status'),
  get('/v1/ledger'),
  get('/metrics'),
]

/** @param paid an accepted payment as it was sent; `account` one that has money */
export const from = (deployment: Deployment, paid: object, account: string): Sample[] => {
  const asset = deployment.dollar.asset
  const domain = Digest.domain(deployment.chainId, deployment.clearingHouse)
  const poor = Member.create('poor', { domain, asset })
  const text = (value: unknown): unknown =>
    JSON.parse(JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? String(part) : part)))
  const unpaid = Array.from({ length: 3 }, () => text(poor.pay({ to: account as `0x${string}`, amount: 7n })))
  const { address } = poor
  const terms = {
    seller: address,
    buyer: account,
    creditAsset: deployment.energyCredit.asset,
    credits: '5',
    dollarAsset: asset,
    price: '6',
    salt: word,
  }
  const paying = [
    post('/v1/payments', paid),
    post('/v1/payments', unpaid[0]),
    post('/v1/payments', [paid, ...unpaid]),
    post('/v1/orders', { terms, payment: unpaid[0] }),
  ]
  return [...paying, ...signedBy(deployment, poor, account), ...reads(account)]
}
