import { object, operations, optional, text } from '@rinha/openapi'

const headers = object({
  'if-none-match': optional(text({ description: 'The ETag of what is there already.' })),
})

/** The operator's page: three files, which ask for nothing from elsewhere. */
function file(path: `/${string}`, summary: string, type: string) {
  return {
    method: 'GET',
    path,
    role: 'open',
    tag: 'page',
    summary,
    headers,
    answers: {
      200: { description: 'The file, with its ETag.', text: type },
      304: { description: 'It is the one that is there already.', text: type },
    },
    problems: ['not-found'],
  } as const
}

export const pageOperations = operations({
  getPage: file('/', 'The operator’s page', 'text/html; charset=utf-8'),
  getPageScript: file('/page.js', 'Its script', 'text/javascript; charset=utf-8'),
  getPageStyle: file('/page.css', 'Its style', 'text/css; charset=utf-8'),
})
