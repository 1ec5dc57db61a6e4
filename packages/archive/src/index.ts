export type { Archive, ArchivedPayment, ArchiveReader } from './archive.ts'
