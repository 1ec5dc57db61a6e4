import { type Command, command, UsageProblem } from '@rinha/service'
import { choice, required, text } from '@rinha/settings'
import { tokenFile } from './admin-token.ts'
import { askEach, everyAdmin, shardAdmins } from './shard-admins.ts'

export const admin: Command = command({
  name: 'admin',
  summary: 'send a request to the admin port of every shard: pause, resume, settings and the like',
  typed: 'npm run admin --',
  about: `Sends the same request to the admin port of each shard, or of the one coordinator, and prints what each answers. So a change reaches
all payments. GET /openapi.json has what can be asked; for example POST /pause with {"processor":"default"}, or PATCH /settings with
{"POLICY":"cheapest-first"}. Each shard decides for itself. If one of them refuses or does not answer, the others have made the change
all the same, and the command says which.`,
  words: {
    method: required(
      choice({
        words: ['get', 'post', 'patch'],
        valueName: 'get|post|patch',
        help: 'get reads; post and patch change something, and need an operator’s token',
      }),
    ),
    path: required(
      text({ valueName: 'PATH', help: 'such as /pause', pattern: /^\/\S*$/, allowed: 'a path, from / on' }),
    ),
  },
  options: {
    body: text({ fallback: '', valueName: 'JSON', help: 'the body of post and patch; by default {}' }),
    ifMatch: text({
      fallback: '*',
      valueName: 'ETAG',
      help: 'patch: the version that the change is based on; * is whatever version there is. Each shard has versions of its own',
    }),
    admin: shardAdmins,
    tokenFile,
  },
  notes: `Exit code: 0 every shard has done it; 1 one has refused or has not answered; 2 a wrong command line.`,
  work: async ({ method, path, body, ifMatch, admin: given, tokenFile }, output, complain) => {
    if (method === 'get' && body !== '') throw new UsageProblem('get has no body')
    if (!isJson(body)) throw new UsageProblem(`--body ${body} is not JSON`)
    const request = {
      method: method.toUpperCase(),
      path,
      ...(method !== 'get' && { body: body === '' ? '{}' : body }),
      ...(method === 'patch' && { headers: { 'if-match': ifMatch } }),
    }
    return askEach(await everyAdmin(given, tokenFile), request, tokenFile, output, complain)
  },
})

function isJson(body: string): boolean {
  try {
    return body === '' || typeof JSON.parse(body) === 'object'
  } catch {
    return false
  }
}
