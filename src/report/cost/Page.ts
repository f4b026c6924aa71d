/** The study as one page that needs no network: text, drawings and tables; light and dark, for a screen, a phone and paper. */
import { percent, usd, whole } from './Format.ts'
import * as Headline from './Headline.ts'
import * as Html from './Html.ts'
import * as Names from './Names.ts'
import * as Sections from './Sections.ts'
import type { Study } from './Study.ts'
import * as Style from './Style.ts'

const key = (value: string, meaning: string): string => `<div class="key"><b>${value}</b><span>${meaning}</span></div>`

/** The four figures that most people came for. */
const keys = (study: Study): string => {
  const { workload, payments, title } = Names.main(study)
  const network = Names.shown(study)[0]
  if (network === undefined) return ''
  const of = (strategy: string) =>
    study.smallest.find((row) => row.strategy === strategy && row.network === network)?.usd
  const name = Names.network(study, network)
  const direct = of('transfer')
  const gas = study.rows.find(
    (row) =>
      row.strategy === 'clearing' &&
      row.workload === workload &&
      row.payments === payments &&
      row.scope === 'settlement',
  )?.gasPerPayment
  const headline = Headline.of(study)
  const list = [
    ...(headline === undefined
      ? []
      : [
          key(
            percent(headline.life),
            `${headline.life >= 1 ? '' : 'of '}what is paid: the whole life of ${headline.workload} on ${name}, ${percent(headline.settlement)} for settling alone`,
          ),
          key(
            usd(headline.neededUsd),
            `has to be settled per member at a time so that it is ${percent(study.share)}; ${headline.workload} settles ${usd(headline.turnoverUsd)}`,
          ),
        ]),
    ...(gas
      ? [
          key(
            `${whole(gas)} gas`,
            `to settle a payment by Sunledger (${workload}, ${title}, ${whole(payments)} payments)`,
          ),
        ]
      : []),
    ...(direct
      ? [key(usd(direct), `would be the smallest payment worth making if each were a transfer of its own`)]
      : []),
  ]
  return `<div class="keys">${list.join('')}</div>`
}

const head = (study: Study, sections: readonly Html.Section[]): string => {
  const { machine, seed, wallMs } = study
  const contents = sections.map(({ id, title }) => `<li><a href="#${id}">${title}</a></li>`).join('')
  return `<header><h1>What does settlement cost?</h1>
<p class="lead">Every way of paying was carried out on a local chain, with real transactions; the gas of their receipts is priced on ${whole(study.networks.length)} networks.</p>
${keys(study)}
<nav aria-label="Contents"><ol>${contents}</ol></nav>
<p class="note" style="margin-top:20px">Executed in ${whole(wallMs / 1000)} s on ${machine.cores} × ${Html.escaped(machine.cpu)}, ${machine.memoryGiB} GiB, Node ${Html.escaped(machine.node)}; seed ${seed}. Gas is <em>measured</em> up to 10 000 payments and <em>computed</em> for more; prices are <em>published</em> or <em>assumed</em>, each with source and date at the end; dollars are computed from both.</p></header>`
}

export const of = (study: Study): string => {
  const sections = Sections.of(study)
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>What does settlement cost? – Sunledger</title><style>${Style.css}</style></head>
<body><main>${head(study, sections)}
${sections.map((section, i) => Html.section(section, i + 1)).join('\n')}
<footer>Made by <code>sunledger cost</code>. The same seed gives the same gas to the last unit; times move from machine to machine.</footer>
</main></body></html>
`
}
