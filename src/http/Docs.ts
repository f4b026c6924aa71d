/**
 * `/docs`: the OpenAPI document and the list of errors as pages for people. Made on the server as plain HTML: no script, nothing from
 * elsewhere, so that the policy which goes with it can forbid both.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { css } from './DocsStyle.ts'
import type { Document } from './Document.ts'

type Json = { readonly [key: string]: unknown }

interface Operation extends Json {
  readonly operationId: string
  readonly summary: string
  readonly description?: string
  readonly parameters: readonly Json[]
  readonly requestBody?: { readonly content: { readonly [type: string]: { readonly schema: Json } } }
  readonly responses: { readonly [status: string]: Response }
  readonly tags: readonly string[]
}

interface Response {
  readonly description: string
  readonly content?: { readonly [type: string]: { readonly schema: Json } }
  readonly 'x-codes'?: readonly string[]
}

/** What a page may load and do: its own style, and nothing else. */
export const policy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(css).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const escaped: { readonly [character: string]: string } = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

const text = (value: unknown): string => String(value).replace(/[&<>"]/g, (character) => escaped[character] ?? '')

/** Backticks and links to codes, as descriptions have them. */
const prose = (value: unknown): string =>
  text(value)
    .replace(/`([^`]+)`/g, '<code>$1</code>')
    .replace(/\*\*([^*]+)\*\*/g, '<strong>$1</strong>')

const codeLink = (code: string): string => `<a class="code" href="/docs/errors#${code.toLowerCase()}">${text(code)}</a>`

const page = (title: string, nav: string, main: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${text(title)} · Sunledger</title>
<style>${css}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header><p class="brand">Sunledger</p><nav aria-label="Pages"><a href="/docs">Routes</a> <a href="/docs/errors">Errors</a> <a href="/openapi.json">OpenAPI</a></nav></header>
<div class="columns">
<nav class="index" aria-label="On this page">${nav}</nav>
<main id="main">${main}</main>
</div>
</body>
</html>
`

const nameOf = (ref: unknown): string => String(ref).split('/').at(-1) ?? ''

/** A type in a few words, with links to what has a name. */
const typeOf = (schema: Json): string => {
  if (schema['$ref'] !== undefined) {
    const name = nameOf(schema['$ref'])
    return `<a href="#${text(name)}">${text(name)}</a>`
  }
  const choices = (schema['anyOf'] ?? schema['oneOf']) as readonly Json[] | undefined
  if (choices !== undefined) return choices.map(typeOf).join(' or ')
  if (Array.isArray(schema['enum'])) return schema['enum'].map((value) => `<code>${text(value)}</code>`).join(' or ')
  if (schema['const'] !== undefined) return `<code>${text(schema['const'])}</code>`
  if (schema['type'] === 'array') return `list of ${typeOf((schema['items'] ?? {}) as Json)}`
  const { minimum, maximum } = schema as { minimum?: number; maximum?: number }
  const isBounded = schema['type'] === 'integer' && minimum !== undefined && maximum !== undefined
  const bounds = isBounded && maximum < 1e12 ? ` ${minimum} to ${maximum}` : ''
  return `${text(schema['type'] ?? 'anything')}${bounds}`
}

const table = (caption: string, columns: readonly string[], rows: readonly (readonly string[])[]): string =>
  rows.length === 0
    ? ''
    : `<table><caption>${text(caption)}</caption><thead><tr>${columns.map((column) => `<th scope="col">${text(column)}</th>`).join('')}</tr></thead><tbody>${rows
        .map(
          ([first, ...rest]) =>
            `<tr><th scope="row">${first}</th>${rest.map((cell) => `<td>${cell}</td>`).join('')}</tr>`,
        )
        .join('')}</tbody></table>`

const access: { readonly [who: string]: string } = {
  anyone: 'anyone',
  signed: 'signed by whom it concerns',
  operator: 'operator’s token',
}

const parameters = (operation: Operation): string => {
  const own = operation.parameters.filter((parameter) => parameter['name'] !== undefined)
  return table(
    'Parameters',
    ['name', 'in', 'type', 'meaning'],
    own.map((each) => [
      `<code>${text(each['name'])}</code>`,
      text(each['in']),
      typeOf((each['schema'] ?? {}) as Json),
      prose(each['description'] ?? ''),
    ]),
  )
}

const responses = (operation: Operation): string => {
  const all = Object.entries(operation.responses)
  const good = all.filter(([, { 'x-codes': codes }]) => codes === undefined)
  const rows = good.map(([status, { description, content = {} }]) => [
    text(status),
    Object.entries(content)
      .map(([type, { schema }]) => (type.includes('json') ? typeOf(schema) : `<code>${text(type)}</code>`))
      .join(' or '),
    prose(description),
  ])
  const refused = all
    .filter(([, { 'x-codes': codes }]) => codes !== undefined)
    .map(([status, { description, 'x-codes': codes = [] }]) => [
      text(status),
      codes.map(codeLink).join(' '),
      prose(description.replace(/ \[SL.*$/, '')),
    ])
  return `${table('Answers', ['status', 'body', 'meaning'], rows)}<details><summary>Refusals (${refused.length})</summary>${table('Refusals', ['status', 'codes', 'meaning'], refused)}</details>`
}

const operation = (path: string, method: string, of: Operation): string => {
  const body = of.requestBody?.content['application/json']?.schema
  const id = text(of.operationId)
  return `<section class="operation" aria-labelledby="${id}"><h3 id="${id}"><span class="method ${text(method)}">${text(method.toUpperCase())}</span> <code>${text(path)}</code></h3>
<p class="summary">${prose(of.summary)} <span class="access">${text(access[String(of['x-access'])] ?? '')}</span></p>
${of.description === undefined ? '' : `<p>${prose(of.description)}</p>`}
${body === undefined ? '' : `<p>Takes ${typeOf(body)}.</p>`}
${parameters(of)}${responses(of)}</section>`
}

const operationsOf = (document: Document, tag: string) =>
  Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item)
      .map(([method, of]) => ({ path, method, of: of as unknown as Operation }))
      .filter(({ of }) => of.tags.includes(tag)),
  )

const schema = (name: string, of: Json): string => {
  const required = (of['required'] ?? []) as readonly string[]
  const properties = Object.entries((of['properties'] ?? {}) as { readonly [field: string]: Json })
  const rows = properties.map(([field, part]) => [
    `<code>${text(field)}</code>${required.includes(field) ? '' : ' <span class="optional">optional</span>'}`,
    typeOf(part),
    prose(part['description'] ?? ''),
  ])
  const plain = rows.length > 0 ? '' : `<p>${typeOf(of)}</p>`
  const pattern = of['pattern'] === undefined ? '' : `<p>Pattern <code>${text(of['pattern'])}</code></p>`
  return `<section class="schema" aria-labelledby="${text(name)}"><h3 id="${text(name)}">${text(name)}</h3><p>${prose(of['description'] ?? '')}</p>${plain}${pattern}${table('Fields', ['field', 'type', 'meaning'], rows)}</section>`
}

/** The routes and messages. */
export const routesPage = (document: Document): string => {
  const { title, description } = document.info as { title: string; description: string }
  const tags = document.tags.filter(({ name }) => operationsOf(document, name).length > 0)
  const links = tags.map(
    ({ name }) =>
      `<p><a href="#tag-${text(name)}">${text(name)}</a></p><ul>${operationsOf(document, name)
        .map(
          ({ path, method, of }) =>
            `<li><a href="#${text(of.operationId)}"><span class="method ${method}">${method.toUpperCase()}</span> ${text(path)}</a></li>`,
        )
        .join('')}</ul>`,
  )
  const parts = tags.map(
    ({ name, description: what }) =>
      `<section aria-labelledby="tag-${text(name)}"><h2 id="tag-${text(name)}">${text(name)}</h2><p>${prose(what)}</p>${operationsOf(
        document,
        name,
      )
        .map(({ path, method, of }) => operation(path, method, of))
        .join('')}</section>`,
  )
  const schemas = Object.entries(document.components.schemas).map(([name, of]) => schema(name, of))
  return page(
    'Routes',
    `${links.join('')}<p><a href="#messages">Messages</a></p>`,
    `<h1>${text(title)}: routes</h1><p>${prose(description)}</p>${parts.join('')}<section aria-labelledby="messages"><h2 id="messages">Messages</h2>${schemas.join('')}</section>`,
  )
}

/** The list of errors. Packed beside the source, wherever this file itself is. */
const errorsFile = new URL('../../src/ERRORS.md', import.meta.url)

/** The errors, from their own list. */
export const errorsPage = (markdown = readFileSync(errorsFile, 'utf8')): string => {
  const links: string[] = []
  const blocks = markdown.split(/\n{2,}/).map((block) => {
    const [, level, title] = /^(#{1,3}) (.+)/.exec(block) ?? []
    if (level === undefined || title === undefined) return `<p>${prose(block)}</p>`
    const id = text(/^SL\d{3}/.exec(title)?.[0].toLowerCase() ?? title.toLowerCase().replace(/\W+/g, '-'))
    if (level.length === 2) links.push(`<p><a href="#${id}">${text(title)}</a></p>`)
    const rest = block.split('\n').slice(1).join(' ')
    const said = rest.split(/(?=\*\*(?:Means|Cause|Fix)\*\*)/).filter((part) => part.trim() !== '')
    const tag = `h${level.length}`
    return `<${tag} id="${id}">${text(title)}</${tag}>${said.map((part) => `<p>${prose(part)}</p>`).join('')}`
  })
  return page('Errors', links.join(''), blocks.join('\n'))
}
