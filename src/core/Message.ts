/**
 * Checks what came in against a schema, and says in the protocol's own terms what is wrong with it: which field, what would have been
 * right, what stood there.
 */
import type { z } from 'zod'
import { SunledgerError } from './Errors.ts'

type Issue = z.core.$ZodIssue

/** What stands for a field's form where its schema says nothing of its own. */
const forms: { readonly [type: string]: string } = {
  object: 'an object',
  array: 'a list',
  string: 'text',
  boolean: 'true or false',
  number: 'a number',
  int: 'a whole number',
}

/** The message of an issue in our own words. Those of our schemas begin with `expected`. */
const expectedBy = (issue: Issue): string => {
  if (issue.message.startsWith('expected ')) return issue.message.slice('expected '.length)
  if (issue.code === 'invalid_type') return forms[issue.expected] ?? issue.expected
  if (issue.code === 'too_big') return `at most ${issue.maximum}${issue.origin === 'array' ? ' entries' : ''}`
  if (issue.code === 'too_small') return `at least ${issue.minimum}${issue.origin === 'array' ? ' entries' : ''}`
  return issue.message
}

/** Of a union, the branch that says best what is wrong: one that took the value's form at all, and among those the furthest. */
const branchOf = (branches: readonly (readonly Issue[])[]): readonly Issue[] => {
  const fitting = branches.filter(([first]) => first?.code !== 'invalid_type' || first.path.length > 0)
  const depth = (issues: readonly Issue[]) => Math.max(...issues.map((issue) => issue.path.length))
  return [...(fitting.length > 0 ? fitting : branches)].sort((a, b) => depth(b) - depth(a))[0] ?? []
}

interface Fault {
  readonly path: readonly PropertyKey[]
  readonly expected: string
}

const faultOf = (issues: readonly Issue[], at: readonly PropertyKey[] = []): Fault => {
  // An unknown field is mostly a misspelt one, and explains the missing one.
  const unknown = issues.find((issue) => issue.code === 'unrecognized_keys')
  if (unknown !== undefined)
    return { path: [...at, ...unknown.path, unknown.keys[0] ?? ''], expected: 'no field of this name' }
  const [first] = issues
  if (first === undefined) return { path: at, expected: 'another form' }
  const path = [...at, ...first.path]
  if (first.code === 'invalid_union' && first.errors.length > 0) return faultOf(branchOf(first.errors), path)
  return { path, expected: expectedBy(first) }
}

const valueAt = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((at, key) => (at as { [key: PropertyKey]: unknown } | undefined)?.[key], value)

const shown = (value: unknown): string => {
  try {
    return value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 80)
  } catch {
    // Parsing goes deeper than writing does.
    return 'a value that is nested too deeply to be shown'
  }
}

/**
 * @param what how the value as a whole is called
 * @throws {MessageInvalidError} naming the first field that is wrong
 */
export const parse = <T>(schema: z.ZodType<T>, value: unknown, what = 'the body'): T => {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  throw new MessageInvalidError(result.error, { value, what })
}

/** A message is not of the form that the protocol gives it. */
export class MessageInvalidError extends SunledgerError {
  override readonly name = 'MessageInvalidError'
  /** @param whole the value that was checked, so that the message can show what stood in the field */
  constructor(error: z.ZodError, whole?: { readonly value: unknown; readonly what: string }) {
    const { path, expected } = faultOf(error.issues)
    const place = path.length === 0 ? (whole?.what ?? 'the body') : path.map(String).join('.')
    super('SL601', `The message is not of the expected form: ${place}.`, {
      expected,
      actual: whole === undefined ? undefined : shown(valueAt(whole.value, path)),
    })
  }
}
