/** Which suites are likely to notice a mutant: those that noticed its neighbours. */
import type { Mutant } from './Mutate.ts'
import type { Verdict } from './worker.ts'

export class Killers {
  /** By file, and by function. */
  private readonly counts = new Map<string, Map<string, number>>()

  note({ file, key }: Mutant, { by }: Pick<Verdict, 'by'>): void {
    if (by === undefined || !by.includes('.')) return
    const suite = by.slice(0, by.indexOf('.'))
    for (const place of [file, functionOf(key)]) {
      const counts = this.counts.get(place) ?? new Map<string, number>()
      this.counts.set(place, counts.set(suite, (counts.get(suite) ?? 0) + 1))
    }
  }

  /** What noticed the very mutant before, then what noticed others in its function, then in its file. */
  orderFor({ file, key }: Mutant, before: string | undefined): string[] {
    const byCount = (place: string) =>
      [...(this.counts.get(place) ?? [])].sort(([, one], [, other]) => other - one).map(([suite]) => suite)
    return [...new Set([...(before === undefined ? [] : [before]), ...byCount(functionOf(key)), ...byCount(file)])]
  }
}

const functionOf = (key: string): string => key.slice(0, key.indexOf(':'))
