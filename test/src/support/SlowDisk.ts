/** A disk that takes its time: for what happens while payments wait for it. */
import type { Journal } from '../../../src/store/Journal.ts'

/** A journal that takes nothing while it is held. */
export const slowDisk = () => {
  let held: Promise<void> | undefined
  let release = () => {}
  const through = (journal: Journal): Journal =>
    new Proxy(journal, {
      get: (target, name) => {
        const value = Reflect.get(target, name) as unknown
        if (name !== 'append') return typeof value === 'function' ? value.bind(target) : value
        return async (...args: Parameters<Journal['append']>) => {
          await held
          return target.append(...args)
        }
      },
    })
  return {
    through,
    hold() {
      held = new Promise((resolve) => {
        release = resolve
      })
    },
    release: () => release(),
  }
}
