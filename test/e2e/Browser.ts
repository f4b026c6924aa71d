/** A real Chromium, from its npm package, for tests of pages. Where none can run the tests are skipped, and say so. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'

/** Pictures of what was tested; git ignores the folder. */
const pictures = join(import.meta.dirname, '../../reports/screenshots')

/** Undefined where no browser can run here. */
export const launch = async (): Promise<Browser | undefined> => {
  try {
    const { default: chromium } = await import('@sparticuz/chromium')
    const { chromium: playwright } = await import('playwright-core')
    const executablePath = await chromium.executablePath()
    // One process for everything saves memory where there is little, and takes the browser down with its first page.
    const args = chromium.args.filter((arg) => arg !== '--single-process' && arg !== '--no-zygote')
    return await playwright.launch({ executablePath, args, headless: true })
  } catch (error) {
    process.stderr.write(`No browser can run here, so pages are not tested: ${(error as Error).message}\n`)
    return undefined
  }
}

/** What a browser says of requests to a service that was killed. */
const cutOff = /ERR_(CONNECTION_(REFUSED|RESET|CLOSED)|INCOMPLETE_CHUNKED_ENCODING|EMPTY_RESPONSE)/

export interface Opened {
  readonly page: Page
  /** Errors on the console and uncaught ones, besides those of requests while the service is down. */
  readonly errors: string[]
}

export const open = async (browser: Browser, options: Parameters<Browser['newPage']>[0] = {}): Promise<Opened> => {
  const page = await browser.newPage({ locale: 'en-GB', viewport: { width: 1440, height: 1000 }, ...options })
  const errors: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' && !cutOff.test(message.text())) errors.push(message.text())
  })
  page.on('pageerror', (error) => errors.push(error.message))
  return { page, errors }
}

export const picture = async (page: Page, name: string): Promise<void> => {
  mkdirSync(pictures, { recursive: true })
  await page.screenshot({ path: join(pictures, `${name}.png`) })
}
