/** In and out of the clearing house. Each message is signed by whom it concerns; the service only puts it on chain. */
import * as Wire from '../../core/Wire.ts'
import * as Refusals from '../Refusals.ts'
import { refusing, route } from '../Route.ts'

const refusals = refusing(Refusals.body, Refusals.signature, Refusals.chain, Refusals.gas)

const mined = { description: 'The transaction that did it, mined.', schema: Wire.transaction }

export const routes = [
  route({
    method: 'post',
    path: '/v1/deposits',
    id: 'deposit',
    tag: 'Money',
    summary: 'Deposit without holding coin for gas',
    description:
      'An EIP-3009 authorization by the wallet that gives the money. It is tried on the chain first. What comes while another deposit is on its way goes in one transaction with others. The deposit counts once the configured number of blocks follows. Sent again, it counts no more than once, and the answer is the transaction that made it.',
    access: 'signed',
    body: Wire.deposit,
    answer: mined,
    refusals,
    run: (service, { body, from }) => service.deposit(body, from),
  }),
  route({
    method: 'post',
    path: '/v1/withdrawals',
    id: 'withdraw',
    tag: 'Money',
    summary: 'Withdraw, with the owner’s signature',
    access: 'signed',
    body: Wire.withdrawal,
    answer: mined,
    refusals: refusing(refusals, { 409: ['SL330'] }),
    run: (service, { body, from }) => service.withdraw(body, from),
  }),
  route({
    method: 'post',
    path: '/v1/exits',
    id: 'exit',
    tag: 'Money',
    summary: 'Leave, with the owner’s signature',
    description:
      'Requests an exit: the account pays no more, and after the window everything that is left is paid out.',
    access: 'signed',
    body: Wire.exit,
    answer: mined,
    refusals,
    run: (service, { body, from }) => service.exit(body, from),
  }),
  route({
    method: 'post',
    path: '/v1/owners',
    id: 'bindOwner',
    tag: 'Money',
    summary: 'Bind an owner to an account',
    description: 'Signed by the account the first time, then by its present owner. Ends a running exit.',
    access: 'signed',
    body: Wire.owner,
    answer: mined,
    refusals,
    run: (service, { body, from }) => service.bindOwner(body, from),
  }),
  route({
    method: 'post',
    path: '/v1/budgets',
    id: 'setBudget',
    tag: 'Accounts',
    summary: 'Set what an account may spend, signed by its bound owner',
    description: 'It holds from the answer on, and replaces the budget before it.',
    access: 'signed',
    body: Wire.budget,
    answer: { description: 'The budget as it stands.', schema: Wire.budgetView },
    refusals: refusing(Refusals.body, Refusals.signature, Refusals.journal, { 409: ['SL629'], 503: ['SL503'] }),
    run: (service, { body }) => service.setBudget(body),
  }),
  route({
    method: 'post',
    path: '/v1/faucet',
    id: 'faucet',
    tag: 'Money',
    summary: 'Get test dollars (local chain only)',
    access: 'anyone',
    body: Wire.faucet,
    answer: mined,
    refusals: refusing(Refusals.body, Refusals.chain, { 404: ['SL342'], 429: ['SL623'] }),
    run: (service, { body, from }) => service.faucet(body.to, body.amount, from),
  }),
]
