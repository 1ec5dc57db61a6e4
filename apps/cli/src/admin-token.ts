import { readFileSync } from 'node:fs'
import { adminHeaders } from '@rinha/local-cluster'
import { StartProblem } from '@rinha/service'
import { text } from '@rinha/settings'

/** The option of each command that calls the admin port. */
export const tokenFile = text({
  fallback: '',
  valueName: 'FILE',
  help: 'a file with your token for the admin port; without it, ADMIN_TOKEN or the token of npm start on this machine is used',
})

/** The headers that authenticate a request to `admin`. */
export function tokenHeaders(admin: string, file = ''): Readonly<Record<string, string>> {
  return file === '' ? adminHeaders(admin) : { authorization: `Bearer ${readToken(file)}` }
}

function readToken(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw new StartProblem(`--token-file cannot be read: ${(error as Error).message}`)
  }
}
