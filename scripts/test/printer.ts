/**
 * Prints what several steps say at the same time as if they ran in order: the first that has not finished prints at once, the others
 * when it is their turn.
 */

type Stream = 'stdout' | 'stderr'

export class Printer {
  private readonly waiting: readonly string[]
  private readonly kept = new Map<string, { stream: Stream; text: string }[]>()
  private readonly finished = new Set<string>()
  private turn = 0

  /** @param order the names of all steps, in the order of their output */
  constructor(order: readonly string[]) {
    this.waiting = order
  }

  write(name: string, stream: Stream, text: string): void {
    if (name === this.waiting[this.turn]) process[stream].write(text)
    else this.kept.set(name, [...(this.kept.get(name) ?? []), { stream, text }])
  }

  finish(name: string): void {
    this.finished.add(name)
    while (this.finished.has(this.waiting[this.turn] ?? '')) {
      this.turn += 1
      const next = this.waiting[this.turn] ?? ''
      for (const { stream, text } of this.kept.get(next) ?? []) process[stream].write(text)
      this.kept.delete(next)
    }
  }
}
