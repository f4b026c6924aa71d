/** Scenarios in which real faults and real attacks are made, as a user runs them: what was lost, and whether every check holds afterwards. */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import type { Document } from '../../src/report/Document.ts'

const main = join(import.meta.dirname, '../../src/cli/main.ts')
const folders: string[] = []

afterEach(() => {
  for (const made of folders.splice(0)) rmSync(made, { recursive: true, force: true })
})

const run = async (name: string, flags: readonly string[] = []): Promise<Document> => {
  const out = mkdtempSync(join(tmpdir(), 'sunledger-scenario-'))
  folders.push(out)
  const args = [main, 'demo', '--scenario', name, '--exit', '--json', '--out', out, ...flags]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (part: Buffer) => {
    stdout += part.toString()
  })
  child.stderr.on('data', (part: Buffer) => {
    stderr += part.toString()
  })
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  if (code !== 0) throw new Error(`exit code ${code}:\n${stderr}`)
  return JSON.parse(stdout) as Document
}

const found = ({ answer }: Document, name: RegExp): string =>
  answer.findings.find((finding) => name.test(finding.name))?.value ?? 'not found'

describe('byzantine', () => {
  test('behavior: attackers gain nothing, but for a stolen key’s budget and what a meter may mint; every check holds', async () => {
    const report = await run('byzantine')
    expect(report.checks.filter(({ ok }) => !ok)).toEqual([])
    const gains = report.answer.findings.flatMap(({ value }) => {
      const match = /gained (-?\d+), honest lost (-?\d+)/.exec(value)
      return match === null ? [] : [[match[1], match[2]]]
    })
    expect(gains).toEqual([
      ...new Array(5).fill(['0', '0']),
      ['50000', '50000'],
      ['0', '0'],
      ['900000', '0'],
      ...new Array(2).fill(['0', '0']),
    ])
    expect(found(report, /flood of/)).toMatch(/^3000 of 3000/)
  })
})

describe('blackout', () => {
  test('behavior: killed, stopped and undone, nothing is lost and nothing made twice', async () => {
    const report = await run('blackout', ['--robots', '60'])
    expect(report.checks.filter(({ ok }) => !ok)).toEqual([])
    const [acknowledged, journaled, settled] = found(report, /acknowledged/).split(' / ')
    expect([journaled, settled]).toEqual([acknowledged, acknowledged])
    expect(found(report, /while the chain stands still/)).toMatch(/^accepted after/)
    expect(found(report, /forgot/)).toMatch(/accounts undone/)
    expect(report.answer.conclusion).toContain('lost: 0; made twice: 0')
  })
})
