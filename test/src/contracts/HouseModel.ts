/**
 * The clearing house as a page of arithmetic: what each function does to the books, and by which name it refuses. A judge of the contract,
 * written from its interface and not from its code: no slots, no packing, no bytes. A signature is the address that signed, or undefined
 * where what was signed is another message, so that nobody knows whom it recovers to.
 */

import { type Address, add, at, type House, move, need, of, Refused } from './Books.ts'

export interface Debit {
  readonly asset: Address
  readonly account: Address | undefined
  readonly total: bigint
  readonly digest: string
}

export interface Credit {
  readonly asset: Address
  readonly account: Address
  readonly total: bigint
  readonly debit: string
}

export interface Section {
  readonly asset: Address
  readonly debits: readonly { account: Address | undefined; total: bigint }[]
  readonly boths: readonly { account: Address | undefined; debitTotal: bigint; creditTotal: bigint }[]
  readonly credits: readonly { account: Address; total: bigint }[]
}

const zero: Address = `0x${'0'.repeat(40)}`
const mostBalance = 1n << 80n
const min = (a: bigint, b: bigint): bigint => (a < b ? a : b)
const excess = (total: bigint, settled: bigint): bigint => (total > settled ? total - settled : 0n)

// ------------------------------------------------------------------ money in

const takeDeposit = (h: House, asset: Address, account: Address, owner: Address, amount: bigint, pull: () => void) => {
  need(h.listed.has(asset), 'ClearingHouse_AssetNotListed', asset)
  need(account !== zero, 'ClearingHouse_ZeroAddress')
  need(amount > 0n, 'ClearingHouse_ZeroAmount')
  const bound = h.owner.get(account) ?? zero
  need(bound === owner, 'ClearingHouse_WrongOwner', owner, bound)
  pull()
  const balance = of(h.balance, at(asset, account)) + amount
  need(balance <= mostBalance, 'ClearingHouse_TooMuch', mostBalance, balance)
  h.balance.set(at(asset, account), balance)
}

type Retire = (from: Address) => void

export const deposit = (
  h: House,
  sender: Address,
  asset: Address,
  account: Address,
  owner: Address,
  amount: bigint,
  retire?: Retire,
): void =>
  takeDeposit(h, asset, account, owner, amount, () => move(h, asset, sender, h.address, amount, () => retire?.(sender)))

export interface Authorization {
  readonly from: Address
  readonly signer: Address | undefined
  readonly nonce: string
  readonly amount: bigint
}

export const depositWithAuthorization = (
  h: House,
  asset: Address,
  account: Address,
  owner: Address,
  a: Authorization,
): void =>
  takeDeposit(h, asset, account, owner, a.amount, () => {
    need(a.signer === a.from, 'ERC3009InvalidSignature')
    need(!h.usedAuthorizations.has(a.nonce), 'ERC3009UsedAuthorization')
    h.usedAuthorizations.add(a.nonce)
    move(h, asset, a.from, h.address, a.amount)
  })

export interface Deposit {
  readonly account: Address
  readonly owner: Address
  readonly authorization: Authorization
}

/** Each by itself: what is refused moves nothing. Returns what was taken in all. */
export const depositMany = (h: House, asset: Address, deposits: readonly Deposit[]): bigint => {
  need(h.listed.has(asset), 'ClearingHouse_AssetNotListed', asset)
  return deposits.reduce((sum, { account, owner, authorization }) => {
    // A nonce that is used stays used only where the deposit goes through: the token undoes what it refuses.
    const wasUsed = h.usedAuthorizations.has(authorization.nonce)
    try {
      depositWithAuthorization(h, asset, account, owner, authorization)
      return sum + authorization.amount
    } catch (error) {
      // A balance that would grow too great spoils the batch: by then the tokens have come.
      if (!(error instanceof Refused) || error.error === 'ClearingHouse_TooMuch') throw error
      if (!wasUsed) h.usedAuthorizations.delete(authorization.nonce)
      return sum
    }
  }, 0n)
}

export const fund = (h: House, sender: Address, asset: Address, amount: bigint): void => {
  need(h.listed.has(asset), 'ClearingHouse_AssetNotListed', asset)
  need(amount > 0n, 'ClearingHouse_ZeroAmount')
  move(h, asset, sender, h.address, amount)
  add(h.pool, asset, amount)
}

// ---------------------------------------------------------------- settlement

const settleDebit = (h: House, asset: Address, account: Address, total: bigint): bigint => {
  const key = at(asset, account)
  const moved = min(excess(total, of(h.debited, key)), of(h.balance, key))
  add(h.balance, key, -moved)
  add(h.debited, key, moved)
  add(h.pool, asset, moved)
  return moved
}

const pay = (h: House, asset: Address, account: Address, amount: bigint): void => {
  add(h.balance, at(asset, account), amount)
  add(h.credited, at(asset, account), amount)
}

const settleCredit = (h: House, asset: Address, account: Address, total: bigint): void => {
  const due = excess(total, of(h.credited, at(asset, account)))
  if (due > of(h.pool, asset)) return
  pay(h, asset, account, due)
  add(h.pool, asset, -due)
}

/** Paid in first and taken out afterwards, and never a pool below 0: where that would be, the credit waits. */
const settleBoth = (h: House, asset: Address, account: Address, debitTotal: bigint, creditTotal: bigint): void => {
  const key = at(asset, account)
  const earned = excess(creditTotal, of(h.credited, key))
  const paid = min(excess(debitTotal, of(h.debited, key)), of(h.balance, key) + earned)
  if (of(h.pool, asset) + paid < earned) return void settleDebit(h, asset, account, debitTotal)
  pay(h, asset, account, earned)
  add(h.pool, asset, -earned)
  settleDebit(h, asset, account, debitTotal)
}

export const settle = (h: House, sender: Address, sections: readonly Section[]): void => {
  for (const { asset, debits, boths, credits } of sections) {
    if (!h.listed.has(asset)) continue
    need(sender === h.keys.settlement, 'ClearingHouse_NotSettlementKey', h.keys.settlement, sender)
    for (const { account, total } of debits) if (account) settleDebit(h, asset, account, total)
    for (const b of boths) if (b.account) settleBoth(h, asset, b.account, b.debitTotal, b.creditTotal)
    for (const { account, total } of credits) settleCredit(h, asset, account, total)
  }
}

export const collect = (h: House, debit: Debit, credit: Credit, signer: Address | undefined): bigint => {
  need(h.listed.has(debit.asset), 'ClearingHouse_AssetNotListed', debit.asset)
  need(credit.debit === debit.digest, 'ClearingHouse_DebitNotAccepted', debit.digest, credit.debit)
  need(credit.asset === debit.asset, 'ClearingHouse_WrongAsset', debit.asset, credit.asset)
  need(signer === h.keys.credit, 'ClearingHouse_WrongCreditKey', h.keys.credit, signer)
  return settleDebit(h, debit.asset, debit.account as Address, debit.total)
}

export const redeem = (h: House, { asset, account, total }: Credit, signer: Address | undefined): [bigint, bigint] => {
  const current = signer === h.keys.credit
  const counts = current || (signer !== undefined && h.now < of(h.creditKeyUntil, signer))
  need(counts, 'ClearingHouse_WrongCreditKey', h.keys.credit, signer)
  const due = excess(total, of(h.credited, at(asset, account)))
  const fromReserve = min(due, of(h.reserve, at(asset, account)))
  const fromPool = current ? min(due - fromReserve, of(h.pool, asset)) : 0n
  add(h.reserve, at(asset, account), -fromReserve)
  add(h.pool, asset, -fromPool)
  pay(h, asset, account, fromReserve + fromPool)
  return [fromReserve, fromPool]
}

// ------------------------------------------------------------ pool, reserves

const onlySettlementKey = (h: House, sender: Address): void =>
  need(sender === h.keys.settlement, 'ClearingHouse_NotSettlementKey', h.keys.settlement, sender)

const onlyColdKey = (h: House, sender: Address): void =>
  need(sender === h.keys.cold, 'ClearingHouse_NotColdKey', h.keys.cold, sender)

const takeFromPool = (h: House, asset: Address, amount: bigint): void => {
  need(amount > 0n, 'ClearingHouse_ZeroAmount')
  need(amount <= of(h.pool, asset), 'ClearingHouse_InsufficientPool', of(h.pool, asset), amount)
  add(h.pool, asset, -amount)
}

export const drain = (h: House, sender: Address, asset: Address, to: Address, amount: bigint): void => {
  onlyColdKey(h, sender)
  takeFromPool(h, asset, amount)
  move(h, asset, h.address, to, amount)
}

export const reserve = (h: House, sender: Address, asset: Address, account: Address, amount: bigint): void => {
  onlySettlementKey(h, sender)
  takeFromPool(h, asset, amount)
  add(h.reserve, at(asset, account), amount)
}

export const release = (h: House, sender: Address, asset: Address, account: Address, amount: bigint): void => {
  onlySettlementKey(h, sender)
  need(amount > 0n, 'ClearingHouse_ZeroAmount')
  const reserved = of(h.reserve, at(asset, account))
  need(amount <= reserved, 'ClearingHouse_InsufficientReserve', reserved, amount)
  h.release.set(at(asset, account), { amount, endsAt: h.now + h.noticeSeconds })
}

export const finalizeRelease = (h: House, asset: Address, account: Address): bigint => {
  const announced = h.release.get(at(asset, account))
  if (!announced) throw new Refused('ClearingHouse_NoRelease')
  need(h.now >= announced.endsAt, 'ClearingHouse_NoticeRunning', announced.endsAt, h.now)
  h.release.delete(at(asset, account))
  const amount = min(announced.amount, of(h.reserve, at(asset, account)))
  add(h.reserve, at(asset, account), -amount)
  add(h.pool, asset, amount)
  return amount
}

// ------------------------------------------------------------------- leaving

/** Who signs for an account. */
export const ownerOf = (h: House, account: Address): Address => h.owner.get(account) ?? account

const checkOwner = (h: House, account: Address, signer: Address | undefined): void =>
  need(signer === ownerOf(h, account), 'ClearingHouse_WrongSigner', ownerOf(h, account), signer)

export interface Leaving {
  readonly asset: Address
  readonly account: Address
  readonly to: Address
  readonly deadline: bigint
  readonly signer: Address | undefined
}

export const withdraw = (h: House, sender: Address, amount: bigint, w: Leaving): void => {
  onlySettlementKey(h, sender)
  need(w.to !== zero, 'ClearingHouse_ZeroAddress')
  need(amount > 0n, 'ClearingHouse_ZeroAmount')
  need(h.now <= w.deadline, 'ClearingHouse_Expired', w.deadline, h.now)
  checkOwner(h, w.account, w.signer)
  const balance = of(h.balance, at(w.asset, w.account))
  need(amount <= balance, 'ClearingHouse_InsufficientBalance', balance, amount)
  add(h.nonce, at(w.asset, w.account), 1n)
  add(h.balance, at(w.asset, w.account), -amount)
  move(h, w.asset, h.address, w.to, amount)
}

export const requestExit = (h: House, { asset, account, to, deadline, signer }: Leaving): void => {
  need(to !== zero, 'ClearingHouse_ZeroAddress')
  need(h.now <= deadline, 'ClearingHouse_Expired', deadline, h.now)
  const running = h.exit.get(at(asset, account))
  need(running === undefined, 'ClearingHouse_ExitRunning', running?.endsAt)
  checkOwner(h, account, signer)
  add(h.nonce, at(asset, account), 1n)
  h.exit.set(at(asset, account), { to, endsAt: h.now + h.windowSeconds })
}

export const finalizeExit = (h: House, asset: Address, account: Address): bigint => {
  const exit = h.exit.get(at(asset, account))
  if (!exit) throw new Refused('ClearingHouse_NoExit')
  need(h.now >= exit.endsAt, 'ClearingHouse_WindowOpen', exit.endsAt, h.now)
  h.exit.delete(at(asset, account))
  const amount = of(h.balance, at(asset, account))
  h.balance.set(at(asset, account), 0n)
  add(h.setApart, at(asset, exit.to), amount)
  return amount
}

export const draw = (h: House, asset: Address, to: Address): bigint => {
  const amount = of(h.setApart, at(asset, to))
  need(amount > 0n, 'ClearingHouse_NothingSetApart')
  h.setApart.set(at(asset, to), 0n)
  move(h, asset, h.address, to, amount)
  return amount
}

export const bindOwner = (h: House, account: Address, owner: Address, signer: Address | undefined): void => {
  need(owner !== zero, 'ClearingHouse_ZeroAddress')
  checkOwner(h, account, signer)
  h.owner.set(account, owner)
  add(h.ownerNonce, account, 1n)
  for (const key of h.exit.keys()) if (key.endsWith(account)) h.exit.delete(key)
}

export const replaceKeys = (h: House, sender: Address, keys: House['keys']): void => {
  onlyColdKey(h, sender)
  need(![keys.settlement, keys.credit, keys.cold].includes(zero), 'ClearingHouse_ZeroAddress')
  if (keys.credit !== h.keys.credit) h.creditKeyUntil.set(h.keys.credit, h.now + h.noticeSeconds)
  h.keys = keys
}
