/** The benches' entry: what it says without starting any. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import * as Output from '../../scripts/bench/Output.ts'

const main = fileURLToPath(new URL('../../scripts/bench/main.ts', import.meta.url))

const bench = async (...args: string[]) => {
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [main, ...args])
    return { code: 0, stdout, stderr }
  } catch (error) {
    return error as { code: number; stdout: string; stderr: string }
  }
}

describe('bench', () => {
  test('behavior: --help, --list and each bench’s own help go to stdout', async () => {
    expect((await bench('--help')).stdout).toContain('Usage: npm run -s bench -- NAME')
    expect((await bench('--list')).stdout).toMatch(/^ {2}gas {2,}\S/m)
    expect(await bench('gas', '--json', '--help')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('bench -- gas'),
    })
  })

  test('error: an unknown name, or none, ends with 2 and the list', async () => {
    for (const name of ['nothing', 'constructor'])
      expect(await bench(name)).toMatchObject({
        code: 2,
        stdout: '',
        stderr: expect.stringMatching(new RegExp(`^SL530: there is no bench '${name}', but .*gas`)),
      })
    expect(await bench()).toMatchObject({ code: 2, stdout: expect.stringContaining('  gas ') })
  })

  test('behavior: tables line up, figures to the right', () => {
    expect(
      Output.table(
        ['name', 'gas'],
        [
          ['a', '1'],
          ['bcdef', '1 000'],
        ],
        [1],
      ),
    ).toBe(['name     gas', 'a          1', 'bcdef  1 000'].join('\n'))
    expect(Output.grouped(1_234_567n)).toBe('1 234 567')
  })
})
