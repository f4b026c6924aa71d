/** `sunledger demo` as a process of its own, small, watched by what it says on stderr. Whatever a test leaves running ends with it. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const main = join(import.meta.dirname, '../../src/cli/main.ts')
/** One day before, and no study over many seeds. */
export const brief = ['--days', '1', '--seeds', '1']

export const few = ['--robots', '30', '--producers', '6', '--sites', '2', '--stations', '2', '--slots', '6']

/** A day that takes a few seconds. */
export const small = [...few, ...brief]

const folders: string[] = []
const running = new Set<ChildProcess>()

export const folder = (): string => {
  const made = mkdtempSync(join(tmpdir(), 'sunledger-demo-'))
  folders.push(made)
  return made
}

/** To be called after each test. */
export const clear = (): void => {
  for (const child of running) child.kill('SIGKILL')
  running.clear()
  for (const made of folders.splice(0)) rmSync(made, { recursive: true, force: true })
}

export interface Run {
  readonly child: ChildProcess
  readonly out: string
  readonly ended: Promise<{ code: number | null; stdout: string; stderr: string }>
  /** Resolves when stderr has said it. */
  said(text: string | RegExp): Promise<RegExpMatchArray>
}

export const start = (flags: readonly string[]): Run => {
  const out = folder()
  const child = spawn(process.execPath, [main, 'demo', '--out', out, ...flags], { stdio: ['ignore', 'pipe', 'pipe'] })
  running.add(child)
  let [stdout, stderr] = ['', '']
  const waiting: { text: string | RegExp; resolve: (match: RegExpMatchArray) => void }[] = []
  const tell = () => {
    for (const { text, resolve } of waiting) {
      const match = stderr.match(text)
      if (match !== null) resolve(match)
    }
  }
  child.stdout.on('data', (part: Buffer) => {
    stdout += part.toString()
  })
  child.stderr.on('data', (part: Buffer) => {
    stderr += part.toString()
    tell()
  })
  const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) =>
    child.once('close', (code) => {
      running.delete(child)
      resolve({ code, stdout, stderr })
    }),
  )
  const said = (text: string | RegExp) =>
    new Promise<RegExpMatchArray>((resolve, reject) => {
      waiting.push({ text, resolve })
      void ended.then(() => reject(new Error(`it ended without saying ${String(text)}:\n${stderr}`)))
      tell()
    })
  return { child, out, ended, said }
}

/** Processes whose command line names a folder, by pid. */
export const processesOf = (name: string, command: string): number[] => {
  const lines = execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' }).split('\n')
  return lines
    .filter((line) => line.includes(name) && line.includes(` ${command} `))
    .map((line) => Number.parseInt(line, 10))
}
