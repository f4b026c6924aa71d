/** Every entry of the SDK, with values that nobody should hand in: a value comes back, or an error with a code; never a raw TypeError. */
import { describe, expect, test, vi } from 'vitest'
import * as Sdk from '../../../src/index.ts'
import { FakeService, key } from './FakeService.ts'
import { connect, funded } from './Payer.ts'

const cyclic: { [name: string]: unknown } = {}
cyclic['self'] = cyclic
/** Of each kind that JavaScript has, and some that look right at first. */
const odd = (): readonly unknown[] => [
  ...[undefined, null, true, 0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 60, -1n, 0n, 1n << 300n],
  ...[
    '',
    'x',
    'ключ',
    '\ud800',
    '0x',
    `0x${'12'.repeat(20)}`,
    `0x${'zz'.repeat(20)}`,
    `0x${'12'.repeat(32)}`,
    '1e9',
    '-1',
  ],
  ...[
    'http://127.0.0.1:9',
    'http://',
    'x'.repeat(1 << 16),
    Symbol('odd'),
    new Date(Number.NaN),
    /x/,
    new Map([[1, 2]]),
  ],
  ...[{}, [], [null], [[[]]], { length: -1 }, cyclic, Object.create(null), () => 1, new Uint8Array(3)],
  ...[{ toString: null }, { amount: '1' }, { to: 7, amount: {}, asset: 1, for: 1n, key: {} }],
]

/** What became of a call: undefined, or what is wrong with its error. */
const outcome = async (call: () => unknown): Promise<string | undefined> => {
  try {
    const result = call()
    if (typeof (result as { next?: unknown })?.next === 'function') {
      await (result as AsyncIterator<unknown>).return?.()
      return undefined
    }
    await result
    return undefined
  } catch (error) {
    if (error instanceof Sdk.SunledgerError) return undefined
    return error instanceof Error
      ? `${error.name}: ${error.message}\n${error.stack?.split('\n')[1]}`
      : `threw ${String(error)}`
  }
}

const shown = (value: unknown): string => {
  try {
    return typeof value === 'bigint' ? `${value}n` : (JSON.stringify(value) ?? String(value)).slice(0, 40)
  } catch {
    return Object.prototype.toString.call(value)
  }
}

/** Calls with one, two and three odd arguments; the later ones are odd only where the first is right. */
const faultsOf = async (name: string, call: (...args: unknown[]) => unknown, right: readonly unknown[] = []) => {
  const faults: string[] = []
  const lists = [[], ...odd().map((value) => [value])]
  for (let place = 0; place <= Math.min(3, right.length); place++)
    for (const value of odd()) lists.push([...right.slice(0, place), value, ...right.slice(place + 1)])
  for (const value of odd()) lists.push([value, value, value, value])
  for (const args of lists) {
    const fault = await outcome(() => call(...args))
    if (fault !== undefined) faults.push(`${name}(${args.map(shown).join(', ')}): ${fault}`)
  }
  return faults
}

const isClass = (value: unknown): boolean =>
  typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value))

/** Express servers hand these their options once, when they start. */
const sellers = new Set(['paywall', 'metered', 'Till', 'ClearingServerScheme'])

/** What is exported, with what is in its namespaces; errors are made by the SDK alone. */
const exported = Object.entries(Sdk).flatMap(([name, value]): [string, unknown][] =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).map(([inner, part]): [string, unknown] => [`${name}.${inner}`, part])
    : [[name, value]],
)
const isError = (value: unknown): boolean => (value as { prototype?: unknown }).prototype instanceof Error
const functions = exported.filter(
  ([name, value]) => typeof value === 'function' && !isClass(value) && !sellers.has(name),
)
const classes = exported.filter(
  ([name, value]) => isClass(value) && !isError(value) && name !== 'SunledgerError' && !sellers.has(name),
)

describe('odd input', () => {
  test.each(functions)('behavior: %s', async (name, value) => {
    expect(await faultsOf(name, value as never)).toEqual([])
  })

  test.each(classes)('behavior: new %s', async (name, value) => {
    const Class = value as new (...args: unknown[]) => unknown
    const statics = Object.getOwnPropertyNames(Class).filter((each) => typeof (Class as never)[each] === 'function')
    const faults =
      name === 'Robot' || name === 'Meter' ? [] : await faultsOf(`new ${name}`, (...args) => new Class(...args))
    for (const each of statics)
      if (!/^(prototype|length|name)$/.test(each))
        faults.push(
          ...(await faultsOf(`${name}.${each}`, (...args) =>
            (Class as never as { [name: string]: (...all: unknown[]) => unknown })[each]?.(...args),
          )),
        )
    expect(faults).toEqual([])
  })

  const methodsOf = (value: object): string[] =>
    Object.getOwnPropertyNames(Object.getPrototypeOf(value)).filter((name) => {
      const { get } = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(value), name) ?? {}
      return name !== 'constructor' && name !== 'close' && get === undefined
    })

  test('behavior: every method of a robot, its client, and a meter', { timeout: 60_000 }, async () => {
    vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const service = funded()
    const robot = await connect(service, { retryForMs: 0, timeoutMs: 200 })
    const meter = await Sdk.Meter.open(key(3), service.status())
    const faults: string[] = []
    for (const [name, each] of Object.entries({ robot, client: robot.client, meter }))
      for (const method of methodsOf(each)) {
        const call = (...args: unknown[]) =>
          (each as never as { [name: string]: (...all: unknown[]) => unknown })[method]?.(...args)
        faults.push(
          ...(await faultsOf(`${name}.${method}`, call, method === 'pay' ? [{ to: key(2), amount: 1n }] : [])),
        )
      }
    expect(faults).toEqual([])
  })

  test('behavior: Robot.connect with each option odd', async () => {
    const service = new FakeService()
    const faults: string[] = []
    const names = [
      'account',
      'asset',
      'keep',
      'status',
      'spend',
      'validForSeconds',
      'fetch',
      'timeoutMs',
      'retryForMs',
      'chainId',
      'clearingHouse',
      'creditKey',
      'dollar',
      'energyCredit',
      'decimals',
    ]
    for (const name of names)
      for (const value of odd()) {
        const options = {
          account: key(1),
          fetch: service.fetch,
          keep: false,
          retryForMs: 0,
          timeoutMs: 200,
          [name]: value,
        }
        const fault = await outcome(() => Sdk.Robot.connect('http://fake.example', options as never))
        if (fault !== undefined) faults.push(`${name} ${shown(value)}: ${fault}`)
      }
    expect(faults).toEqual([])
  })
})
