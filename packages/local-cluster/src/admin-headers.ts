import { foundAdminToken } from './admin-token.ts'

const variable = 'ADMIN_TOKEN'

/**
 * What a request to an admin port says of who asks: by the variable above, or the token of the cluster that runs there on
 * this machine. Nothing where there is neither, which is enough to read on some.
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
