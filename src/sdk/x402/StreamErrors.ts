/** How a metered stream can end that should not have. */
import { SunledgerError } from '../../core/Errors.ts'
import type * as Metered from '../../core/Metered.ts'

/** What came, and what was paid for it. */
interface Amounts {
  readonly paid: bigint
  readonly delivered: bigint
}

/** A server stopped delivering what is paid for. */
export class StreamStoppedError extends SunledgerError {
  override readonly name = 'StreamStoppedError'
  readonly paid: bigint
  readonly delivered: bigint
  constructor({ paid, delivered }: Amounts, actual: string) {
    super('SL678', 'The server stopped delivering.', {
      expected: 'units for as long as they are paid for',
      actual: `${actual}; ${delivered} units came and ${paid} atomic units were paid`,
      hint: 'At most the last payment bought nothing. Servers that can sign pay it back.',
      status: 502,
    })
    this.paid = paid
    this.delivered = delivered
  }
}

/** A server says something else of a stream than what has happened. Nothing more is paid. */
export class StreamWrongError extends SunledgerError {
  override readonly name = 'StreamWrongError'
  constructor(expected: string, actual: string) {
    super('SL680', 'The server does not keep to what it said of its stream.', {
      expected,
      actual,
      hint: 'Nothing more is paid to it.',
      status: 502,
    })
  }
}

/** The source of a stream failed. */
export class StreamFailedError extends SunledgerError {
  override readonly name = 'StreamFailedError'
  constructor({ paid, delivered }: Amounts, charge: Metered.End['charge']) {
    const ends = {
      charged: 'Nothing was paid that did not come.',
      refunded: 'What was paid and did not come was paid back.',
      unused: 'The last receipt bought nothing, and can be handed in again.',
    }
    super('SL681', 'What is streamed failed at the server.', {
      actual: `${delivered} units came and ${paid} atomic units were paid`,
      hint: ends[charge],
      status: 502,
    })
  }
}
