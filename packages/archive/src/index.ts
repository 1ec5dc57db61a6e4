export type { ArchivedPayment, ArchiveReader } from './archive.ts'
