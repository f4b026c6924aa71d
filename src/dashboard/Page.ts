/**
 * The page's files: plain HTML, CSS and JavaScript that a browser runs as they are. Served one by one by the service, or put into one
 * file that needs no server (`report.html`). The one library in it, uPlot, comes from its package.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'

const require = createRequire(import.meta.url)
const folder = path.join(import.meta.dirname, 'page')

const own = (name: string) => readFileSync(path.join(folder, name), 'utf8')
const ofPlot = (name: string) => readFileSync(path.join(path.dirname(require.resolve('uplot')), name), 'utf8')

/** Modules by the names under which they import each other, in any order. */
const modules = {
  'page/main': 'main.js',
  'page/locale': 'locale.js',
  'page/store': 'store.js',
  'page/format': 'format.js',
  'page/figures': 'figures.js',
  'page/flow': 'flow.js',
  'page/charts': 'charts.js',
  'page/lists': 'lists.js',
  'page/ledger': 'ledger.js',
  'page/controls': 'controls.js',
  'page/report': 'report.js',
} as const

export interface Asset {
  readonly type: string
  readonly body: string
}

const script = 'text/javascript; charset=utf-8'

/** Everything below `/page/`, by file name. */
export const assets = (): ReadonlyMap<string, Asset> => {
  const all = new Map<string, Asset>(
    Object.values(modules).map((file) => [file, { type: script, body: own(file) }] as const),
  )
  all.set('uplot.js', { type: script, body: ofPlot('uPlot.esm.js') })
  all.set('page.css', { type: 'text/css; charset=utf-8', body: `${ofPlot('uPlot.min.css')}\n${own('page.css')}` })
  all.set('sun.svg', { type: 'image/svg+xml', body: own('sun.svg') })
  return all
}

/** The names that modules import, and where each is found. */
const importMap = (at: (file: string) => string): string =>
  JSON.stringify({
    imports: { uplot: at('uplot.js'), ...Object.fromEntries(Object.entries(modules).map(([k, f]) => [k, at(f)])) },
  })

/** Text between tags of a script cannot end it. */
const inScript = (text: string): string => text.replaceAll('<', '\\u003c')

const fill = (template: string, values: { readonly [mark: string]: string }): string =>
  template.replace(/<!--(\w+)-->/g, (whole, mark: string) => values[mark] ?? whole)

/** The page as the service serves it, and the policy that lets it load nothing but its own files. */
export const served = (): { html: string; policy: string } => {
  const map = importMap((file) => `/page/${file}`)
  const hash = createHash('sha256').update(map).digest('base64')
  const html = fill(own('index.html'), {
    styles: '<link rel="stylesheet" href="/page/page.css">',
    icon: '<link rel="icon" href="/page/sun.svg" type="image/svg+xml">',
    importmap: `<script type="importmap">${map}</script>`,
    data: '',
    start: '<script type="module" src="/page/main.js"></script>',
  })
  const policy = [
    ...["default-src 'none'", `script-src 'self' 'sha256-${hash}'`, "style-src 'self'", "img-src 'self' data:"],
    ...["connect-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"],
  ].join('; ')
  return { html, policy }
}

const dataUrl = ({ type, body }: Asset): string =>
  `data:${type.replace(/; .*/, '')};base64,${Buffer.from(body).toString('base64')}`

/**
 * The page as one file with a run in it.
 * @param data what `GET /v1/board` answers at the run's end, with its bills; JSON text
 */
export const standalone = (data: string): string => {
  const all = assets()
  const asset = (file: string) => all.get(file) as Asset
  return fill(own('index.html'), {
    styles: `<style>${asset('page.css').body}</style>`,
    icon: `<link rel="icon" href="${dataUrl(asset('sun.svg'))}">`,
    importmap: `<script type="importmap">${importMap((file) => dataUrl(asset(file)))}</script>`,
    data: `<script type="application/json" id="recorded">${inScript(data)}</script>`,
    start: '<script type="module">import \'page/main\'</script>',
  })
}
