/** A progress bar on stderr: rewritten in place on a terminal, a line now and then elsewhere. */

export interface Bar {
  /** @param doing what is under way */
  show(done: number, all: number, doing: string): void
  step(text: string): void
  end(): void
}

const quietMs = { terminal: 100, elsewhere: 10_000 }
const width = 24

/** For example: [███████▌                ]  31 %  0:42 left  W3 channel */
export const line = (done: number, all: number, elapsedMs: number, doing: string): string => {
  const share = all === 0 ? 1 : Math.min(1, done / all)
  const filled = Math.round(share * width)
  const leftSeconds = share < 0.02 ? undefined : Math.round((elapsedMs * (1 - share)) / share / 1000)
  const left =
    leftSeconds === undefined
      ? ''
      : `  ${Math.floor(leftSeconds / 60)}:${String(leftSeconds % 60).padStart(2, '0')} left`
  const bar = '█'.repeat(filled) + '░'.repeat(width - filled)
  return `${bar} ${String(Math.floor(share * 100)).padStart(3)} %${left}  ${doing}`
}

export const create = (stream: NodeJS.WriteStream, nowMs: () => number = () => performance.now()): Bar => {
  const terminal = stream.isTTY === true
  const beganMs = nowMs()
  let lastMs = beganMs
  let open = false
  const end = (): void => {
    if (open) stream.write('\r\u001B[2K')
    open = false
  }
  return {
    show(done, all, doing) {
      if (nowMs() - lastMs < (terminal ? quietMs.terminal : quietMs.elsewhere)) return
      lastMs = nowMs()
      const text = line(done, all, nowMs() - beganMs, doing)
      // A line that wraps could not be rewritten.
      stream.write(terminal ? `\r\u001B[2K${text.slice(0, (stream.columns ?? 80) - 1)}` : `${text}\n`)
      open = terminal
    },
    step(text) {
      end()
      stream.write(`${text}\n`)
    },
    end,
  }
}
