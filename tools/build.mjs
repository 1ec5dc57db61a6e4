/**
 * Bundles each app into one file: `apps/NAME/src/main.ts` becomes `dist/NAME.mjs`. A file `NAME.worker.ts` anywhere in
 * an app, started by it as a thread or a process of its own, becomes `dist/NAME.worker.mjs` beside it.
 *
 * `packages/operator-page` is bundled for browsers first, and the coordinator's bundle has it as texts.
 *
 * `dist/` is complete: it holds the native binaries of uWebSockets.js too (those of this operating system and
 * processor, for every Node), so an image needs nothing but Node and `dist/`. LevelDB, which only an archive needs, is in a
 * bundle of its own with its binary beside it (`archive.mjs`, `level/`): an image without these two has no archive. So is the
 * client of a replicated log (`jetstream.mjs`).
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { giveUp, install, nativeSockets, root } from './bootstrap.mjs'

const out = join(root, 'dist')

/** Node 20's; no older Node gets as far as loading a binary. */
const abiMin = 115

/** Bundles written as ES modules still hold CommonJS dependencies, which expect a `require`. */
const banner = `import { createRequire as __createRequire } from 'node:module';
const require = __createRequire(import.meta.url);`

/** uWebSockets.js finds its binary beside itself by the name of platform and ABI: it stays a file, copied to dist/uws. */
const nativeSocketsBesideBundle = {
  name: 'native-sockets-beside-bundle',
  /** @param {import('esbuild').PluginBuild} plugin */
  setup(plugin) {
    plugin.onResolve({ filter: /^uWebSockets\.js$/ }, () => ({ path: './uws/uws.cjs', external: true }))
  },
}

/** What imports the archive's shell loads the bundle of it, when it asks. That bundle finds LevelDB's binary by this name. */
const archiveBesideBundle = {
  name: 'archive-beside-bundle',
  /** @param {import('esbuild').PluginBuild} plugin */
  setup(plugin) {
    plugin.onResolve({ filter: /^@rinha\/archive\/level$/ }, () => ({
      path: './archive.mjs',
      external: true,
    }))
    plugin.onLoad({ filter: /[/\\]classic-level[/\\]binding\.js$/ }, () => ({
      contents: "module.exports = require('./level/classic-level.node')",
    }))
    plugin.onResolve({ filter: /^\.\/level\// }, ({ path }) => ({ path, external: true }))
  },
}

/** The client of a replicated log is in a bundle of its own, which is loaded where LOG_SERVERS is set. */
const jetstreamBesideBundle = {
  name: 'jetstream-beside-bundle',
  /** @param {import('esbuild').PluginBuild} plugin */
  setup(plugin) {
    plugin.onResolve({ filter: /^@rinha\/journal\/jetstream$/ }, () => ({
      path: './jetstream.mjs',
      external: true,
    }))
  },
}

/** Builds every bundle. What did not change keeps its file, so that a running cluster is left alone. */
export async function build() {
  // Imported here, not above: a bare clone has no esbuild until `install` has run.
  const { build: bundle } = await import('esbuild')
  const { page, player } = await browserPrograms(bundle)
  const outcome = bundle({
    entryPoints: entryPoints(),
    outdir: out,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    sourcemap: true,
    banner: { js: banner },
    plugins: [nativeSocketsBesideBundle, archiveBesideBundle, jetstreamBesideBundle],
    define: { OPERATOR_PAGE: JSON.stringify(page), RUN_PLAYER: JSON.stringify(player) },
    logLevel: 'error',
    write: false,
    absWorkingDir: root,
  })
  // esbuild has said by itself what is wrong and where.
  const result = await outcome.catch(() => giveUp('the bundles could not be built'))
  mkdirSync(join(out, 'uws'), { recursive: true })
  for (const file of result.outputFiles) writeWhenChanged(file.path, file.contents)
  removeStale(new Set(result.outputFiles.map(file => file.path)))
  copyNativeSockets()
  copyLevel()
}

/**
 * What the coordinator serves of its page, and the program of the page that plays a simulated run.
 * @param {typeof import('esbuild')['build']} bundle
 */
async function browserPrograms(bundle) {
  const source = join(root, 'packages', 'operator-page', 'src')
  const result = await bundle({
    entryPoints: {
      page: join(source, 'index.ts'),
      style: join(source, 'page.css'),
      player: join(source, 'player', 'index.ts'),
    },
    outdir: out,
    bundle: true,
    minify: true,
    format: 'iife',
    target: ['chrome109', 'firefox115', 'safari16.4'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    logLevel: 'error',
    write: false,
    absWorkingDir: root,
  }).catch(() => giveUp("the operator's page could not be built"))
  const text = (/** @type {string} */ name) =>
    result.outputFiles.find(file => file.path.endsWith(name))?.text ?? ''
  const page = {
    html: readFileSync(join(source, 'page.html'), 'utf8'),
    js: text('page.js'),
    css: text('style.css'),
  }
  return { page, player: text('player.js') }
}

/** @returns {{ in: string, out: string }[]} */
function entryPoints() {
  const shell = (/** @type {string[]} */ ...path) => join(root, 'packages', ...path, 'index.ts')
  const entries = [
    { in: shell('archive', 'src', 'level'), out: 'archive' },
    { in: shell('journal', 'src', 'jetstream'), out: 'jetstream' },
  ]
  for (const app of readdirSync(join(root, 'apps'))) {
    const source = join(root, 'apps', app, 'src')
    if (!existsSync(source)) continue
    if (existsSync(join(source, 'main.ts'))) entries.push({ in: join(source, 'main.ts'), out: app })
    for (const path of readdirSync(source, { recursive: true, encoding: 'utf8' })) {
      if (path.endsWith('.worker.ts')) entries.push({ in: join(source, path), out: basename(path, '.ts') })
    }
  }
  const names = entries.map(entry => entry.out)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw new Error(`two entries would both be dist/${twice}.mjs`)
  return entries
}

function copyNativeSockets() {
  for (const name of readdirSync(nativeSockets)) {
    const [, platform, arch, abi = '0'] = /^uws_([^_]+)_([^_]+)_(\d+)\.node$/.exec(name) ?? []
    const isOurs = platform === process.platform && arch === process.arch && Number(abi) >= abiMin
    if (!isOurs && name !== 'uws.js' && name !== 'LICENSE') continue
    // CommonJS by its name: the package.json above dist/ says that .js is a module.
    const target = join(out, 'uws', name === 'uws.js' ? 'uws.cjs' : name)
    writeWhenChanged(target, readFileSync(join(nativeSockets, name)))
  }
}

/** The binary fits every Node, since it uses Node's stable interface (Node-API). */
function copyLevel() {
  const level = join(root, 'packages', 'archive', 'node_modules', 'classic-level')
  const prebuilds = join(level, 'prebuilds')
  const folder = readdirSync(prebuilds).find(name => {
    const [platform, ...archs] = name.split(/[-+]/)
    return platform === process.platform && archs.includes(process.arch)
  })
  if (folder === undefined) return
  const binary = readdirSync(join(prebuilds, folder)).find(
    name => name.endsWith('.node') && !name.includes('musl'),
  )
  mkdirSync(join(out, 'level'), { recursive: true })
  writeWhenChanged(
    join(out, 'level', 'classic-level.node'),
    readFileSync(join(prebuilds, folder, String(binary))),
  )
  writeWhenChanged(join(out, 'level', 'LICENSE'), readFileSync(join(level, 'LICENSE')))
}

/**
 * Written beside and renamed: a process that starts meanwhile sees the old file or the new one.
 * @param {string} path
 * @param {Uint8Array} contents
 */
function writeWhenChanged(path, contents) {
  if (existsSync(path) && readFileSync(path).equals(contents)) return
  const temporary = `${path}.${process.pid}`
  writeFileSync(temporary, contents)
  renameSync(temporary, path)
}

/** @param {ReadonlySet<string>} built */
function removeStale(built) {
  for (const name of readdirSync(out)) {
    const path = join(out, name)
    if (/\.mjs(\.map)?$/.test(name) && !built.has(path)) rmSync(path)
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  install()
  await build()
  for (const name of readdirSync(out).filter(file => file.endsWith('.mjs'))) {
    process.stdout.write(`${relative(root, join(out, name))}\n`)
  }
}
