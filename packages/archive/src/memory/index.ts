export { MemoryArchive } from './memory-archive.ts'
