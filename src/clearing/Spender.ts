/**
 * The one way to the chain for whatever the service sends: a sender that sends nothing without a ticket (`GasBudget`), so that no transaction
 * can be caused by somebody whom no bound counts. What is tried first is tried before a ticket is taken: nobody's places are used up by
 * messages that somebody else has made up in its name.
 */
import { answered, type Client } from '../chain/Client.ts'
import * as Sender from '../chain/Sender.ts'
import * as GasBudget from './GasBudget.ts'

export interface Spender extends Omit<Sender.Sender, 'send'> {
  readonly budget: GasBudget.GasBudget
  /** Learns what the key has and what gas costs, where that was not asked for some seconds; to be awaited before `admit` and `own`. */
  ready(): Promise<void>
  /** @throws {TooManyTransactionsError} @throws {ShareSpentError} */
  admit(purpose: GasBudget.Asked, cause: GasBudget.Cause): GasBudget.Ticket
  /** For what nobody has to be counted for. @throws {ShareSpentError} for what follows from what strangers asked */
  own(purpose: GasBudget.Own): GasBudget.Ticket
  /** @throws as `Sender.send` */
  send(call: Sender.Call, ticket: GasBudget.Ticket, ...others: readonly GasBudget.Ticket[]): Promise<Sender.Sent>
  /** What somebody asks for by itself: tried, admitted, sent. */
  serve(purpose: GasBudget.Asked, cause: GasBudget.Cause, call: Sender.Call): Promise<Sender.Sent>
  /** The key's coin as it was last asked for, wei. */
  readonly coinWei: bigint | undefined
  /** What a unit of gas cost then, without a tip. */
  readonly weiPerGas: bigint | undefined
}

const freshMs = 2_000

export const create = (client: Client, sender: Sender.Sender, limits: GasBudget.Limits): Spender => {
  const { address, attempt, baseFeeWei, isOpen, tend } = sender
  const budget = GasBudget.create(limits)
  let coinWei: bigint | undefined
  let weiPerGas = 0n
  let askedMs = Number.NEGATIVE_INFINITY

  const ready = async (): Promise<void> => {
    if (performance.now() - askedMs < freshMs) return
    const [coin, fee] = await Promise.all([answered(client, client.getBalance({ address })), baseFeeWei()])
    coinWei = coin
    weiPerGas = fee
    askedMs = performance.now()
  }

  const send = async (call: Sender.Call, ...tickets: readonly GasBudget.Ticket[]): Promise<Sender.Sent> => {
    try {
      const sent = await sender.send(call)
      const wei = sent.gasUsed * sent.receipt.effectiveGasPrice
      for (const ticket of tickets) budget.used(ticket, wei / BigInt(tickets.length))
      return sent
    } catch (error) {
      // The node did not take it: nothing was spent. Of all else the estimate stays counted.
      if (error instanceof Sender.TransactionRefusedError) for (const ticket of tickets) budget.unused(ticket)
      throw error
    }
  }

  return {
    ...{ address, attempt, baseFeeWei, isOpen, tend, budget, ready, send },
    admit: (purpose, cause) => budget.admit(purpose, cause, weiPerGas, coinWei ?? 0n),
    own: (purpose) => budget.own(purpose, weiPerGas, coinWei ?? 0n),
    async serve(purpose, cause, call) {
      await ready()
      await attempt(call)
      return send({ ...call, tryFirst: false }, budget.admit(purpose, cause, weiPerGas, coinWei ?? 0n))
    },
    get coinWei() {
      return coinWei
    },
    get weiPerGas() {
      return coinWei === undefined ? undefined : weiPerGas
    },
  }
}
