/** Every bound of a reconciliation, in one place. */

/**
 * The most differences that are listed for one processor. Further ones are summed up as a remainder, in payments and cents.
 */
export const differenceCountMax = 100

/** Calls of one run at one processor, look-ups of every payment aside. A difference takes some thirty. */
export const callCountMax = 5000

/** What a run that was asked for does beyond the halving: windows compared though their sum is right, payments looked up. */
export const askedWork: Work = { windowCount: 128, lookUpCount: 256 }

/** The same for a periodic run. It continues where the last one ended. */
export const routineWork: Work = { windowCount: 16, lookUpCount: 16 }

export interface Work {
  readonly windowCount: number
  readonly lookUpCount: number
}

/** Rows that a walk through the ledger passes in one turn. */
export const rowsPerTurn = 16_384

/** How often one payment is looked up before its processor counts as unavailable. */
export const lookUpTriesMax = 3

/** How often a search begins again because the books changed under it. */
export const searchTriesMax = 3

/** An attempt that is under way for longer is looked up; one that is younger ends the window before it. */
export const youngMs = 10_000

/** Attempts under way that are looked up. With more of them the window ends before the next. */
export const oldAttemptCountMax = 100

/** Time is archived while a run goes on, so the window begins by so much after archived time. */
export const archivingMs = 600_000

/** Payments looked up in one millisecond because they were sent then, and because they were open then. */
export const sentCountMax = 1000
export const openCountMax = 64

/**
 * If so many of the first payments are missing in a row and later ones are there, the processor was purged. A purge does
 * not remove payments under way, so within this time after the first payment that is there, others may be missing.
 */
export const purgedCountMin = 10
export const purgeMixMs = 2000
