/** Bounds of the HTTP client that are no setting, in one place. */

/**
 * How long an idle connection is kept where the server gives no `Keep-Alive: timeout`. Shorter than any server's own
 * patience (Node 5 s, nginx 75 s, Kestrel 130 s), so that it is nearly always we who close: a request written just as the
 * server closes would come back as `unknown`. A server's hint is followed, less `keepAliveMarginMs`.
 */
export const keepAliveMs = 4000
export const keepAliveMsMax = 60_000
export const keepAliveMarginMs = 1000

/** How long the addresses of a processor's name are used for further connections, unless one cannot be made. */
export const nameMsMax = 10_000

/** Silence within a body after which its connection is given up. The status has been taken long before. */
export const bodyIdleMsMax = 1000

/** Bytes of a response's headers. */
export const headerBytesMax = 8192

/** Look-ups under way: more than the engine has at once and people ask for besides. */
export const lookupCountMax = 256

/** The health endpoint answers one call in 5 s; one more may be waiting while the last is given up. */
export const healthCallCountMax = 2

/** The comparison of books makes one call after the other. */
export const booksCallCountMax = 1
