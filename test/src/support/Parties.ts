/** A service on contracts of its own, and three members: a payer with 1 000 atomic units in its account, a robot and a shop with nothing. */
import * as Ledger from '../../../src/core/Ledger.ts'
import type { Chain } from './Chain.ts'
import type * as Member from './Member.ts'
import { ledgerOf, type Options, start } from './Running.ts'

/** @param usual options that a test file gives all of its services, beside those of one test */
export const parties =
  (chain: Chain, usual: Options = {}) =>
  async (options: Options = {}) => {
    const deployed = await chain.deploy()
    const service = await start(chain, deployed, { ...usual, ...options })
    const [payer, robot, shop] = ['payer', 'robot', 'shop'].map((name) => service.member(name)) as [
      Member.Member,
      Member.Member,
      Member.Member,
    ]
    await service.fund(payer, 1000n)
    const { dollar, clearingHouse: house } = deployed.deployment
    /** As the journal has it. */
    const of = (member: Member.Member) => Ledger.account(ledgerOf(service), dollar.asset, member.address)
    const pay = (from: Member.Member, to: Member.Member, amount: bigint) =>
      service.pay(from.pay({ to: to.address, amount }))
    return { deployed, service, payer, robot, shop, of, pay, house, asset: dollar.asset }
  }
