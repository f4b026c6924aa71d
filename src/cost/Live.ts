/** A network as a real chain charges it now: the profile that is known for its id, with what was read in place of its figures. */
import type { GasPrices } from '../chain/GasPrices.ts'
import type { Network } from './Network.ts'
import * as Networks from './Networks.ts'

/** Networks that are known by their chain's id. */
const byChainId: { readonly [chainId: number]: string } = {
  1: 'ethereum',
  10: 'optimism',
  137: 'polygon',
  8453: 'base',
  42161: 'arbitrum',
}

const gwei = (wei: bigint): string => {
  const digits = wei.toString().padStart(10, '0')
  const fraction = digits.slice(-9).replace(/0+$/, '')
  return digits.slice(0, -9) + (fraction === '' ? '' : `.${fraction}`)
}

/** What a chain of its kind starts from: the price of its token cannot be read from a chain. */
const startOf = (prices: GasPrices, networks: readonly Network[]): Network => {
  const known = networks.find(({ name }) => name === byChainId[prices.chainId])
  const kind = prices.opStack !== undefined ? 'base' : prices.arbitrum !== undefined ? 'arbitrum' : 'ethereum'
  if (known !== undefined) return known
  const like = networks.find(({ name }) => name === kind) as Network
  return { ...like, name: `chain-${prices.chainId}`, title: `Chain ${prices.chainId}` }
}

/** @param networks of which it replaces one, or which it joins */
export function network(prices: GasPrices, networks: readonly Network[], date: string): Network {
  const { opStack, arbitrum } = prices
  const start = startOf(prices, networks)
  const read = {
    baseFeeGwei: gwei(prices.baseFeeWei),
    ...('tipGwei' in start.figures ? { tipGwei: gwei(prices.tipWei) } : {}),
    ...(opStack === undefined
      ? {}
      : {
          l1BaseFeeGwei: gwei(opStack.l1BaseFeeWei),
          blobBaseFeeGwei: gwei(opStack.blobBaseFeeWei),
          baseFeeScalar: opStack.baseFeeScalar.toString(),
          blobBaseFeeScalar: opStack.blobBaseFeeScalar.toString(),
          operatorFeeScalar: opStack.operatorFeeScalar.toString(),
          operatorFeeConstantWei: opStack.operatorFeeConstantWei.toString(),
        }),
    ...(arbitrum === undefined ? {} : { l1PricePerUnitGwei: gwei(arbitrum.perL1UnitWei) }),
  }
  const source = `read from ${prices.host} at block ${prices.block}`
  const live = Networks.override(start, read, date, { basis: 'measured', source })
  return { ...live, title: `${live.title}, live` }
}
