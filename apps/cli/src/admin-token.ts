import { readFileSync } from 'node:fs'
import { foundAdminToken } from '@rinha/local-cluster'
import { StartProblem } from '@rinha/service'
import { text } from '@rinha/settings'

const variable = 'ADMIN_TOKEN'

/** The option of each command that calls the admin port. */
export const tokenFile = text({
  fallback: '',
  valueName: 'FILE',
  help: 'a file with your token for the admin port; without it ADMIN_TOKEN, or the token of npm start on this machine',
})

/** What a request to `admin` says of who asks: nothing where there is no token, which is enough to read on some. */
export function tokenHeaders(admin: string, file = ''): { readonly authorization?: string } {
  const token = file === '' ? (process.env[variable] ?? ownToken(new URL(admin))) : readToken(file)
  return token === undefined ? {} : { authorization: `Bearer ${token}` }
}

/** Of the cluster on this machine, and sent nowhere else. */
function ownToken({ hostname, port }: URL): string | undefined {
  const isHere = ['localhost', '127.0.0.1', '[::1]'].includes(hostname)
  return isHere ? foundAdminToken(Number(port)) : undefined
}

function readToken(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw new StartProblem(`--token-file cannot be read: ${(error as Error).message}`)
  }
}
