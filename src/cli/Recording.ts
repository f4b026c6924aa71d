/** A run as one page that needs no server: what the live page showed at its end, and the report's tables. */
import * as Page from '../dashboard/Page.ts'
import type { Document } from '../report/Document.ts'
import * as Text from '../report/Text.ts'
import * as TextEconomy from '../report/TextEconomy.ts'

const read = async (url: string): Promise<object> => {
  const response = await fetch(url, { signal: AbortSignal.timeout(5000) })
  return (await response.json()) as object
}

/** @param url of the service that the run was on */
export const of = async (url: string, document: Document): Promise<string> => {
  const [board, participants] = await Promise.all([read(`${url}/v1/board`), read(`${url}/v1/board/participants`)])
  const tables = [
    ...Text.tables(document),
    ...[Text.parameters(document), TextEconomy.given(document), Text.assumptions(document)].filter(
      ({ rows }) => rows.length > 0,
    ),
  ]
  const report = { heading: Text.heading(document), conclusion: document.answer.conclusion, tables }
  return Page.standalone(JSON.stringify({ ...board, participants, report }))
}
