export { openDirectory, readDirectory } from './open-directory.ts'
export { journalsIn, shardDirectory, unfinishedName } from './shard-directories.ts'
