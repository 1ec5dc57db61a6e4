/**
 * Whether this machine can run the cluster at all, said before anything is installed or started.
 *
 * What decides is uWebSockets.js: it carries one native binary for each operating system, processor and ABI of Node,
 * all linked against glibc. Everything else of the project runs on any Node from 20.17.
 */

/**
 * @typedef {object} Machine
 * @property {string} nodeVersion `20.20.2`
 * @property {string} abi Node's module ABI, `115` for Node 20
 * @property {string} platform as `process.platform`
 * @property {string} arch as `process.arch`
 * @property {string | undefined} glibcVersion undefined where the C library is not glibc
 */

const install = 'install Node 20 (https://nodejs.org/en/download, or "apt-get install nodejs" on Debian 13)'

/** The oldest Node that every dependency supports. */
const nodeVersionMin = [20, 17]

/** @returns {Machine} */
export function thisMachine() {
  return {
    nodeVersion: process.versions.node,
    abi: process.versions.modules,
    platform: process.platform,
    arch: process.arch,
    glibcVersion: /** @type {any} */ (process.report.getReport()).header.glibcVersionRuntime,
  }
}

/**
 * What is wrong with the machine as far as can be known before the install, with what to do; undefined when nothing is.
 * @param {Machine} machine
 * @returns {string | undefined}
 */
export function machineProblem(machine) {
  const { nodeVersion, platform, glibcVersion } = machine
  if (isOlder(nodeVersion, nodeVersionMin)) {
    return `this is Node ${nodeVersion}, and ${nodeVersionMin.join('.')} or newer is needed: ${install}`
  }
  if (platform !== 'linux') return undefined
  if (glibcVersion === undefined) {
    return (
      'the C library of this system is not glibc (Alpine has musl), and uWebSockets.js has no binary for it: ' +
      'use a glibc system, such as Debian 12 or the image node:24-trixie-slim'
    )
  }
  // The binaries for Node 20 and 21 were linked on an older system than those for 22 and later.
  const glibcVersionMin = nodeVersion.startsWith('20.') || nodeVersion.startsWith('21.') ? [2, 27] : [2, 38]
  if (!isOlder(glibcVersion, glibcVersionMin)) return undefined
  const needed = glibcVersionMin.join('.')
  const remedy =
    needed === '2.38'
      ? `use Node 20 (which needs only 2.27), or a newer system, such as Debian 13 or Ubuntu 24.04`
      : 'use a newer system, such as Debian 12'
  return `this is glibc ${glibcVersion}, and uWebSockets.js for Node ${nodeVersion} needs ${needed} or newer: ${remedy}`
}

/**
 * After the install: whether uWebSockets.js carries a binary for this Node.
 * @param {Machine} machine
 * @param {readonly string[]} fileNames the files of the uWebSockets.js package
 * @returns {string | undefined}
 */
export function binaryProblem(machine, fileNames) {
  const { nodeVersion, abi, platform, arch } = machine
  if (fileNames.includes(`uws_${platform}_${arch}_${abi}.node`)) return undefined
  const prefix = `uws_${platform}_${arch}_`
  const anyAbi = fileNames.some(name => name.startsWith(prefix))
  if (!anyAbi)
    return `uWebSockets.js has no binary for ${platform} on ${arch}: use Linux, macOS or Windows on x64 or arm64`
  return `uWebSockets.js has no binary for Node ${nodeVersion} (ABI ${abi}): use Node 20, 22, 24 or 25`
}

/**
 * @param {string} version
 * @param {readonly number[]} minimum
 */
function isOlder(version, minimum) {
  const parts = version.split('.').map(Number)
  for (let index = 0; index < minimum.length; index += 1) {
    const difference = (parts[index] || 0) - (minimum[index] || 0)
    if (difference !== 0) return difference < 0
  }
  return false
}
