import { type ProblemKind, problemKinds } from './problem-kinds.ts'

/**
 * The HTML page behind a problem's `type`, or undefined if there is no problem of this name. It needs no style, script or
 * other file.
 */
export function problemPage(name: string): string | undefined {
  if (!Object.hasOwn(problemKinds, name)) return undefined
  const { status, phrase, title, meaning } = problemKinds[name as ProblemKind]
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
</head>
<body>
<main>
<h1>${title}</h1>
<p><code>${status} ${phrase}</code>, type <code>/problems/${name}</code></p>
<p>${meaning}</p>
<p>The <code>detail</code> of the answer says what it was this time.</p>
</main>
</body>
</html>
`
}
