/** A process that pays until its journal cannot be written any more, and says what came of it as one line of JSON. Argument: the folder. */
import * as Ledger from '../../../src/core/Ledger.ts'
import { codeOf, open, replayed } from './Book.ts'
import * as Member from './Member.ts'

const book = open({ folder: process.argv[2] as string })
const [payer, payee] = [Member.create('payer'), Member.create('payee')]
await book.deposit(payer, 1_000_000n)
const accepted: string[] = []
let code = 'accepted'
while (code === 'accepted') {
  const answer = book.pay(payer.pay({ to: payee.address, amount: 1n }))
  code = await codeOf(answer)
  if (code === 'accepted') accepted.push((await answer).payment.id)
}
const shown = await book.commit.quiet(() => Ledger.serialize(book.ledger))
const report = { accepted, code, kept: shown === replayed(book.journal), end: book.journal.end }
process.stdout.write(`${JSON.stringify(report)}\n`)
