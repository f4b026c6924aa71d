/** What the contracts declare and promise is held by tests that exist: every error and event, and every bound of the threat model. */
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'

const root = path.join(import.meta.dirname, '..', '..', '..')
const textOf = (file: string): string => readFileSync(path.join(root, file), 'utf8')
const testFiles = globSync('test/contracts/**/*.t.sol', { cwd: root })
const tests = testFiles.map(textOf).join('\n')

/** The clearing house, the meter and the tokens; `contracts/peers` is of the cost study and holds nobody's money. */
const ours = globSync('contracts/**/*.sol', { cwd: root }).filter(
  (file) => !file.replaceAll('\\', '/').startsWith('contracts/peers/'),
)

/** Names that our sources declare, as `error Name(` or `event Name(`. */
const declared = (kind: 'error' | 'event'): string[] =>
  ours.flatMap((file) =>
    [...textOf(file).matchAll(new RegExp(`^ +${kind} (\\w+)\\(`, 'gm'))].map(([, name]) => name as string),
  )

describe('interfaces', () => {
  it('behavior: every error is expected by a test', () => {
    const names = declared('error')
    expect(names.length).toBeGreaterThan(40)
    expect(names.filter((name) => !new RegExp(`\\b${name}\\.selector\\b`).test(tests))).toEqual([])
  })

  it('behavior: every event is expected by a test', () => {
    const names = declared('event')
    expect(names.length).toBeGreaterThan(20)
    const expects = (name: string) => new RegExp(`emit [\\w.]*\\b${name}\\(|\\b${name}\\.selector\\b`).test(tests)
    expect(names.filter((name) => !expects(name))).toEqual([])
  })
})

describe('threat model', () => {
  const section = textOf('contracts/README.md').split('## Who can do what')[1]?.split(/^## /m)[0] ?? ''
  /** The last column: `Test`, `Test` (File), … */
  const shown = section
    .split('\n')
    .filter((line) => /^\|.*`/.test(line))
    .flatMap((line) => [...(line.split('|').at(-2) ?? '').matchAll(/((?:`[^`]+`(?:, )?)+)\s*\((\w+)\)/g)])
    .flatMap(([, names = '', file = '']) => [...names.matchAll(/`([^`]+)`/g)].map(([, name = '']) => ({ name, file })))

  it('behavior: every bound names a test that exists', () => {
    expect(shown.length).toBeGreaterThan(20)
    const missing = shown.filter(({ name, file }) => {
      const text = testFiles
        .filter((test) => path.basename(test) === `${file}.t.sol`)
        .map(textOf)
        .join('\n')
      const whole = name.endsWith('…') ? `${name.slice(0, -1)}\\w*` : name
      return !new RegExp(`function (test_|testFuzz_|invariant_)?${whole}\\(`).test(text)
    })
    expect(missing).toEqual([])
  })

  it('behavior: every row has its bound and its test', () => {
    const rows = section.split('\n').filter((line) => /^\| (?!who|---)/.test(line))
    expect(rows.length).toBeGreaterThan(15)
    expect(rows.filter((row) => !/\| [^|]*`[^`]+`[^|]* \|$/.test(row))).toEqual([])
  })
})
