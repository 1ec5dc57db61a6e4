import { foundAdminToken } from './admin-token.ts'

const variable = 'ADMIN_TOKEN'

/**
 * The headers that authenticate a request to an admin port: by the variable above, or by the token of the cluster that runs
 * there on this machine. Empty if there is neither, which is enough for reading on some clusters.
 */
export function adminHeaders(admin: string): Readonly<Record<string, string>> {
  const token = process.env[variable] ?? ownToken(new URL(admin))
  return token === undefined ? {} : { authorization: `Bearer ${token}` }
}

/** Sent nowhere else. */
function ownToken({ hostname, port }: URL): string | undefined {
  const isHere = ['localhost', '127.0.0.1', '[::1]'].includes(hostname)
  return isHere ? foundAdminToken(Number(port)) : undefined
}
