/**
 * The port to a disk: one directory of files that only grow. `fs/` implements it on the platform's files, and the simulator
 * with a disk that loses what was not synced, tears writes, flips bits and fills up.
 */

/** What a disk refuses with. `code` is the system's, such as ENOSPC, EIO, EACCES. */
export class DiskProblem extends Error {
  override readonly name = 'DiskProblem'
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/** The disk's error while this runs, or undefined. Any other error is a bug and is rethrown. */
export function refusalOf(run: () => void): DiskProblem | undefined {
  try {
    run()
    return undefined
  } catch (error) {
    if (error instanceof DiskProblem) return error
    throw error
  }
}

/**
 * Everything but {@link AppendFile.append} is done when it returns, and survives a power cut then (the directory is
 * synced too). It throws {@link DiskProblem} and nothing else.
 */
export interface JournalDisk {
  /** Why this process may not write here any more, in words: somebody has taken its lock away. undefined while it may. */
  lost(): string | undefined
  /** The names of the files, in no order. */
  names(): readonly string[]
  sizeBytes(name: string): number
  /** Up to `countMax` bytes from `offset`; fewer only at the end of the file. */
  read(name: string, offset: number, countMax: number): Uint8Array
  /** Cuts the file's end off. */
  truncate(name: string, sizeBytes: number): void
  /** A new, empty file. EEXIST where the name is taken: that is how two writers find out about each other. */
  create(name: string): AppendFile
  /** Replaces the file at `to`, either completely or not at all. */
  rename(from: string, to: string): void
  remove(name: string): void
}

export interface AppendFile {
  /**
   * Appends and syncs; `done` is called later, once, with what went wrong or nothing. After a problem nobody knows how much
   * of it is in the file, synced or not. ESTALE: the file does not stand under its name any more, or somebody else has
   * changed its length. One append at a time. The bytes stay as they are until `done`.
   */
  append(bytes: Uint8Array, done: (problem: DiskProblem | undefined) => void): void
  close(): void
}
