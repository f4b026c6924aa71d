/**
 * I11 A service whose disk is full, or ends every write in an I/O error: real file systems, made for it. Whoever pays is told by name, nothing is
 * acknowledged that is not on the disk, what was is shown and safe, and all goes on when the disk is mended and the service started again.
 */
import { describe, expect, test } from 'vitest'
import type { PaymentRequest } from '../../src/core/Payment.ts'
import * as BadDisk from '../src/support/BadDisk.ts'
import { ask } from '../src/support/Http.ts'
import { agree, json, useServing } from './Serving.ts'

const serving = useServing()

describe.skipIf(!BadDisk.isPossible())('I11 I13 a disk', () => {
  test.each([
    ['that is full', 'ENOSPC', BadDisk.small],
    ['that gives I/O errors', 'EIO', BadDisk.broken],
  ])(
    'error: %s: SL403 (%s), what was accepted is shown and safe, and all goes on when it is mended',
    async (_, word, make) => {
      const disk = make()
      const all = await serving(disk.folder)
      const { child, post, member, fund } = all
      const [payer, shop] = [member('payer'), member('shop')]
      await fund(payer, 1_000_000n)
      const paid: PaymentRequest[] = []
      let last: string | undefined
      let refused: { codes: Set<string>; words: string; lot: PaymentRequest[] } | undefined
      while (refused === undefined) {
        const lot = Array.from({ length: 200 }, () => payer.pay({ to: shop.address, amount: 1n }))
        const answers = (await post('/v1/payments', lot)).body as { code?: string; payment?: { id: string } }[]
        // Signatures are checked in parts, so a list may be in several group commits; what was accepted of it comes first.
        const problems = answers.filter(({ code }) => code !== undefined)
        paid.push(...lot.splice(0, lot.length - problems.length))
        last = answers.find(({ payment }) => payment !== undefined)?.payment?.id ?? last
        expect(answers.slice(answers.length - problems.length)).toEqual(problems)
        const codes = new Set(problems.flatMap(({ code }) => code ?? []))
        if (problems.length === 0 && paid.length === 200) disk.fail()
        if (problems.length > 0) refused = { codes, words: JSON.stringify(problems[0]), lot }
      }
      expect([...refused.codes]).toEqual(['SL403'])
      expect(refused.words).toContain(word)
      const get = (path: string) => ask(child.ready.url + path, 'GET', json)
      expect((await get('/v1/status')).body).toMatchObject({ state: 'readOnly', payments: paid.length })
      expect((await get('/readyz')).status).toBe(503)
      expect((await get(`/v1/payments/${last}`)).status).toBe(200)
      expect((await post('/v1/settlements', {})).body).toMatchObject({ code: 'SL403' })
      process.kill(child.pid, 'SIGTERM')
      expect(await child.ended).toBe('exit code 0')

      disk.mend()
      disk.powerCut()
      await all.again()
      expect((await all.ledger()).payments).toBe(paid.length)
      for (const lot of [paid.slice(-200), refused.lot]) {
        const { body } = await all.post('/v1/payments', lot)
        expect((body as { code?: string }[]).filter(({ code }) => code !== undefined)).toEqual([])
      }
      expect((await all.post('/v1/settlements', {})).status).toBe(200)
      expect((await all.ledger()).payments).toBe(paid.length + refused.lot.length)
      await agree(all)
    },
  )
})
