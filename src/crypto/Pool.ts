/**
 * Signature checks on more than one core. What comes in during one turn of the event loop is dealt out to threads in batches; answers come in
 * the order of the questions, as if one thread had worked on them all. A payment that comes alone is checked at once by whoever asks: handing
 * it over would only take longer. A thread that dies takes nothing with it: what it had is done here.
 */
import { Worker } from 'node:worker_threads'
import * as Core from '../core/Packed.ts'
import { threadFile } from '../core/Threads.ts'
import type { Domain } from './Digest.ts'
import * as Packed from './Packed.ts'

export interface Pool {
  /** See `clearing/Arrivals`: writes id and payer, says whether the signature is one. */
  check(payment: Core.Packed, then: (isSigned: boolean) => void): void
  close(): void
}

interface Question {
  readonly payment: Core.Packed
  readonly then: (isSigned: boolean) => void
}

interface Batch {
  readonly questions: readonly Question[]
  /** Undefined: not answered yet. */
  answers: readonly boolean[] | undefined
}

interface Thread {
  readonly worker: Worker
  /** Oldest first. */
  readonly batches: Batch[]
}

const mostAtOnce = 64
/** Fewer are not worth a thread's waking up. */
const leastAtOnce = 2

/** @param threads at least one */
export const create = (domain: Domain, threads: number): Pool => {
  let waiting: Question[] = []
  let isDue = false
  const pending: Batch[] = []
  const workers: Thread[] = []

  const checkHere = ({ payment }: Question): boolean => Packed.identify(domain, payment)

  /** Answers whoever is first in line, as far as answers are there. */
  const deliver = (): void => {
    for (let first = pending[0]; first?.answers !== undefined; first = pending[0]) {
      pending.shift()
      const { questions, answers } = first
      questions.forEach(({ then }, i) => {
        then(answers?.[i] === true)
      })
    }
  }

  const take = ({ batches }: Thread, memory: ArrayBuffer, isSigned: readonly boolean[]): void => {
    const batch = batches.shift()
    if (batch === undefined) return
    const bytes = Buffer.from(memory)
    const { at, sizeP256 } = Core
    batch.questions.forEach(({ payment }, i) => {
      const from = i * sizeP256
      bytes.copy(payment.bytes, payment.start + at.id, from + at.id, from + at.id + 32)
      bytes.copy(payment.bytes, payment.start + at.payer, from + at.payer, from + at.payer + 20)
    })
    batch.answers = isSigned
    deliver()
  }

  const lose = (thread: Thread): void => {
    const place = workers.indexOf(thread)
    if (place < 0) return
    workers.splice(place, 1)
    for (const batch of thread.batches.splice(0)) batch.answers = batch.questions.map(checkHere)
    deliver()
  }

  const hire = (): void => {
    const worker = new Worker(threadFile(import.meta.url, 'PoolThread'), { workerData: domain })
    worker.unref()
    const thread: Thread = { worker, batches: [] }
    worker.on('message', ({ memory, isSigned }) => take(thread, memory, isSigned))
    worker.on('error', () => lose(thread))
    worker.on('exit', () => lose(thread))
    workers.push(thread)
  }

  const hand = (thread: Thread, batch: Batch): void => {
    const bytes = Buffer.from(new ArrayBuffer(batch.questions.length * Core.sizeP256))
    batch.questions.forEach(({ payment }, i) => {
      payment.bytes.copy(bytes, i * Core.sizeP256, payment.start, payment.start + payment.size)
    })
    const memory = bytes.buffer as ArrayBuffer
    thread.batches.push(batch)
    thread.worker.postMessage({ memory, sizes: batch.questions.map(({ payment }) => payment.size) }, [memory])
  }

  const deal = (): void => {
    isDue = false
    const questions = waiting
    waiting = []
    const share = Math.min(mostAtOnce, Math.max(leastAtOnce, Math.ceil(questions.length / Math.max(1, workers.length))))
    for (let i = 0; i < questions.length; i += share) {
      const batch: Batch = { questions: questions.slice(i, i + share), answers: undefined }
      pending.push(batch)
      const [idle] = [...workers].sort((a, b) => a.batches.length - b.batches.length)
      const isAlone = batch.questions.length < leastAtOnce && pending.length === 1
      if (idle === undefined || isAlone) batch.answers = batch.questions.map(checkHere)
      else hand(idle, batch)
    }
    deliver()
  }

  for (let i = 0; i < threads; i++) hire()
  return {
    check(payment, then) {
      waiting.push({ payment, then })
      if (isDue) return
      isDue = true
      setImmediate(deal)
    },
    close() {
      for (const { worker } of [...workers]) void worker.terminate()
    },
  }
}
