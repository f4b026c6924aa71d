/**
 * Recovery by the unit: a second implementation that keeps each single atomic unit of each total and what is known of it. Slow, and too
 * simple to be wrong in the same way as `core/Recovery`, which keeps stretches.
 */
import type { RecoveredRecord } from '../../../src/core/Record.ts'

type Unit = 'known' | 'gap' | 'paidOut'

interface Account {
  /** Unit n of a total stands at n − 1. */
  readonly debits: Unit[]
  readonly credits: Unit[]
  /** Credited on top, because its stretch had been given away. */
  again: number
  withheld: number
  balance: number
  debited: number
  credited: number
}

const count = (units: readonly Unit[], unit: Unit): number => units.filter((one) => one === unit).length

export const create = () => {
  const accounts = new Map<string, Account>()
  const of = (name: string): Account => {
    const found = accounts.get(name) ?? {
      ...{ debits: [], credits: [], again: 0, withheld: 0 },
      ...{ balance: 0, debited: 0, credited: 0 },
    }
    accounts.set(name, found)
    return found
  }
  const extend = (units: Unit[], to: number, unit: Unit): void => {
    while (units.length < to) units.push(unit)
  }
  const setAside = (a: Account): number => count(a.credits, 'gap') + a.withheld
  const spendable = (a: Account): number =>
    a.balance + a.credits.length - setAside(a) - a.credited - (a.debits.length - a.debited)

  return {
    of,
    spendable,
    setAside,
    pay(payer: string, payee: string, amount: number): void {
      extend(of(payer).debits, of(payer).debits.length + amount, 'known')
      extend(of(payee).credits, of(payee).credits.length + amount, 'known')
    },
    chain(name: string, slot: { balance: number; debited: number; credited: number }): void {
      const account = of(name)
      Object.assign(account, slot)
      extend(account.debits, slot.debited, 'gap')
      extend(account.credits, slot.credited, 'paidOut')
    },
    recover({ payer, payee, ...record }: RecoveredRecord): void {
      const [amount, total, creditTotal] = [record.amount, record.total, record.creditTotal].map(Number) as [
        number,
        number,
        number,
      ]
      const [from, to] = [of(payer), of(payee)]
      let spent = 0
      extend(from.debits, total - amount, 'gap')
      for (let unit = total - amount; unit < total; unit++) {
        if (from.debits[unit] === 'known') spent++
        from.debits[unit] = 'known'
      }
      const had = Math.max(0, spendable(from))
      from.withheld += Math.min(spent, had)
      extend(to.credits, creditTotal - amount, 'gap')
      let again = 0
      for (let unit = creditTotal - amount; unit < creditTotal; unit++) {
        if (to.credits[unit] === 'known') again++
        to.credits[unit] = 'known'
      }
      extend(to.credits, to.credits.length + again, 'known')
    },
    /** What payees may spend beyond what payers were charged. */
    unbacked(): number {
      let sum = 0
      for (const account of accounts.values()) sum += account.credits.length - setAside(account) - account.debits.length
      return sum
    },
    names: () => accounts.keys(),
  }
}
