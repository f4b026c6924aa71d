/**
 * How long a transaction is after Brotli: what Arbitrum charges for. Nitro compresses each transaction by itself at the fast level, which is 1
 * since ArbOS 20 (0 before), with the library's standard window of 22 bits; Node carries the same library.
 * Source: OffchainLabs/nitro, arbos/l1pricing/l1pricing.go (`getPosterUnitsWithoutCache`) and arbos/arbosState/arbosstate.go.
 */
import { brotliCompressSync, constants } from 'node:zlib'

/** Compression level of ArbOS since version 20. */
export const level = 1

/** Length after compression, bytes. @param bytes the signed transaction, encoded as it is sent */
export const size = (bytes: Uint8Array, quality = level): number =>
  brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_GENERIC,
      [constants.BROTLI_PARAM_QUALITY]: quality,
      [constants.BROTLI_PARAM_LGWIN]: 22,
    },
  }).length
