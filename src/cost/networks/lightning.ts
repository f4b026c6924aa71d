/** What a payment over Lightning costs: every figure with its basis, date and source. */
import type { Network } from '../Network.ts'
import { bitcoin } from './bitcoin.ts'

const { feePerByte, unitsPerToken, tokenUsd } = bitcoin.figures as Record<
  string,
  NonNullable<(typeof bitcoin.figures)[string]>
>

export const lightning: Network = {
  name: 'lightning',
  title: 'Lightning',
  rule: 'hub',
  figures: {
    openBytes: {
      value: '153',
      unit: 'virtual bytes per channel opened',
      basis: 'computed',
      date: '2026-11-29',
      source: 'one native-segwit input (68), the channel’s output (43), change (31), 10.5 around',
    },
    closeBytes: {
      value: '177',
      unit: 'virtual bytes per channel closed together',
      basis: 'computed',
      date: '2026-11-29',
      source: 'the input that two keys sign (104.5), two outputs (31 each), 10.5 around',
    },
    routingBaseMillisatoshis: {
      value: '1000',
      low: '0',
      high: '1000',
      unit: 'millisatoshis per payment, one hop',
      basis: 'published',
      date: '2026-11-29',
      source: 'the default of LND; 40 % of channel ends ask for none (sorukumar.github.io/plebdashboard)',
    },
    routingMillionths: {
      value: '1',
      low: '0',
      high: '1000',
      unit: 'millionths of the payment, one hop',
      basis: 'published',
      date: '2026-11-29',
      source: 'the default of LND',
    },
    ...{ feePerByte, unitsPerToken, tokenUsd },
  },
  note: 'Each member has one channel with a hub, opened and closed once; the hub asks the fee of one hop. Payments are in bitcoin, not in dollars; what the hub wants for the money that it ties up in each channel is not in it.',
} as Network
