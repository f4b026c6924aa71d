/**
 * Clients of x402 version 1: they read what is asked from the body of the 402, and pay with the header X-PAYMENT. They know `exact` alone,
 * so it alone is offered to them; a receipt needs version 2. Their networks have names of their own.
 */
import * as X402 from '../../core/X402.ts'

export const headers = { payment: 'x-payment', response: 'x-payment-response' } as const

/** As the official packages name them. */
const names: { readonly [network: string]: string } = {
  'eip155:1': 'ethereum',
  'eip155:14': 'flare',
  'eip155:137': 'polygon',
  'eip155:143': 'monad',
  'eip155:988': 'stable',
  'eip155:1328': 'sei-testnet',
  'eip155:1329': 'sei',
  'eip155:2741': 'abstract',
  'eip155:3338': 'peaq',
  'eip155:4326': 'megaeth',
  'eip155:4689': 'iotex',
  'eip155:8453': 'base',
  'eip155:11124': 'abstract-testnet',
  'eip155:42220': 'celo',
  'eip155:43113': 'avalanche-fuji',
  'eip155:43114': 'avalanche',
  'eip155:80002': 'polygon-amoy',
  'eip155:84532': 'base-sepolia',
  'eip155:11155111': 'sepolia',
}

/** A chain that has no name there goes by its own. */
const nameOf = (network: string): string => names[network] ?? network

/** What the body of a 402 says to them. */
export const bodyOf = ({ resource, accepts }: X402.Required): { readonly [name: string]: unknown } => ({
  x402Version: 1,
  accepts: accepts
    .filter(({ scheme }) => scheme === 'exact')
    .map(({ scheme, network, amount, asset, payTo, maxTimeoutSeconds, extra }) => ({
      ...{ scheme, network: nameOf(network), maxAmountRequired: amount, resource: resource.url },
      ...{ description: resource.description ?? '', mimeType: resource.mimeType ?? '' },
      ...{ payTo, maxTimeoutSeconds, asset, extra },
    })),
})

/**
 * Their payment in the form of version 2.
 * @param asked what they were asked; version 1 does not repeat it
 * @throws {Error} it is none
 */
export const payloadOf = (header: string, asked: X402.Requirements): X402.Payload => {
  const said = X402.decode(header) as { x402Version?: unknown; scheme?: unknown; network?: unknown; payload?: unknown }
  if (said?.x402Version !== 1 || said.scheme !== 'exact')
    throw new SyntaxError('not an exact payment of x402 version 1')
  const network = said.network === nameOf(asked.network) ? asked.network : said.network
  return X402.parsePayload({ x402Version: X402.version, accepted: { ...asked, network }, payload: said.payload })
}
