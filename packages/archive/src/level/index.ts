export { type OpenArchive, openArchive } from './open-archive.ts'
export { readArchive } from './read-archive.ts'
