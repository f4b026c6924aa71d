/**
 * Strategies from a file: a module whose default export is one strategy or a list of them. It runs in this process with all that this process may do,
 * so take files only from people you would run a program of.
 */
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { SunledgerError } from '../core/Errors.ts'
import type { Strategy } from '../market/Strategy.ts'
import { defaults } from '../market/strategies/index.ts'

const shapeOf = (value: unknown): string | undefined => {
  const { name, role, wishes, percent } = (value ?? {}) as { [field: string]: unknown }
  if (typeof name !== 'string' || name === '') return 'name: a text'
  if (typeof role !== 'string' || !(role in defaults)) return `role: one of ${Object.keys(defaults).join(', ')}`
  if (typeof wishes !== 'function') return 'wishes: a function from a view to a list of wishes'
  if (percent !== undefined && !(typeof percent === 'number' && percent > 0 && percent <= 100))
    return 'percent: a number above 0 and up to 100, or left out'
  return undefined
}

/** @throws {StrategyInvalidError} no such file, it does not load, or what it exports is no strategy */
export const load = async (file: string): Promise<Strategy[]> => {
  let exported: unknown
  try {
    exported = ((await import(pathToFileURL(resolve(file)).href)) as { default?: unknown }).default
  } catch (cause) {
    throw new StrategyInvalidError(
      file,
      'a module that loads',
      cause instanceof Error ? cause.message : String(cause),
      cause,
    )
  }
  const list = Array.isArray(exported) ? exported : [exported]
  for (const value of list) {
    const wrong = shapeOf(value)
    if (wrong !== undefined) throw new StrategyInvalidError(file, `a default export with ${wrong}`, typeof exported)
  }
  return list as Strategy[]
}

/** A file has no strategy in it. Nothing has been started. */
export class StrategyInvalidError extends SunledgerError {
  override readonly name = 'StrategyInvalidError'
  constructor(file: string, expected: string, actual: string, cause?: unknown) {
    super('SL719', `${file}: no strategy that can be used.`, {
      expected,
      actual,
      hint: 'scripts/examples/strategy.ts is one that can.',
      cause,
    })
  }
}
