export { type OpenDirectory, openDirectory, readDirectory } from './open-directory.ts'
