import { createHash } from 'node:crypto'
import type { pageOperations } from '@rinha/admin-api'
import type { Handlers } from '@rinha/openapi'

type Pages = typeof pageOperations

/** `packages/operator-page` as tools/build.mjs bundles it, which puts it in here. What runs from sources has none. */
declare const OPERATOR_PAGE: { readonly html: string; readonly js: string; readonly css: string } | undefined

const files = typeof OPERATOR_PAGE === 'undefined' ? undefined : OPERATOR_PAGE

/** Browsers revalidate it each time (ETag), so the page's three files never come from two versions. */
function file(text: string | undefined): Handlers<Pages>['getPage'] {
  if (text === undefined)
    return () => ({
      problem: 'not-found',
      detail: 'The page is in the bundle (npm run build), not in the sources.',
    })
  const etag = `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`
  const headers = { etag, 'cache-control': 'no-cache' }
  return request =>
    request.headers['if-none-match'] === etag
      ? { status: 304, body: '', headers }
      : { status: 200, body: text, headers }
}

export const pageHandlers: Handlers<Pages> = {
  getPage: file(files?.html),
  getPageScript: file(files?.js),
  getPageStyle: file(files?.css),
}
