/** `sunledger serve` as a user runs it: everything that it starts ends with it, however it ends; what keeps it from starting is said. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, describe, expect, test } from 'vitest'
import { folder } from '../src/support/Folder.ts'
import { ask, follow } from '../src/support/Http.ts'

const main = join(import.meta.dirname, '../../src/cli/main.ts')
const running = new Set<ChildProcess>()

afterEach(() => {
  for (const child of running) process.kill(-(child.pid as number), 'SIGKILL')
})

interface Run {
  readonly pid: number
  readonly data: string
  /** The first line of stdout. */
  readonly line: Promise<string>
  readonly stderr: () => string
  /** Resolves when stderr has said it. */
  said(text: RegExp): Promise<RegExpMatchArray>
  readonly ended: Promise<number | null>
}

/** In a process group of its own, as a shell starts a command; Ctrl-C goes to the whole group. */
const serve = (flags: readonly string[] = [], data = join(folder(), 'data')): Run => {
  const port = flags.includes('--port') ? [] : ['--port', '0']
  const args = [main, 'serve', ...port, '--data', data, '--json', ...flags]
  const child = spawn(process.execPath, args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  running.add(child)
  let stderr = ''
  const looking = new Set<() => void>()
  const line = once(createInterface({ input: child.stdout }), 'line').then(([text]) => text as string)
  child.stderr.on('data', (part: Buffer) => {
    stderr += part.toString()
    for (const look of looking) look()
  })
  const ended = new Promise<number | null>((resolve) =>
    child.once('exit', (code) => {
      running.delete(child)
      resolve(code)
    }),
  )
  const said = (text: RegExp) =>
    new Promise<RegExpMatchArray>((resolve, reject) => {
      const look = () => {
        const match = text.exec(stderr)
        if (match === null) return
        looking.delete(look)
        resolve(match)
      }
      looking.add(look)
      look()
      void ended.then(() => reject(new Error(`it ended without saying ${text}:\n${stderr}`)))
    })
  return { pid: child.pid as number, data, line, stderr: () => stderr, said, ended }
}

interface Up extends Run {
  readonly url: string
  readonly rpcUrl: string
}

/** Resolves when it has said its addresses, as scripts wait for it. */
const ready = async (run: Run): Promise<Up> => ({
  ...run,
  ...(JSON.parse(await run.line) as { url: string; rpcUrl: string }),
})

/** Processes of a group: the command and what it started. Those that have ended and wait to be collected do not count. */
const members = (pid: number): { pid: number; command: string }[] =>
  execFileSync('ps', ['-eo', 'pgid=,pid=,stat=,args='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([group, , state]) => Number(group) === pid && !state?.startsWith('Z'))
    .map(([, own, , ...args]) => ({
      pid: Number(own),
      command: args.find((arg) => arg === 'chain' || arg === 'service') ?? 'serve',
    }))

const commands = (pid: number): string[] =>
  members(pid)
    .map(({ command }) => command)
    .toSorted()

const pidOf = (run: Run, command: string): number =>
  members(run.pid).find((member) => member.command === command)?.pid as number

/** How long it takes until nobody of a group is left. */
const emptied = async (pid: number): Promise<number> => {
  const startedMs = performance.now()
  while (members(pid).length > 0) {
    if (performance.now() - startedMs > 10_000) throw new Error(`left behind: ${commands(pid)}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return performance.now() - startedMs
}

/** Resolves when the service answers. */
const up = async (url: string): Promise<void> => {
  for (;;) {
    const answer = await ask(`${url}/healthz`, 'GET', {}).catch(() => undefined)
    if (answer?.status === 200) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

describe('ending', () => {
  test('behavior: Ctrl-C ends all processes within 2 s, with streams open; a service that died before was started again', async () => {
    const run = await ready(serve())
    expect(commands(run.pid)).toEqual(['chain', 'serve', 'service'])
    const killed = pidOf(run, 'service')
    process.kill(killed, 'SIGKILL')
    await run.said(/the service ended \(signal SIGKILL\); starting it again/)
    await up(run.url)
    expect(pidOf(run, 'service')).not.toBe(killed)
    const stream = await follow(`${run.url}/v1/events`)
    process.kill(-run.pid, 'SIGINT')
    expect(await emptied(run.pid)).toBeLessThan(2000)
    expect(await run.ended).toBe(0)
    await stream.ended
    expect(run.stderr()).not.toMatch(/SL\d{3}|Error/)
  })

  test('behavior: Ctrl-C while it is starting leaves nothing behind either', async () => {
    for (const text of [/^/, /local chain on/]) {
      const run = serve()
      await run.said(text)
      process.kill(-run.pid, 'SIGINT')
      expect(await emptied(run.pid)).toBeLessThan(2000)
      expect(run.stderr()).not.toMatch(/SL\d{3}/)
    }
  })

  test('behavior: kill -9 of the parent ends its children', async () => {
    const run = await ready(serve())
    process.kill(run.pid, 'SIGKILL')
    expect(await emptied(run.pid)).toBeLessThan(2000)
  })

  test('error: SL611 when the chain dies: it cannot go on without it', async () => {
    const run = await ready(serve())
    process.kill(pidOf(run, 'chain'), 'SIGKILL')
    expect(await run.ended).toBe(1)
    expect(run.stderr()).toContain('SL611: The chain process ended.')
    expect(await emptied(run.pid)).toBeLessThan(2000)
  })
})

describe('what keeps it from starting', () => {
  test.each(['--port', '--chain-port'])(
    'error: SL502 for a %s in use, said once; nothing is left behind',
    async (flag) => {
      const other = createServer()
      await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
      const { port } = other.address() as AddressInfo
      const run = serve([flag, String(port)])
      expect(await run.ended).toBe(1)
      expect(run.stderr().match(/SL\d{3}: .*/g)).toEqual([`SL502: Port ${port} is in use by another program.`])
      expect(run.stderr()).not.toContain(' at ')
      expect(await emptied(run.pid)).toBeLessThan(2000)
      other.close()
    },
  )

  test('error: SL401 for a data folder that another one uses, from its first moment on; the other is not disturbed', async () => {
    const first = serve()
    await first.said(/local chain on/)
    const second = serve([], first.data)
    expect(await second.ended).toBe(1)
    expect(second.stderr().match(/SL\d{3}: .*/g)).toEqual(['SL401: The data folder is in use by another process.'])
    expect(commands(second.pid)).toEqual([])
    const { url } = await ready(first)
    expect((await ask(`${url}/readyz`, 'GET', {})).status).toBe(200)
    process.kill(-first.pid, 'SIGTERM')
    expect(await emptied(first.pid)).toBeLessThan(2000)
  })
})
