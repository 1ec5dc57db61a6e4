/** `application/json` or anything in `application` with the suffix `+json` (RFC 6839), whatever its parameters. */
const json = /^application\/(?:[\w!#$&^.+-]+\+)?json[\t ]*(?:;|$)/i

/** Whether a Content-Type header says JSON. A missing header (the empty string) does not. */
export function isJsonMediaType(contentType: string): boolean {
  // The texts that clients of this API really send, compared without the regular expression.
  return contentType === 'application/json' || json.test(contentType)
}
