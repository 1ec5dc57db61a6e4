import { dirname, join } from 'node:path'
import { isDoor, isInRoom, isPure, isTest, rooms } from './rooms.ts'

/** Why the file at `path` may not import `target`, or undefined where it may. Paths are from the root of the project. */
export function arrowProblem(path: string, target: string): string | undefined {
  const [top = '', name = ''] = path.split('/')
  if (top === 'packages' && rooms[name] === undefined) return `tools/rooms.ts does not know the room ${name}`
  if (target.startsWith('.')) return relativeProblem(path, join(dirname(path), target))
  const [, toName, shell] = /^@rinha\/([^/]+)(?:\/(.+))?$/.exec(target) ?? []
  if (toName !== undefined) return roomProblem(path, toName, shell)
  if (!isPure(path) || isTest(path) || rooms[name]?.libraries?.includes(target)) return undefined
  return 'a pure room imports no node: module and no library'
}

function relativeProblem(path: string, reached: string): string | undefined {
  const [top = '', name = ''] = path.split('/')
  const [toTop = '', toName = '', , folder = ''] = reached.split('/')
  if (toTop === top && toName === name) {
    const toShell = rooms[name]?.shells?.includes(folder) === true
    return isPure(path) && toShell ? 'a pure file imports no shell' : undefined
  }
  // Only a room has names for others; what stands outside, such as e2e, reaches for the door itself.
  const outside = top !== 'packages' && top !== 'apps'
  if (toTop === 'packages')
    return outside && isDoor(reached) ? undefined : 'another room is imported by its name'
  if (toTop === 'apps') return outside ? undefined : 'nothing imports an app'
  return undefined
}

function roomProblem(path: string, toName: string, shell: string | undefined): string | undefined {
  const [top = '', name = ''] = path.split('/')
  const to = rooms[toName]
  if (to === undefined) {
    const mayTest = top === 'apps' || rooms[name]?.testImports?.includes(toName) === true
    return isTest(path) && mayTest ? undefined : 'only the test of an app imports an app'
  }
  if (toName === 'testing') return isShipped(path) ? 'only tests and benches import it' : undefined
  const isShell = shell !== undefined && to.shells?.includes(shell) === true
  const isDoorOf = isShell || (shell !== undefined && to.doors?.includes(shell) === true)
  if (shell !== undefined && !isDoorOf) return 'a package is imported through its door only'
  if (isShell && isPure(path)) return 'a pure room imports no shell'
  const isForTests = !isShipped(path) && rooms[name]?.testImports?.includes(toName) === true
  const allowed = top !== 'packages' || toName === name || rooms[name]?.imports.includes(toName) || isForTests
  return allowed ? undefined : `there is no arrow from ${name} to ${toName}`
}

/** Neither a test nor a bench. */
function isShipped(path: string): boolean {
  return isInRoom(path) && !isTest(path)
}
