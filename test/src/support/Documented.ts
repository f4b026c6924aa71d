/** Holds what the service answers against what its OpenAPI document says: status, type, body, and for problems the code. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import * as OpenApi from '../../../src/http/OpenApi.ts'
import { routes } from '../../../src/http/Routes.ts'

export const document = OpenApi.from(routes)

const ajv = new Ajv2020({ strict: false, validateFormats: false })
ajv.addSchema({ $id: 'document', ...document })

const compiled = new Map<string, ValidateFunction>()

const validatorOf = (pointer: string): ValidateFunction => {
  const known = compiled.get(pointer)
  if (known !== undefined) return known
  const made = ajv.compile({ $ref: `document#${pointer}` })
  compiled.set(pointer, made)
  return made
}

interface Response {
  readonly content: { readonly [type: string]: unknown }
  readonly 'x-codes'?: readonly string[]
}

interface Operation {
  readonly responses: { readonly [status: string]: Response }
}

const pointerPart = (text: string): string => encodeURIComponent(text.replaceAll('~', '~0').replaceAll('/', '~1'))

/** The documented path that a real one is an instance of. */
export const pathOf = (pathname: string): string | undefined => {
  const parts = pathname.split('/')
  return Object.keys(document.paths).find((path) => {
    const template = path.split('/')
    return template.length === parts.length && template.every((part, i) => part.startsWith('{') || part === parts[i])
  })
}

export interface Seen {
  readonly method: string
  readonly url: string
  readonly status: number
  readonly type: string
  readonly body: unknown
}

/** What any path may answer, documented or not. */
const everywhere: { readonly [status: number]: readonly string[] } = { 404: ['SL604'], 405: ['SL614'] }

/** What an answer has that the document does not say; empty where all is well. */
export const faults = ({ method, url, status, type, body }: Seen): string[] => {
  const { code } = (body ?? {}) as { code?: string }
  const path = pathOf(new URL(url, 'http://localhost').pathname)
  if (code !== undefined && everywhere[status]?.includes(code)) return []
  const item = path === undefined ? undefined : document.paths[path]
  const verb = method === 'HEAD' ? 'get' : method.toLowerCase()
  const operation = item?.[verb] as unknown as Operation | undefined
  const named = `${method} ${url} answered ${status} ${code ?? type}`
  if (operation === undefined) return status === 204 && method === 'OPTIONS' ? [] : [`${named}: no such operation`]
  const response = operation.responses[status]
  if (response === undefined) return [`${named}: a status that is not documented`]
  if (!(type in response.content)) return [`${named}: ${type} is not documented`]
  if (method === 'HEAD') return []
  if (type === 'application/problem+json' && !(response['x-codes'] ?? []).includes(code ?? ''))
    return [`${named}: a code that is not documented`]
  if (!type.includes('json')) return []
  const pointer = ['paths', path ?? '', verb, 'responses', String(status), 'content', type, 'schema']
  const validate = validatorOf(`/${pointer.map(pointerPart).join('/')}`)
  return validate(body) ? [] : [`${named}: ${ajv.errorsText(validate.errors).slice(0, 300)}`]
}
