/** The OpenAPI document as those see it who only read it: the page, the routes that hand it out, the tests. */
export type Json = { [key: string]: unknown }

export interface Document {
  readonly openapi: string
  readonly info: Json
  readonly tags: readonly { readonly name: string; readonly description: string }[]
  readonly paths: { readonly [path: string]: { readonly [method: string]: Json } }
  readonly components: { readonly schemas: { readonly [name: string]: Json }; readonly [kind: string]: unknown }
}
