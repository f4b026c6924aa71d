/**
 * What those are sent who follow an account: each payment once, in order, with its receipt. The text of a payment is made once for all; who has
 * the same to get gets the same bytes. What is not yet sent to everybody is kept here, a few hundred payments at most; who is further behind
 * reads on in the journal, and a client that takes nothing costs nothing until it does.
 */
import type * as Sealing from '../clearing/Sealing.ts'
import type { Service } from '../clearing/Service.ts'
import type { Address, Hex } from '../core/Payment.ts'
import * as Wire from '../core/Wire.ts'
import { taken } from './Answer.ts'
import { atOnce, isOver, type Listener } from './Listeners.ts'
import type { Reads, Steps } from './Reads.ts'

/** Payments of one account that are kept for those to whom they are not sent yet; and of all accounts. */
const mostKept = 256
const mostKeptOfAll = 16_384
/** Written to a client at once. */
const mostBytes = 65_536
/** Texts of payments that were read from the journal, for others who read the same. */
const mostTexts = 1_024

interface Follower {
  readonly listener: Listener
  /** The last payment that it was sent, or that it did not want. */
  last: number
  /** It is catching up, or has not taken what was sent. */
  isBusy: boolean
}

interface Part {
  readonly bytes: Buffer
  readonly last: number
}

export interface Feeds {
  /** A payment was accepted. */
  take(payment: Sealing.Sealed): void
  /** @param after the last position that the client has seen @returns how to end it */
  follow(account: Address, after: number, listener: Listener): void
  unfollow(account: Address, listener: Listener): void
}

const eventOf = (position: number, receipt: string): string => `id: ${position}\nevent: payment\ndata: ${receipt}\n\n`

/** Texts by payment, the least recently made first. */
const texts = () => {
  const known = new Map<Hex, string>()
  return (id: Hex, make: () => string): string => {
    const found = known.get(id)
    if (found !== undefined) return found
    const made = make()
    known.set(id, made)
    if (known.size > mostTexts) known.delete(known.keys().next().value as Hex)
    return made
  }
}

export const create = (service: Service, reads: Reads): Feeds => {
  const feeds = new Map<Address, Feed>()
  const textOf = texts()
  let kept = 0

  class Feed {
    readonly followers = new Map<Listener, Follower>()
    readonly #account: Address
    /** All payments behind `from` that were announced. */
    #tail: { readonly position: number; readonly payment: Sealing.Sealed; text?: string }[] = []
    #from: number
    #isQueued = false
    /** Made for the last one who was sent something; most others need the same. */
    #part: (Part & { readonly after: number; readonly end: number | undefined }) | undefined

    constructor(account: Address, from: number) {
      this.#account = account
      this.#from = from
    }

    take(payment: Sealing.Sealed): void {
      const { position } = payment
      if (position <= this.#from) return
      this.#tail.push({ position, payment })
      // Too much to keep: who has not got it yet reads it in the journal.
      if (++kept > mostKeptOfAll || this.#tail.length > mostKept) this.forget(position)
      this.queue()
    }

    /** Everybody who is not busy has got what comes up to there, or reads it in the journal. */
    forget(position: number): void {
      const left = this.#tail.filter((each) => each.position > position)
      kept -= this.#tail.length - left.length
      this.#tail = left
      this.#from = Math.max(this.#from, position)
      this.#part = undefined
    }

    queue(): void {
      if (this.#isQueued) return
      this.#isQueued = true
      reads.deliver(this.#account, () => this.#guarded())
    }

    /** Whatever goes wrong, nobody is left without an end: they come back, and read in the journal. */
    *#guarded(): Steps<void> {
      try {
        yield* this.#round()
      } catch {
        this.#isQueued = false
        for (const { listener } of this.followers.values()) listener.response.destroy()
      }
    }

    /** What comes behind a position, or as much of it as is sent at once. */
    #partAfter(after: number): Part | undefined {
      const end = this.#tail.at(-1)?.position
      if (end === undefined || end <= after) return undefined
      if (this.#part?.after === after && this.#part.end === end) return this.#part
      let [text, last] = ['', after]
      for (const each of this.#tail) {
        if (each.position <= after) continue
        each.text ??= eventOf(each.position, each.payment.json())
        text += each.text
        last = each.position
        if (text.length >= mostBytes) break
      }
      this.#part = { bytes: Buffer.from(text), last, after, end }
      return this.#part
    }

    /** Once around, until nobody is left who could be sent something. */
    *#round(): Steps<void> {
      let sent = 0
      for (let isOne = true; isOne; ) {
        isOne = false
        for (const follower of [...this.followers.values()]) {
          if (follower.isBusy || isOver(follower.listener)) continue
          if (follower.last < this.#from) this.#catchUp(follower)
          else if (this.#send(follower)) {
            isOne = true
            if (++sent % atOnce === 0) yield
          }
        }
      }
      // In one go with the last look around.
      this.#isQueued = false
      this.forget(this.#tail.at(-1)?.position ?? this.#from)
    }

    /** True: it was sent something. */
    #send(follower: Follower): boolean {
      const part = this.#partAfter(follower.last)
      if (part === undefined) return false
      const { response } = follower.listener
      follower.last = part.last
      if (response.write(part.bytes)) return true
      follower.isBusy = true
      void taken(response).then(() => {
        follower.isBusy = false
        this.queue()
      })
      return true
    }

    #catchUp(follower: Follower): void {
      follower.isBusy = true
      reads.deliver(`${follower.listener.peer} ${this.#account}`, () => this.#read(follower))
    }

    /** Reads in the journal what a follower has missed, and lets it take its time. */
    *#read(follower: Follower): Steps<void> {
      const { listener } = follower
      try {
        for (let text = ''; ; text = '') {
          let isAll = true
          for (const found of service.received(this.#account, follower.last)) {
            if (isOver(listener)) return
            if (found !== undefined) {
              text += eventOf(
                found.position,
                textOf(found.id, () => Wire.formatReceipt(found.receipt())),
              )
              follower.last = found.position
            }
            isAll = text.length < mostBytes
            if (!isAll) break
            yield
          }
          const isTaken = text === '' || listener.response.write(text)
          // The journal's end is seen in one go with joining the others, so nothing falls between.
          if (isAll && isTaken) return this.#join(follower)
          yield isTaken ? undefined : taken(listener.response)
        }
      } catch {
        // The journal is closed or broken: the client comes back, and will be told.
        listener.response.destroy()
      }
    }

    #join(follower: Follower): void {
      follower.last = Math.max(follower.last, this.#from)
      follower.isBusy = false
      this.queue()
    }
  }

  return {
    take(payment) {
      if (feeds.size > 0) feeds.get(payment.payee())?.take(payment)
    },
    follow(account, after, listener) {
      const feed = feeds.get(account) ?? new Feed(account, service.position())
      feeds.set(account, feed)
      feed.followers.set(listener, { listener, last: after, isBusy: false })
      feed.queue()
    },
    unfollow(account, listener) {
      const feed = feeds.get(account)
      feed?.followers.delete(listener)
      if (feed === undefined || feed.followers.size > 0) return
      feed.forget(Number.MAX_SAFE_INTEGER)
      feeds.delete(account)
    },
  }
}
