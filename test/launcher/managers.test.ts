/**
 * The scripts of package.json under each package manager that is on the path: they run, relative paths mean the folder in which they
 * were called, and a signal ends everything. npm is always there; the others are tried where they are installed.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, describe, expect, it } from 'vitest'
import { root } from '../../scripts/test/steps.ts'

const read = (file: string) => JSON.parse(readFileSync(path.join(root, file), 'utf8'))

/** Where the scripts are called: a folder of the project, whose name needs quoting, and which nobody misses. */
const place = path.join(root, 'reports', 'a place ü')

afterEach(() => {
  for (const [pid] of processesAt(place)) process.kill(pid, 'SIGKILL')
  rmSync(place, { recursive: true, force: true })
})

const managers = { npm: ['run', '-s'], pnpm: ['-s', 'run'], bun: ['run', '--silent'], deno: ['task', '-q'] } as const
type Manager = keyof typeof managers
const isThere = (name: Manager): boolean => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0
const there = (Object.keys(managers) as Manager[]).filter(isThere)

/** Without what the npm that runs this test says of itself. */
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(npm_|INIT_CWD)/i.test(name)))

const start = (manager: Manager, script: string, args: readonly string[]): ChildProcess => {
  mkdirSync(place, { recursive: true })
  const separated = manager === 'npm' ? ['--', ...args] : args
  const child = spawn(manager, [...managers[manager], script, ...separated], {
    ...{ cwd: place, env, detached: true },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return child
}

const ended = async (child: ChildProcess) => {
  let [out, err] = ['', '']
  child.stdout?.on('data', (part: Buffer) => {
    out += part
  })
  child.stderr?.on('data', (part: Buffer) => {
    err += part
  })
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, out, err }
}

/** Processes whose command line names a folder, but for those that have ended: some package managers start a group of their own. */
const processesAt = (folder: string): [pid: number, command: string][] =>
  execFileSync('ps', ['-eo', 'pid=,stat=,args='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [])
    .filter(([, , state = 'Z', command = '']) => !state.startsWith('Z') && command.includes(folder))
    .map(([, pid, , command = '']) => [Number(pid), command])

describe('package.json', () => {
  const { scripts } = read('package.json') as { scripts: Record<string, string> }

  it('behavior: its scripts put the launcher in the place of the shell', () => {
    for (const script of Object.values(scripts)) expect(script).toMatch(/^exec node scripts\/launcher\.mjs /)
  })

  it('behavior: Deno, whose shell has no exec, has the same scripts in deno.json', () => {
    const { prepack: _, ...usable } = scripts
    const without = Object.entries(usable).map(([name, script]) => [name, script.replace(/^exec /, '')])
    expect(read('deno.json').tasks).toEqual(Object.fromEntries(without))
  })

  it('behavior: Yarn, whose shell has no exec either, is given one', async () => {
    const [, file = ''] = /^plugins:\n {2}- (\S+)$/m.exec(readFileSync(path.join(root, '.yarnrc.yml'), 'utf8')) ?? []
    const plugin = createRequire(path.join(root, 'package.json'))(file)
    const made: unknown[][] = []
    await plugin.factory().hooks.setupScriptEnvironment({}, {}, async (...wrapper: unknown[]) => made.push(wrapper))
    expect(made.map(([name]) => name)).toEqual(['exec'])
    const [, program, args] = made[0] as [string, string, string[]]
    const { stdout } = spawnSync(program, [...args, process.execPath, '-p', '6 * 7'], { encoding: 'utf8' })
    expect(stdout.trim()).toBe('42')
  })

  it('behavior: a yarn.lock is no reason for npm to write into it', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'sunledger-yarn-'))
    const lock = '# yarn lockfile v1\n\n\n"left@^1.0.0":\n  version "1.0.0"\n'
    try {
      writeFileSync(path.join(folder, 'package.json'), '{"name":"a","version":"1.0.0","private":true}')
      const packages = { '': { name: 'a', version: '1.0.0' } }
      const ours = { name: 'a', version: '1.0.0', lockfileVersion: 3, requires: true, packages }
      writeFileSync(path.join(folder, 'package-lock.json'), JSON.stringify(ours))
      writeFileSync(path.join(folder, 'yarn.lock'), lock)
      mkdirSync(path.join(folder, 'node_modules'))
      const { ensureDependencies } = await import('../../bin/launcher/dependencies.mjs')
      await ensureDependencies(folder, { file: process.execPath, version: process.versions.node })
      expect(readFileSync(path.join(folder, 'yarn.lock'), 'utf8')).toBe(lock)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})

/** Each starts Node several times over, which takes its time on a machine that is busy. */
const timeout = 60_000

describe.skipIf(process.platform === 'win32').each(there)('%s', { timeout }, (manager) => {
  // Bun does not say where it was called.
  it.skipIf(manager === 'bun')('behavior: relative paths mean the folder in which a script was called', async () => {
    mkdirSync(path.join(place, 'data'), { recursive: true })
    const list = ['payer,payee,amount,time', 'a,b,0.000125,2026-11-24T10:00:00Z'].join('\n')
    writeFileSync(path.join(place, 'payments.csv'), list)
    writeFileSync(path.join(place, 'own.json'), '{"base":{"gasPriceGwei":"0.01"}}')
    writeFileSync(path.join(place, 'report.json'), '{}')
    writeFileSync(path.join(place, 'robot.key'), 'no key', { mode: 0o600 })
    const run = async (script: string, ...args: string[]) => ended(start(manager, script, args))
    const pay = ['pay', '--to', `0x${'1'.repeat(40)}`, '--amount', '1', '--key-file', 'robot.key']
    const [report, journal, paying, trace, strategy] = [
      await run('sunledger', 'report', '--out', '.'),
      await run('sunledger', 'journal', '--data', 'data'),
      await run('sunledger', ...pay),
      await run('start', '--jobs', 'payments.csv'),
      await run('start', '--strategy', 'own.json'),
    ]
    // Each was found, and was wrong.
    expect(report.err).toMatch(/SL731[\s\S]*version undefined/)
    expect(journal.err).toMatch(/SL4\d\d/)
    expect(paying.err).toMatch(/SL672[\s\S]*something else/)
    expect(trace.err).toMatch(/SL70[2-9]/)
    expect(strategy.err).toMatch(/SL719/)
    expect(strategy.err).not.toMatch(/cannot find module/i)
  })

  it.each([
    ['Ctrl-C, which goes to the whole group', 'SIGINT', true],
    ['SIGTERM to it alone', 'SIGTERM', false],
    ['SIGKILL to it alone', 'SIGKILL', false],
  ] as const)('behavior: %s ends everything', async (_, signal, toGroup) => {
    const child = start(manager, 'sunledger', ['serve', '--json', '--port', '0', '--data', path.join(place, 'data')])
    const pid = child.pid as number
    const [line] = await once(createInterface({ input: child.stdout as NodeJS.ReadableStream }), 'line')
    expect(JSON.parse(line as string)).toHaveProperty('url')
    expect(processesAt(place).map(([, command]) => command)).toContainEqual(expect.stringContaining(' service '))
    process.kill(toGroup ? -pid : pid, signal)
    await expect.poll(() => processesAt(place), { timeout: 20_000 }).toEqual([])
  })
})
