export { openDirectory, readDirectory } from './open-directory.ts'
