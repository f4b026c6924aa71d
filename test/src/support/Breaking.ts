/** A client that hangs up when it has had enough, and says what it got. */
import http from 'node:http'

export interface Got {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly text: string
  /** The answer came to its end. */
  readonly isWhole: boolean
}

/** @param most bytes after which it hangs up; @param init as of `http.request` */
export const get = (
  url: string,
  headers: http.OutgoingHttpHeaders,
  most = Number.POSITIVE_INFINITY,
  init: http.RequestOptions & { readonly body?: string } = {},
): Promise<Got> =>
  new Promise((resolve) => {
    const request = http.request(url, { agent: false, headers, ...init }, (response) => {
      let text = ''
      const { statusCode: status = 0, headers: said } = response
      const end = (isWhole: boolean) => resolve({ status, headers: said, text, isWhole })
      response.on('data', (chunk) => {
        text += chunk.toString('latin1')
        if (text.length >= most) {
          request.destroy()
          end(false)
        }
      })
      response.on('error', () => end(false))
      response.on('end', () => end(response.complete))
      if (most === 0) {
        request.destroy()
        end(false)
      }
    })
    request.on('error', () => resolve({ status: 0, headers: {}, text: '', isWhole: false }))
    request.end(init.body)
  })
