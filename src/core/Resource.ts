/**
 * The resource that a payment is for. A server names it in its 402 (`resource.url`), and that name counts: the payer makes the reference
 * from it, and the server looks for it in the payment. It need not be the URL by which the client reached the server, which a proxy may
 * have changed (another host, a path prefix) or a configuration replaced. Robot, scheme and paywall all compare by this one function.
 */

/** What two names of one resource have in common: URLs in their normal form, without fragment and credentials; other names as they are. */
const canonical = (name: string): string => {
  if (!URL.canParse(name)) return name
  const url = new URL(name)
  url.hash = url.username = url.password = ''
  return url.href
}

/**
 * Whether a payment is for a resource.
 * @param advertised what the server's 402 names, or would name for this request
 * @param paid what the payment names; undefined: nothing, which is no resource
 * @example Resource.isSame('https://shop.example/charge', 'HTTPS://shop.example:443/charge#top') // true
 */
export const isSame = (advertised: string, paid: string | undefined): boolean =>
  paid !== undefined && (advertised === paid || canonical(advertised) === canonical(paid))
