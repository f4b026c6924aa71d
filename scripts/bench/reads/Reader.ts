/** The process that reads, from outside: told what to read, and when to stop. */

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as soon } from 'node:timers/promises'
import * as Children from '../../../src/cli/Children.ts'
import type { Task, Told } from './clients.ts'

/** Until connections are open and asking. */
const settleMs = 300

export class Reader {
  readonly #child: ChildProcess

  constructor() {
    this.#child = Children.own(
      fork(join(import.meta.dirname, 'clients.ts'), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }),
    )
  }

  async begin(task: Task): Promise<void> {
    this.#child.send(task)
    await once(this.#child, 'message')
    await soon(settleMs)
  }

  async stop(): Promise<Told> {
    this.#child.send('stop')
    const [told] = await once(this.#child, 'message')
    // What was under way has been broken off: the service may notice before it is measured again.
    await soon(settleMs)
    return told as Told
  }

  end(): void {
    this.#child.disconnect()
  }
}
