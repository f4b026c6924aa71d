/**
 * The page in a real browser, on a real run: what it shows is what the API says, it follows the run, lets it be paused, shows a payment and its
 * proof, and survives the service.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launch, open, picture } from './Browser.ts'
import { brief, clear, processesOf, type Run, start } from './Demo.ts'

const small = ['--robots', '30', '--producers', '6', '--sites', '2', '--stations', '2']
let browser: Browser | undefined
let run: Run
let url = ''
let token = ''

beforeAll(async () => {
  browser = await launch()
  if (browser === undefined) return
  // Two seconds a slot: long enough to look, short enough to see it change.
  run = start([...small, ...brief, '--slots', '32', '--speed', '1350', '--exit'])
  url = (await run.said(/page: (http:\S+)/))[1] ?? ''
  token = JSON.parse(readFileSync(join(run.out, 'data', 'keys.json'), 'utf8')).operatorToken
  await run.said(/slot +1\//)
})

afterAll(async () => {
  await browser?.close()
  clear()
})

// biome-ignore lint/suspicious/noExplicitAny: what the API answers is what is tested
const api = async (path: string): Promise<any> => (await fetch(new URL(path, url))).json()
/** The economy on the board; nothing while the service is away. */
const board = async () => {
  try {
    return (await api('/v1/board')).economy
  } catch {
    return undefined
  }
}
const digits = (text: string | null) => Number((text ?? '').replace(/[^0-9.]/g, ''))
const status = (page: Page) => page.locator('#statustext').textContent()
const until = (page: Page, text: string) => expect.poll(() => status(page), { timeout: 15_000 }).toBe(text)

/** Opens the page and waits until it shows the run. */
const visit = async (options: Parameters<typeof open>[1] = {}, hash = `#operator=${token}`) => {
  const opened = await open(browser as Browser, options)
  await opened.page.goto(`${url}${hash}`)
  await opened.page.locator('#members tbody tr').first().waitFor()
  return opened
}

/** A paused run, so that figures stand still while they are compared. */
const pause = async (page: Page) => {
  await page.click('#pause')
  await until(page, 'paused')
  let before = -1
  for (let now = 0; now !== before; now = (await api('/v1/status')).payments) {
    before = now
    await page.waitForTimeout(600)
  }
  // The page hears of the last payments within a second.
  await page.waitForTimeout(1200)
}

const resume = async (page: Page) => {
  await page.click('#pause')
  await until(page, 'live')
}

describe('the page', () => {
  test('behavior: shows the API’s figures, without an error, and follows the run', async ({ skip }) => {
    if (browser === undefined) skip('no browser can run here')
    const { page, errors } = await visit()
    const slot = async () => digits((await page.locator('#slot').textContent())?.split(' of ')[0] ?? null)
    const before = await slot()
    await expect.poll(slot, { timeout: 15_000 }).toBeGreaterThan(before)
    await pause(page)
    const { payments, unsettledAtomic } = await api('/v1/status')
    const { pulse, economy } = await api('/v1/board')
    const card = (i: number) => page.locator('.kpi').nth(i)
    expect(await card(0).locator('.sub').textContent()).toMatch(
      new RegExp(`^${payments.toLocaleString('fr').replace(/\s/g, '.')} in all`),
    )
    expect(digits(await card(3).locator('.value').textContent())).toBeCloseTo(Number(unsettledAtomic) / 1e6, 2)
    expect(digits(await card(4).locator('.value').textContent())).toBe(pulse.settled.transactions)
    expect(await page.locator('#settlements tbody tr').count()).toBe(Math.min(100, pulse.settled.transactions))
    expect(await page.locator('.flowbox .node').count()).toBe(
      new Set(economy.participants.map(({ role }: { role: string }) => role)).size,
    )
    expect(await page.locator('.way').count()).toBe(pulse.fees.length)
    const first = page.locator('#members tbody tr').first()
    const name = await first.locator('td').first().textContent()
    const all = await api('/v1/board/participants')
    const { address } = all.find((each: { name: string }) => each.name === name)
    const [dollars] = (await api(`/v1/accounts/${address}`)).assets
    expect(digits(await first.locator('td').nth(2).textContent())).toBeCloseTo(Number(dollars.available) / 1e6, 1)
    await picture(page, 'page-light')
    await resume(page)
    expect(errors).toEqual([])
    await page.close()
  })

  test('behavior: goes down to one payment and its proof, by keyboard too', async ({ skip }) => {
    if (browser === undefined) skip('no browser can run here')
    const { page, errors } = await visit()
    await page.selectOption('#role', 'customer')
    await page.locator('#members tbody button').first().focus()
    await page.keyboard.press('Enter')
    const amounts = page.locator('#account td.num button')
    await amounts.first().waitFor()
    const account = /0x[0-9a-f]{40}/.exec((await page.locator('#account .crumbs').textContent()) ?? '')?.[0] ?? ''
    const { lines } = await api(`/v1/accounts/${account}/statement`)
    expect(await amounts.count()).toBeGreaterThanOrEqual(Math.min(lines.length, 1))
    await amounts.first().focus()
    await page.keyboard.press('Enter')
    await page.locator('#account .proof').waitFor()
    const id = await page.locator('#account .kv .mono').nth(1).textContent()
    const receipt = await api(`/v1/payments/${id}`)
    expect([receipt.payment.payer, receipt.payment.payee]).toContain(account)
    const proof = (await page.locator('#account .proof').textContent()) ?? ''
    for (const part of [receipt.payment.signature, receipt.proof.signature, ...receipt.proof.branch])
      expect(proof).toContain(part)
    await picture(page, 'payment')
    await page.keyboard.press('Escape')
    expect(await page.locator('#account').isVisible()).toBe(false)
    expect(errors).toEqual([])
    await page.close()
  })

  test('behavior: dark, and on a phone nothing is wider than the screen', async ({ skip }) => {
    if (browser === undefined) skip('no browser can run here')
    const light = await visit()
    const paper = (page: Page) => page.evaluate('getComputedStyle(document.body).backgroundColor')
    const dark = await visit({ colorScheme: 'dark', viewport: { width: 390, height: 844 } })
    expect(await paper(dark.page)).not.toBe(await paper(light.page))
    expect(await dark.page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390)
    expect(await dark.page.locator('#controls').isVisible()).toBe(true)
    await picture(dark.page, 'phone-dark')
    expect([...light.errors, ...dark.errors]).toEqual([])
    await light.page.close()
    await dark.page.close()
  })

  test('error: without the operator’s token there are no controls, and the API refuses them', async ({ skip }) => {
    if (browser === undefined) skip('no browser can run here')
    const { page } = await visit({}, '')
    expect(await page.locator('#controls').isVisible()).toBe(false)
    const body = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"paused":true}' }
    const answer = await fetch(new URL('/v1/economy/controls', url), body)
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([401, 'SL603'])
    await page.close()
  })

  test('behavior: says when the service is gone, and goes on by itself when it is back', async ({ skip }) => {
    if (browser === undefined) skip('no browser can run here')
    const { page, errors } = await visit()
    for (const pid of processesOf(run.out, 'service')) process.kill(pid, 'SIGKILL')
    await until(page, 'offline')
    expect(await page.locator('#notice').textContent()).toContain('does not answer')
    await until(page, 'live')
    expect(await page.locator('#notice').isVisible()).toBe(false)
    const slots = async () => (await api('/v1/board')).economy?.slots.length ?? 0
    const before = await slots()
    await expect.poll(slots, { timeout: 20_000 }).toBeGreaterThan(before)
    expect(await status(page)).toBe('live')
    expect(errors).toEqual([])
    await page.close()
  })

  test('behavior: another scenario is chosen, and runs at the same address under the same token', async ({ skip }) => {
    if (browser === undefined) skip('no browser can run here')
    const { page, errors } = await visit()
    await page.selectOption('#scenario', 'abundance')
    await expect.poll(async () => (await board())?.scenario.name, { timeout: 30_000 }).toBe('abundance')
    await until(page, 'live')
    await expect.poll(() => page.locator('#scenario').inputValue(), { timeout: 15_000 }).toBe('abundance')
    await expect.poll(() => page.locator('#members tbody tr').count(), { timeout: 15_000 }).toBeGreaterThan(0)
    await pause(page)
    await resume(page)
    await picture(page, 'scenario')
    expect(errors).toEqual([])
    await page.close()
  })

  test('behavior: pace can be turned up; the run’s page is left as one file that needs no server', async ({ skip }) => {
    if (browser === undefined) skip('no browser can run here')
    const { page } = await visit()
    await page.selectOption('#speed', '0')
    const { code, stderr } = await run.ended
    expect([code, stderr.includes('report.html')]).toEqual([0, true])
    await page.close()
    const file = join(run.out, 'report.html')
    expect(existsSync(file)).toBe(true)
    expect(readFileSync(file, 'utf8')).not.toContain(token)
    const recorded = await open(browser as Browser)
    await recorded.page.goto(pathToFileURL(file).href)
    await until(recorded.page, 'recorded run')
    const report = JSON.parse(readFileSync(join(run.out, 'report.json'), 'utf8'))
    expect(digits(await recorded.page.locator('.kpi .value').first().textContent())).toBe(report.payments.accepted)
    expect(await recorded.page.locator('#report table').count()).toBeGreaterThan(4)
    await picture(recorded.page, 'report')
    expect(recorded.errors).toEqual([])
    await recorded.page.close()
    // A browser under LANG=C names a language that is none; the page is there all the same.
    const odd = await open(browser as Browser)
    await odd.page.addInitScript(() =>
      Object.defineProperty(navigator, 'language', { value: 'en-US@posix', configurable: true }),
    )
    await odd.page.goto(pathToFileURL(file).href)
    await until(odd.page, 'recorded run')
    expect(odd.errors).toEqual([])
    await odd.page.close()
  })
})
