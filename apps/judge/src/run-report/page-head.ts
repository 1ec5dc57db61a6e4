import { createHash } from 'node:crypto'
import { escaped } from './markup.ts'

/** The beginning of a file that needs nothing else: it sends no request, and its own style and script alone are applied. */
export function pageHead({
  title,
  css,
  script,
}: {
  readonly title: string
  readonly css: string
  /** The script at the page's end, if there is one. */
  readonly script?: string
}): string {
  const scripts = script === undefined ? '' : `; script-src ${hashOf(script)}`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src ${hashOf(css)}${scripts}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(title)}</title>
<style>${css}</style>
</head>`
}

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`
}
