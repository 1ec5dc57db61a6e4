/** Every bound of the ledger, in one place. What they cost and how they relate is asserted where a Ledger is made. */

/**
 * Rows of a segment of columns, a power of two. Growing allocates one segment of some 620 KiB: small enough that the
 * last one, half empty on average, does not show in the cost of a million rows, and that allocating it takes no time
 * a request would notice.
 */
export const segmentRowBits = 14
export const segmentRowCount = 2 ** segmentRowBits

/**
 * Independent tables of the id index are 2 to this power. Each grows alone, so the longest pause is the rehash of one
 * shard: at a million rows some thousand entries, a fraction of a millisecond, instead of a stall of a hundred
 * milliseconds for all of them.
 */
export const indexShardBits = 10

/** Slots of an empty shard, a power of two. */
export const shardSlotCountMin = 16

/** A shard of fewer slots doubles when it grows; a larger one grows by a part, so that it is never half empty. */
export const shardDoubledCountMax = 512
export const shardGrowth = 1.25

/**
 * How full a shard may be. Linear probing at a load of α looks at about (1 + 1/(1−α)²)/2 slots for an absent id
 * (Knuth, TAOCP 3, 6.4): 8 at 0.75, which are 50 bytes, 50 at 0.9.
 */
export const shardLoadMax = 0.75

/**
 * Attempts kept of one open payment beside the one under way. A payment that is refused more often than this has waited
 * out an outage as its canary; a record under an instant that was dropped is listed for a person.
 */
export const earlierAttemptCountMax = 16

/**
 * Numbers that a slot of the index can hold: 24 bits. Rows are kept modulo this, so a ledger has fewer of them in memory. Those of
 * a shard, some 16,000, are fewer than the 65,536 slots that 16 hash bits tell apart.
 */
export const indexNumberCount = 2 ** 24
export const indexRowCountMax = indexNumberCount - 1

/** Whole cents up to here are exact numbers. */
export const centsMax = 2 ** 53

/** Busy seconds of a chunk of archived sums: a late settlement moves at most this many. */
export const chunkSecondCount = 512

/**
 * Settlements of a leaf of the range sums. A summary adds up at most this many at each end of its window, an insert
 * out of order moves at most this many, and the fixed cost of a leaf's objects is spread over them.
 */
export const leafEntryCount = 512
