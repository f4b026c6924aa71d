/** What the guide says of the limits is what they are. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { mostPipelined } from '../../../src/http/Connections.ts'
import { defaults } from '../../../src/http/Limits.ts'

const guide = readFileSync(new URL('../../../docs/limits.md', import.meta.url), 'utf8')

test('behavior: every bound is in the guide, with its default', () => {
  const rows = [...guide.matchAll(/^\| `([\w.]+)` \| ([\d .]+)(?: a second, ([\d ]+) at once)? \|/gm)]
  const said = Object.fromEntries(
    rows.map(([, name, value, burst]) => {
      const number = Number(value?.replaceAll(' ', ''))
      return [name, burst === undefined ? number : { perSecond: number, burst: Number(burst.replaceAll(' ', '')) }]
    }),
  )
  // Whose word counts is no bound.
  const { perAddress, trustedProxies, ...rest } = defaults
  expect(trustedProxies).toEqual([])
  const ofAddress = Object.fromEntries(Object.entries(perAddress).map(([name, value]) => [`perAddress.${name}`, value]))
  expect(said).toEqual({ ...rest, ...ofAddress, mostPipelined })
})
