/** The page's look: one column, system fonts, colours as variables for light and dark, and a print form. */

const strategies = [
  'transfer',
  'authorization',
  'multicall',
  'channel',
  'clearing',
  'circle-gateway',
  'lightning',
  'own',
] as const
const billed = ['base', 'calldata', 'signatures', 'storage', 'logs', 'hashing', 'execution'] as const

const light = `
  --paper: #fdfdfb; --ink: #1b1f23; --soft: #57606a; --line: #d9dde1; --grid: #e8ebee; --card: #f4f6f7;
  --transfer: #6b7480; --authorization: #b0732a; --multicall: #93506a; --channel: #3f6ea8; --clearing: #0b7a63; --own: #7a6f5f; --circle-gateway: #5b5fc7; --lightning: #9a7400;
  --base: #9aa4ae; --calldata: #c98b3d; --signatures: #93506a; --storage: #3f6ea8; --logs: #7fa7c9; --hashing: #b9a7c4; --execution: #5c9c8b;
  --heat: 11, 122, 99; --cold: 176, 83, 42; --on-dark: #fff;`

const dark = `
  --paper: #14171a; --ink: #e8eaec; --soft: #9aa4ae; --line: #343a40; --grid: #272c31; --card: #1c2024;
  --transfer: #a3adb8; --authorization: #dba25c; --multicall: #cf8fa8; --channel: #7aa7dd; --clearing: #43c6a6; --own: #b3a68f; --circle-gateway: #a5a8f0; --lightning: #e0b84a;
  --base: #66707a; --calldata: #b87d35; --signatures: #a4627c; --storage: #4b7cb8; --logs: #6d93b3; --hashing: #8f7f9b; --execution: #4b8a7a;
  --heat: 67, 198, 166; --cold: 214, 120, 74; --on-dark: #fff;`

const base = `
* { box-sizing: border-box }
html { color-scheme: light dark; -webkit-text-size-adjust: 100% }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif }
main { max-width: 980px; margin: 0 auto; padding: 48px 24px 80px }
h1 { font-size: 34px; line-height: 1.15; letter-spacing: -.02em; margin: 0 0 10px; font-weight: 650; text-wrap: balance }
h2 { font-size: 22px; line-height: 1.25; letter-spacing: -.01em; margin: 0 0 6px; font-weight: 650; text-wrap: balance }
h3 { font-size: 14.5px; margin: 26px 0 2px; font-weight: 650 }
p { margin: 0 0 12px; max-width: 70ch }
.lead { font-size: 18px; color: var(--soft); max-width: 62ch }
.meaning { font-size: 17px }
.note, figcaption, .basis { color: var(--soft); font-size: 13.5px }
section { margin-top: 64px; padding-top: 22px; border-top: 1px solid var(--line) }
.number { color: var(--soft); font-size: 13px; letter-spacing: .06em; text-transform: uppercase; margin-bottom: 4px }
a { color: inherit; text-underline-offset: 3px }
nav ol { columns: 2; column-gap: 32px; padding-left: 20px; margin: 20px 0 0; font-size: 15px }
nav li { margin: 2px 0; break-inside: avoid }
.keys { display: grid; grid-template-columns: repeat(auto-fit, minmax(200px, 1fr)); gap: 14px; margin: 28px 0 0 }
.key { background: var(--card); border-radius: 10px; padding: 14px 16px }
.key b { display: block; font-size: 25px; letter-spacing: -.02em; line-height: 1.25; font-weight: 650; font-variant-numeric: tabular-nums; white-space: nowrap }
.key span { color: var(--soft); font-size: 13.5px; display: block; line-height: 1.4 }
figure { margin: 22px 0 8px }
svg { display: block; max-width: 100%; height: auto; font: 12px ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif; font-variant-numeric: tabular-nums; overflow: visible }
.grid-2 { display: grid; grid-template-columns: 1fr 1fr; gap: 28px 24px }
.narrow { display: none }
.scroll { overflow-x: auto; margin: 4px 0 14px }
table { border-collapse: collapse; font-size: 14px; font-variant-numeric: tabular-nums; width: 100% }
th, td { padding: 6px 10px; border-bottom: 1px solid var(--grid); text-align: right; white-space: nowrap; vertical-align: top }
th { font-weight: 500; color: var(--soft) }
thead th { white-space: normal; vertical-align: bottom }
th:first-child, td:first-child { text-align: left; padding-left: 0 }
tbody th { text-align: left; color: var(--ink) }
td small { display: block; color: var(--soft); font-size: 12px }
td:has(.source), td:has(.text) { white-space: normal; text-align: left; min-width: 22ch }
.sources td, .sources th { text-align: left; font-size: 13px }
.words th { text-align: left }
td.text { white-space: normal; text-align: left; min-width: 16ch }
details { margin: 12px 0; font-size: 14px }
summary { cursor: pointer; color: var(--soft) }
.heat td.text { text-align: left; padding: 9px 12px; color: var(--soft) }
.heat td:not(.text) { border: 2px solid var(--paper); border-radius: 6px; text-align: center; padding: 9px 6px }
.heat th { border: 0; vertical-align: middle; hyphens: manual }
.heat thead th { text-align: center; white-space: normal; vertical-align: bottom }
.heat .beside td { background: var(--card) }
footer { margin-top: 64px; color: var(--soft); font-size: 13.5px }
code { font: .92em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; background: var(--card); padding: 1px 5px; border-radius: 4px; white-space: nowrap }`

const drawing = `
svg text { fill: var(--ink) }
svg .tick { fill: var(--soft); font-size: 11.5px }
svg .panel { font-weight: 650; font-size: 13px }
svg .grid { stroke: var(--grid); stroke-width: 1 }
svg .curve { fill: none; stroke: var(--c); stroke-width: 2 }
svg .dashed { stroke-dasharray: 3 4 }
svg .thin .curve { stroke-width: 1.25 }
svg .dot { fill: var(--c); stroke: var(--c); stroke-width: 1.5 }
svg .dot.open { fill: var(--paper) }
svg .span { stroke: var(--c); stroke-width: 2; opacity: .55 }
svg .span.thick { stroke-width: 6; stroke-linecap: round; opacity: .35 }
svg .bar { fill: var(--c) }
svg .label, svg .bar-name { fill: var(--c); font-size: 12.5px }
svg .label.s-clearing, svg .bar-name.s-clearing, svg .s-clearing .bar-name { font-weight: 650 }
svg .label.thin { font-weight: 400 }
svg g .bar-name { fill: var(--c) }
svg .bar-name.plain, svg .bar-name:not([class*="s-"]):not(g .bar-name) { fill: var(--ink); font-weight: 400 }
svg .panel[class*="s-"] { fill: var(--c) }
svg .value { fill: var(--ink); font-size: 12px }
svg .faint { fill: var(--soft) }
svg .faded { opacity: .6 }
svg .settled .dot { fill: var(--paper) }
svg .peer { fill: var(--paper); stroke: var(--soft); stroke-width: 1.25 }
svg .peer-label { fill: var(--soft); font-size: 11.5px }
svg .inside { fill: var(--on-dark); font-size: 11.5px; font-weight: 600 }`

const small = `
@media (max-width: 640px) {
  main { padding: 28px 16px 56px }
  h1 { font-size: 27px }
  section { margin-top: 48px }
  .wide { display: none } .narrow { display: block }
  .grid-2.narrow { display: grid; grid-template-columns: 1fr; gap: 24px }
  nav ol { columns: 1 }
  .key b { font-size: 22px }
  th, td { padding: 6px 7px } table { font-size: 13px }
  .heat td:not(.text) { padding: 8px 3px; font-size: 12px } .heat th { font-size: 11.5px; padding: 4px 2px; white-space: normal } .heat td:not(.text) { font-size: 11.5px; min-width: 46px }
}
@media print {
  body { font-size: 11pt } main { max-width: none; padding: 0 }
  section { margin-top: 28px } figure, tr, .key { break-inside: avoid } h2, h3 { break-after: avoid }
  details > *:not(summary) { display: block } summary { display: none }
  .scroll { overflow: visible } table { font-size: 8.5pt } th, td { padding: 3px 5px; white-space: normal }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact }
}`

const colours = [
  ...strategies.map((name) => `.s-${name} { --c: var(--${name}) }`),
  ...billed.map((name) => `.p-${name} { fill: var(--${name}) }`),
].join('\n')

export const css = `:root {${light}\n}
@media (prefers-color-scheme: dark) { :root {${dark}\n} }
@media print { :root {${light}\n} }
${base}\n${drawing}\n${colours}\n${small}`
