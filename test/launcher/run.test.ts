/**
 * The launcher in a task's place: exit codes, streams and signals pass through, a signal arrives exactly once however it was sent, and
 * nothing outlives the launcher. Real processes, because that is where such promises break.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'

const folder = mkdtempSync(path.join(tmpdir(), 'sunledger-run-'))
const log = path.join(folder, 'log')
const task = path.join(folder, 'task.mjs')
const launcher = path.join(folder, 'launcher.mjs')
const runModule = pathToFileURL(path.join(import.meta.dirname, '../../bin/launcher/run.mjs')).href

// Notes every signal, and ends a while after the first with a code of its own, as a task that tidies up does. It also
// ends some time after its input, so that a test run that is cut off leaves nothing behind.
writeFileSync(
  task,
  `import { appendFileSync } from 'node:fs'
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      appendFileSync(process.argv[2], signal + ' ')
      setTimeout(() => process.exit(7), 1000)
    })
  }
  process.stdin.on('data', (data) => process.exit(Number(data))).on('end', () => setTimeout(() => process.exit(0), 3000))
  console.log(process.pid)
  setInterval(() => {}, 1000)`,
)
writeFileSync(
  launcher,
  `import { endLike, run } from '${runModule}'
  endLike(await run(process.execPath, process.argv.slice(2), { env: process.env }))`,
)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

type Launcher = ChildProcessByStdio<Writable, Readable, null>

/** Starts a launcher in a process group of its own and waits until its task listens. */
async function start(): Promise<{ process: Launcher; taskPid: number }> {
  writeFileSync(log, '')
  // A launcher that npm runs also looks whether npm is still there; this one counts as started by hand.
  const { npm_lifecycle_event: _, npm_config_user_agent: __, ...env } = process.env
  const started = spawn(process.execPath, [launcher, task, log], {
    detached: true,
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const [line] = await once(started.stdout.setEncoding('utf8'), 'data')
  await delay(200)
  return { process: started, taskPid: Number(line) }
}

const signalsSeen = () => readFileSync(log, 'utf8').trim()

const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe.skipIf(process.platform === 'win32')('run', () => {
  it('behavior: passes streams and the exit code through', async () => {
    const { process: started } = await start()
    started.stdin.write('42')
    expect(await once(started, 'exit')).toEqual([42, null])
  })

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'behavior: passes on a %s that only the launcher got',
    async (signal) => {
      const { process: started } = await start()
      started.kill(signal)
      expect(await once(started, 'exit')).toEqual([7, null])
      expect(signalsSeen()).toBe(signal)
    },
  )

  it('behavior: does not repeat a signal that the whole group got, as from Ctrl-C', async () => {
    const { process: started } = await start()
    process.kill(-(started.pid ?? 0), 'SIGINT')
    // npm passes the same signal on a moment later.
    await delay(50)
    started.kill('SIGINT')
    expect(await once(started, 'exit')).toEqual([7, null])
    expect(signalsSeen()).toBe('SIGINT')
  })

  it('behavior: ends the way its task was ended', async () => {
    const { process: started, taskPid } = await start()
    process.kill(taskPid, 'SIGKILL')
    expect(await once(started, 'exit')).toEqual([137, null])
  })

  it('behavior: leaves no task behind when it is killed itself', async () => {
    const { process: started, taskPid } = await start()
    started.kill('SIGKILL')
    await once(started, 'exit')
    await expect.poll(() => isAlive(taskPid), { timeout: 5_000 }).toBe(false)
    expect(signalsSeen()).toBe('SIGTERM')
  })
})
