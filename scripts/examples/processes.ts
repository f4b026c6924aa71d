/**
 * The processes that examples start: programs of their own, as a user would start them. A service that was started is always ended again.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import * as Children from '../../src/cli/Children.ts'

const cli = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
// 'sunledger' means this clone's sources; node:sqlite's warning says nothing about an example.
const flags = ['--conditions=sunledger-source', '--disable-warning=ExperimentalWarning']

// Whoever ends the example ends what it started: the programs first, then, in `finally`, the service.
const running = new Set<ChildProcess>()
let interrupted = false
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => {
    interrupted = true
    for (const child of running) child.kill(signal)
  })

/** Runs a program with this terminal until it ends; its exit code. */
export const runNode = (program: URL, args: readonly string[]): Promise<number> =>
  ended(Children.own(spawn(process.execPath, [...flags, fileURLToPath(program), ...args], { stdio: 'inherit' })))

/** Runs `sunledger` with this terminal but for its stdout, which is read. */
export const readCli = async (args: readonly string[]): Promise<{ code: number; output: string }> => {
  const child = Children.own(
    spawn(process.execPath, [...flags, cli, ...args], { stdio: ['inherit', 'pipe', 'inherit'] }),
  )
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  return { code: await ended(child), output }
}

const ended = async (child: ChildProcess): Promise<number> => {
  running.add(child)
  if (interrupted) child.kill()
  const [code] = (await once(child, 'close')) as [number | null]
  running.delete(child)
  return interrupted ? 130 : (code ?? 1)
}

export interface RunningService {
  readonly url: string
  stop(): Promise<void>
}

/** A program of ours that says on its first line where it listens. */
export const startProgram = async (program: URL, args: readonly string[]): Promise<RunningService> => {
  const child = Children.own(
    spawn(process.execPath, [...flags, fileURLToPath(program), ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  )
  running.add(child)
  const stop = async (): Promise<void> => {
    await end(child)
    running.delete(child)
  }
  try {
    return { url: await firstLine(child, 'The program'), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** A local chain and a service, as `sunledger serve` starts them, with their data in a temporary folder. */
export const startService = async (): Promise<RunningService> => {
  const folder = await mkdtemp(join(tmpdir(), 'sunledger-'))
  const args = ['serve', '--json', '--port', '0', '--chain-port', '0', '--data', join(folder, 'data')]
  const child = Children.own(spawn(process.execPath, [...flags, cli, ...args], { stdio: ['ignore', 'pipe', 'pipe'] }))
  running.add(child)
  const stop = async (): Promise<void> => {
    await end(child)
    running.delete(child)
    await rm(folder, { recursive: true, force: true })
  }
  try {
    const { url } = JSON.parse(await firstLine(child, 'The service')) as { url: string }
    return { url, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

const end = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await ended
}

/** The first line on stdout says where it is. What it says besides is of interest only when it fails. */
const firstLine = async (child: ChildProcess, what: string): Promise<string> => {
  let said = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-4000)
  })
  const failed = once(child, 'close').then(([code]) => {
    throw new Error(`${what} ended while starting, with code ${code}:\n${said}`)
  })
  failed.catch(() => {})
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })
  const [line] = (await Promise.race([once(lines, 'line'), failed])) as [string]
  return line
}
