/**
 * What the SDK hands out has amounts as bigints, which JSON does not know. Each object with one gets a hidden `toJSON` that writes them as
 * decimal text, as the protocol does, so that programs can log, send and store receipts as they are; `Receipt.parse` takes them back.
 */

/** Of one object; those inside have their own. */
function toJSON(this: object): object {
  return Object.fromEntries(
    Object.entries(this).map(([name, value]) => [name, typeof value === 'bigint' ? value.toString() : value]),
  )
}

const hidden = { value: toJSON, enumerable: false, configurable: true, writable: true }

/** The same value, which `JSON.stringify` takes. Only for plain objects and lists that this process has just made. */
export const readable = <T>(value: T): T => {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    for (const part of value) readable(part)
    return value
  }
  let hasBigint = false
  for (const part of Object.values(value)) {
    if (typeof part === 'bigint') hasBigint = true
    else if (typeof part === 'object') readable(part)
  }
  if (hasBigint) Object.defineProperty(value, 'toJSON', hidden)
  return value
}
