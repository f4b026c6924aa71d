/** What an economy's part of the report is made from: what the run observed, what the journal says, and what the study beside it found. */
import type { Settlement } from '../core/Record.ts'
import type * as Bills from './Bills.ts'

/** A slot as the run published it; quantities of the slot. */
export interface Slot {
  readonly slot: number
  readonly clockSeconds: number
  readonly priceAtomicPerKwh: bigint
  /** Undefined where nothing was sold. */
  readonly clearingPriceAtomicPerKwh: bigint | undefined
  readonly producedMilliWh: bigint
  readonly importedMilliWh: bigint
  readonly consumedMilliWh: bigint
  readonly soldMilliWh: bigint
  readonly missingMilliWh: bigint
  readonly curtailedMilliWh: bigint
  readonly neededMilliWh: bigint
  readonly unmetMilliWh: bigint
  readonly computeMilliWh: bigint
  readonly batteryMilliWh: bigint
  readonly payments: number
  readonly valueAtomic: bigint
  readonly tasksDone: number
  readonly tasksUnpowered: number
  readonly tasksUnaffordable: number
  readonly jobsBought: number
  readonly jobsUnpowered: number
  readonly jobsUnaffordable: number
}

/** A signed order of the market, in the order of arrival in its slot. */
export interface Order {
  readonly slot: bigint
  readonly place: number
  /** Whose it is, and its account. */
  readonly name: string
  readonly account: string
  /** Who takes the credits that it buys. */
  readonly via: string
  /** 1 buys, 2 sells. */
  readonly side: number
  readonly energyMilliWh: bigint
  readonly limitAtomicPerKwh: bigint
  readonly nonce: bigint
  readonly filledMilliWh: bigint
  readonly signature: string
}

/** A figure over several seeds, and what it was in this run. */
export interface Steady {
  readonly name: string
  readonly mean: number | null
  readonly low: number | null
  readonly high: number | null
  readonly unit: string
  readonly samples: number
  readonly thisRun: number | null
}

/** Slots and accounts in which a run differs from the same day worked out in one process. */
export interface Agreement {
  readonly slots: number
  readonly differingSlots: number
  readonly accounts: number
  readonly differingAccounts: number
}

/** Where and when the run was, what it assumes, and what a study beside it says; the study is empty where the run was cut off. */
export interface Study {
  readonly place: {
    readonly name: string
    readonly latitude: number
    readonly longitude: number
    readonly timeZone: string
  }
  /** Month and day. */
  readonly date: string
  /** Times at the place as HH:MM; null where the sun does not rise or set. */
  readonly sun: { readonly sunrise: string | null; readonly noon: string; readonly sunset: string | null }
  /** Days before the reported one. */
  readonly days: number
  readonly seeds: number
  readonly steady: readonly Steady[]
  readonly agreement: Agreement | null
  readonly sensitivity: readonly {
    readonly assumption: string
    readonly times: number
    readonly priceDawn: number | null
    readonly priceNoon: number | null
    readonly priceNight: number | null
    readonly unmetShare: number | null
  }[]
  readonly assumptions: readonly {
    readonly name: string
    readonly value: string
    readonly unit: string
    readonly says: string
    readonly basis: 'assumed' | 'published'
    readonly source: string
    readonly date: string
  }[]
}

export interface Inputs extends Bills.Bills {
  readonly slots: readonly Slot[]
  readonly orders: readonly Order[]
  /** With the slot whose end they settled, and their calldata as the contract reads it. */
  readonly settlements: readonly (Settlement & { readonly slot: number | undefined; readonly calldata: string })[]
  /** What an account holds at the end, atomic dollars. */
  readonly held: (account: string) => bigint
  /** Sum of all payments in dollars, atomic. */
  readonly valueAtomic: bigint
  /** After each slot that was settled. */
  readonly wealth: readonly {
    readonly slot: number
    readonly clockSeconds: number
    readonly byRole: { readonly [role: string]: bigint }
    readonly gini: number
  }[]
  readonly study: Study
}
