/**
 * The outermost layer of what programs call: input that breaks a function is told as an error with a code, not by whatever it broke first.
 * What matters for signatures is checked by name further in; this is for the rest.
 */
import { OptionInvalidError } from './Option.ts'

type Call = (...args: never[]) => unknown

/** Errors that JavaScript itself throws at values of the wrong kind. */
const isRaw = (error: unknown): error is Error =>
  error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError || error instanceof URIError

const told = (name: string, error: unknown): unknown =>
  isRaw(error) ? new OptionInvalidError(`an argument of ${name}`, 'what its documentation says', error) : error

/** The same function; name it as programs call it. */
export const guarded = <F extends Call>(name: string, call: F): F =>
  function (this: unknown, ...args: never[]): unknown {
    try {
      const result = call.apply(this, args)
      return result instanceof Promise
        ? result.catch((error) => {
            throw told(name, error)
          })
        : result
    } catch (error) {
      throw told(name, error)
    }
  } as F

/** The same module, with each of its functions guarded. */
export const all = <T extends object>(name: string, module: T): T =>
  Object.fromEntries(
    Object.entries(module).map(([each, value]) => [
      each,
      typeof value === 'function' && !(value.prototype instanceof Error) ? guarded(`${name}.${each}`, value) : value,
    ]),
  ) as T

/** Guards the methods of a class. */
export const methods = (name: string, Class: { readonly prototype: object }): void => {
  for (const [each, property] of Object.entries(Object.getOwnPropertyDescriptors(Class.prototype)))
    if (each !== 'constructor' && typeof property.value === 'function')
      Object.defineProperty(Class.prototype, each, { ...property, value: guarded(`${name}.${each}`, property.value) })
}
