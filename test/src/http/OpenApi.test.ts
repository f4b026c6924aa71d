/** The OpenAPI document: valid, whole, and of the routes that are really there. (Every live answer in these tests is held against it too.) */
import { readFileSync } from 'node:fs'
import { Validator } from '@seriousme/openapi-schema-validator'
import { describe, expect, test } from 'vitest'
import { routes } from '../../../src/http/Routes.ts'
import { document } from '../support/Documented.ts'

type Node = { readonly [key: string]: unknown }

/** Every object in a document, with the way to it. */
function* nodes(value: unknown, at = ''): Generator<{ at: string; node: Node }> {
  if (typeof value !== 'object' || value === null) return
  yield { at, node: value as Node }
  for (const [key, part] of Object.entries(value)) yield* nodes(part, `${at}/${key}`)
}

const isText = (value: unknown): boolean => typeof value === 'string' && value.length > 0

describe('the document', () => {
  test('behavior: is valid OpenAPI 3.1', async () => {
    const validator = new Validator()
    const result = await validator.validate(structuredClone(document) as unknown as Record<string, unknown>)
    expect(result.errors ?? []).toEqual([])
    expect([result.valid, validator.version]).toEqual([true, '3.1'])
  })

  test('behavior: has every route once, with an operation of its own', () => {
    const operations = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method} ${path}`),
    )
    expect(operations.sort()).toEqual(routes.map(({ method, path }) => `${method} ${path}`).sort())
    expect(new Set(routes.map(({ id }) => id)).size).toBe(routes.length)
  })

  test('behavior: refers to nothing that it does not have', () => {
    const missing = [...nodes(document)].flatMap(({ at, node }) => {
      const ref = node['$ref']
      if (typeof ref !== 'string') return []
      const found = ref
        .slice(2)
        .split('/')
        .reduce<unknown>((value, key) => (value as Node | undefined)?.[key], document)
      return found === undefined ? [`${at}: ${ref}`] : []
    })
    expect(missing).toEqual([])
  })

  test('behavior: says what every field and parameter means', () => {
    const silent = [...nodes(document.components.schemas)].flatMap(({ at, node }) =>
      Object.entries((node['properties'] ?? {}) as { [name: string]: Node })
        .filter(([, schema]) => !isText(schema['description']))
        .map(([name]) => `${at}.${name}`),
    )
    expect(silent).toEqual([])
    const parameters = [...nodes(document.paths)].filter(({ node }) => isText(node['in']))
    expect(parameters.filter(({ node }) => !isText(node['description'])).map(({ at }) => at)).toEqual([])
  })

  test('behavior: names codes that src/ERRORS.md explains', () => {
    const explained = readFileSync(new URL('../../../src/ERRORS.md', import.meta.url), 'utf8')
    const codes = new Set(routes.flatMap(({ refusals = {} }) => Object.values(refusals).flat()))
    expect([...codes].filter((code) => !explained.includes(`### ${code} `))).toEqual([])
  })
})
