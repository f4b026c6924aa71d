/**
 * Signature checks on more than one core. Payments go into memory that is shared with threads (`PoolRing`); whoever is free takes the next one,
 * and that is also the thread that asks, while it has nothing better to do. Answers come in the order of the questions, as if one thread had
 * worked on them all. A thread that dies takes nothing with it: all that had no answer is done here.
 */
import { Worker } from 'node:worker_threads'
import * as Core from '../core/Packed.ts'
import { threadFile } from '../core/Threads.ts'
import type { Domain } from './Digest.ts'
import * as Packed from './Packed.ts'
import * as PoolRing from './PoolRing.ts'
import type { Start } from './PoolThread.ts'

export interface Pool {
  /** See `clearing/Arrivals`: writes id and payer, says whether the signature is one. */
  check(payment: Core.Packed, then: (isSigned: boolean) => void): void
  close(): void
}

interface Question {
  readonly payment: Core.Packed
  readonly then: (isSigned: boolean) => void
  /** Found out here. */
  answer: boolean | undefined
}

/** How many are done here before the event loop turns once more: a fifth of a millisecond. */
const mostHere = 4
/** As many as come together are shown to threads at once, without waiting for the end of the turn. */
const lot = 8

/** Threads and the ring that they share. */
interface Crew {
  readonly ring: PoolRing.Ring
  readonly workers: readonly Worker[]
}

/** @param onAnswer a thread has answered while it was waited for @param onLoss one has ended */
const hire = (domain: Domain, threads: number, onAnswer: () => void, onLoss: () => void): Crew => {
  const shared = PoolRing.memory()
  const workers = Array.from({ length: threads }, () => {
    const start: Start = { domain, shared }
    const worker = new Worker(threadFile(import.meta.url, 'PoolThread'), { workerData: start })
    worker.unref()
    worker.on('message', onAnswer)
    worker.on('error', onLoss)
    worker.on('exit', onLoss)
    return worker
  })
  return { ring: PoolRing.open(shared), workers }
}

/** Takes over what a thread has found out. */
const copyAnswer = (to: Core.Packed, from: Core.Packed): void => {
  const { at } = Core
  Core.copyWords(to.view, to.start + at.id, from.view, from.start + at.id, 32)
  Core.copyWords(to.view, to.start + at.payer, from.view, from.start + at.payer, 20)
}

/** @param threads beside the one that asks */
export const create = (domain: Domain, threads: number): Pool => {
  /** In the order in which they came: those in the ring, by its places, and those that it has no room for yet. */
  const asked = new Array<Question | undefined>(PoolRing.length)
  let waiting: Question[] = []
  let isDue = false
  let crew = hire(
    domain,
    threads,
    () => turn(),
    () => lose(),
  )
  /** Count of the next one that is to be answered. */
  let first = 0

  const dismiss = (): void => {
    for (const worker of crew.workers) {
      worker.removeAllListeners()
      // What it still says is about memory that nobody reads any more.
      worker.on('error', () => {})
      void worker.terminate()
    }
  }

  const questionAt = (count: number): Question => asked[count & (PoolRing.length - 1)] as Question

  /** A thread has ended: what it had claimed cannot be told, so everything without an answer is done here, and the rest begin anew. */
  const lose = (left = crew.workers.length - 1): void => {
    const { ring } = crew
    const open: Question[] = []
    for (; first !== ring.filled(); first = (first + 1) | 0) open.push(questionAt(first))
    dismiss()
    crew = hire(domain, Math.max(0, left), told, () => lose())
    first = 0
    const rest = [...open, ...waiting]
    waiting = []
    for (const { payment, then, answer } of rest) then(answer ?? Packed.identify(domain, payment))
  }

  const fill = (): void => {
    const { ring } = crew
    let taken = 0
    while (taken < waiting.length && ((ring.filled() - first) | 0) < PoolRing.length) {
      const question = waiting[taken++] as Question
      asked[ring.filled() & (PoolRing.length - 1)] = question
      ring.fill(question.payment)
    }
    waiting = taken === waiting.length ? [] : waiting.slice(taken)
    ring.publish()
    // One alone is done here before a thread has woken up.
    const open = (ring.filled() - ring.claimed()) | 0
    if (open > 1) ring.wake(open - 1)
  }

  /** The answer of the next one, where there is one. */
  const answerOf = (question: Question, count: number): boolean | undefined => {
    if (question.answer !== undefined) return question.answer
    const state = crew.ring.stateOf(count)
    if (state === PoolRing.state.open) return undefined
    copyAnswer(question.payment, crew.ring.at(count))
    return state === PoolRing.state.signed
  }

  const deliver = (): void => {
    while (first !== crew.ring.filled()) {
      const question = questionAt(first)
      const answer = answerOf(question, first)
      if (answer === undefined) return
      asked[first & (PoolRing.length - 1)] = undefined
      first = (first + 1) | 0
      question.then(answer)
    }
  }

  const workHere = (): void => {
    for (let i = 0; i < mostHere; i++) {
      const count = crew.ring.claim()
      if (count === undefined) return
      const question = questionAt(count)
      question.answer = Packed.identify(domain, question.payment)
    }
  }

  const turn = (): void => {
    isDue = false
    deliver()
    if (waiting.length > 0) fill()
    workHere()
    deliver()
    const { ring } = crew
    const isDone = first === ring.filled()
    if (isDone && waiting.length === 0) return
    if (!isDone && ring.claimed() === ring.filled()) {
      ring.await()
      // It may have been answered just before.
      if (answerOf(questionAt(first), first) === undefined) {
        for (const worker of crew.workers) worker.ref()
        return
      }
    }
    due()
  }

  /** Threads keep the process alive only while they are waited for. */
  const told = (): void => {
    for (const worker of crew.workers) worker.unref()
    turn()
  }

  const due = (): void => {
    if (isDue) return
    isDue = true
    setImmediate(turn)
  }

  return {
    check(payment, then) {
      waiting.push({ payment, then, answer: undefined })
      if (waiting.length >= lot && crew.workers.length > 0) fill()
      due()
    },
    close() {
      lose(0)
    },
  }
}
