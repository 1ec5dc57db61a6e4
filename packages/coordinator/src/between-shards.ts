/**
 * Limits and pauses of the channels from one coordinator to another. They carry requests only, no payments. The simulator opens them
 * with the same ones.
 */
const requestsOnly = {
  bufferCountMax: 0,
  bufferAgeMsMax: 1000,
  handshakeTimeoutMs: 1000,
  reconnectMsMin: 50,
  reconnectMsMax: 1000,
}

/** On which a shard asks shard 0 what its health polls have said. */
export const healthChannel = { ...requestsOnly, requestTimeoutMs: 1000, requestCountMax: 2 }

/**
 * On which shard 0 asks another shard for its ledger. For some answers that shard walks through all of its rows. Each processor's
 * comparison asks one thing after the other; a page that is looked at asks as well.
 */
export const ledgerChannel = { ...requestsOnly, requestTimeoutMs: 10_000, requestCountMax: 64 }
