import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

/**
 * Every command that README.md, CONTRIBUTING.md and the pages of docs/ tell a reader to type is either run by a test, which is
 * named here, or was tried by hand. A new command has to be entered, and an entry that no page uses has to go.
 */
const root = dirname(dirname(fileURLToPath(import.meta.url)))

const byTest: Readonly<Record<string, string>> = {
  'npm test': '.ci/run',
  'npm start': 'e2e/lifecycle.test.ts',
  'npm start -- --help': 'apps/cli/src/cluster.test.ts',
  'npm run score -- --schedule preview --scale': 'e2e/score.test.ts',
  'npm run score:k6': 'e2e/containers.test.ts',
  'npm run status': 'e2e/status.test.ts',
  'npm run status -- --watch': 'e2e/status.test.ts',
  'npm run payment -- show ID': 'apps/cli/src/payment.test.ts',
  'npm run payment -- resolve ID': 'apps/cli/src/payment.test.ts',
  'npm run payment -- resubmit': 'apps/cli/src/payment.test.ts',
  'npm run payment -- discard ID': 'apps/cli/src/payment.test.ts',
  'npm run reconcile': 'e2e/reconcile.test.ts',
  'npm run admin -- post /pause': 'e2e/shards-operator.test.ts',
  'npm run journal -- verify': 'apps/cli/src/journal.test.ts',
  'npm run ledger -- export': 'apps/cli/src/ledger.test.ts',
  'npm run ledger -- reshard': 'e2e/reshard.test.ts',
  'npm start -- --shards': 'e2e/reshard.test.ts',
  'export SHARDS=': 'apps/coordinator/src/shards/start-shards.test.ts',
  'SHARD=': 'apps/coordinator/src/shards/start-shards.test.ts',
  'SHARDS=': 'apps/coordinator/src/shards/start-shards.test.ts',
  'npm run simulate': 'tools/verify.mjs',
  'npm run lesson': 'apps/judge/src/lessons/lessons.test.ts',
  'npm run build && node dist/judge.mjs simulate': 'tools/verify.mjs',
  'npm run chaos -- --minutes': 'e2e/chaos.test.ts',
  'npm run chaos -- --no-journal': 'e2e/chaos.test.ts',
  'npm run chaos -- --noise': 'e2e/noise.test.ts',
  'npm run chaos:cluster': 'e2e/chaos-cluster.test.ts',
  'npm run submission': 'apps/judge/src/submission/submission.test.ts',
  'npm run build': 'tools/test.mjs',
  'npx vitest run --config tools/readme.vitest.config.ts': 'tools/verify.mjs',
  'npx tsc && npx biome check . && npx tsx tools/tidy.ts && npx knip': 'tools/verify.mjs',
  'npm run verify': '.ci/run',
  'docker compose -f docker-compose.processors.yml up': 'e2e/containers.test.ts',
  'docker compose -f docker-compose.processors.yml down': 'e2e/containers.test.ts',
  'docker compose build': 'e2e/containers.test.ts',
  'docker compose up': 'e2e/containers.test.ts',
  'docker compose down': 'e2e/containers.test.ts',
  'docker compose -f docker-compose.yml -f docker-compose.journal.yml up': 'e2e/journal-containers.test.ts',
  'docker compose -f docker-compose.yml -f docker-compose.cluster.yml': 'e2e/cluster-containers.test.ts',
  'docker build -f Dockerfile': 'e2e/cluster-containers.test.ts',
  'LOG_SERVERS=': 'e2e/standby.test.ts',
  'COORDINATORS=': 'e2e/standby.test.ts',
  'docker kill': 'e2e/journal-containers.test.ts',
  'docker start': 'e2e/journal-containers.test.ts',
  'curl -i -X POST http://localhost:9999/payments': 'e2e/payments.test.ts',
  'curl http://localhost:9999/payments': 'e2e/payments.test.ts',
  "curl 'http://localhost:9999/payments-summary": 'e2e/payments.test.ts',
  'curl http://localhost:9090/health': 'e2e/cluster-containers.test.ts',
  'curl http://localhost:9090/queue-status': 'e2e/payments.test.ts',
  'curl -X PUT http://localhost:8001/admin/configurations/delay': 'apps/processor-twin/src/twin.test.ts',
  'curl -X POST http://localhost:9090/pause': 'apps/coordinator/src/admin/sending.test.ts',
}

/** Commands that were tried by hand on the given day: those of kubectl and helm without a cluster (kustomize, --dry-run=client, template). */
const byHand: Readonly<Record<string, string>> = {
  'npm run score -- --schedule preview --vus 550': '2026-11-22',
  'npm run score -- --schedule final --start': '2026-11-22',
  'npm run lab -- --only preview': '2026-11-30',
  'npm run bench': '2026-11-30',
  'node tools/build.mjs && npx tsx apps/judge/bench/goodput.ts': '2026-11-30',
  'npx tsx apps/coordinator/bench/soak-process.ts': '2026-11-30',
  'node --expose-gc --import tsx packages/engine/bench/soak.ts': '2026-11-30',
  'npm run profile': '2026-11-30',
  'node dist/': '2026-11-30',
  'npm run format': '2026-11-30',
  'npx vitest': '2026-11-30',
  'CI=true npx vitest run --config e2e/vitest.config.ts': '2026-11-30',
  'E2E_SHARDS=4 CI=true npx vitest run --config e2e/vitest.config.ts': '2026-12-01',
  'npx tsx apps/judge/bench/ack-levels.ts': '2026-11-22',
  'docker compose logs': '2026-11-22',
  'kubectl ': '2026-11-30',
  'helm ': '2026-11-30',
  'openssl req': '2026-11-30',
  'TOKEN=': '2026-11-30',
  'printf ': '2026-11-30',
  'export IMAGES=': '2026-11-22',
  'cp -r "$JOURNAL_DIR"': '2026-11-30',
}

const pages = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(root, 'docs')).flatMap(name => (name.endsWith('.md') ? [`docs/${name}`] : [])),
]

/** The commands of a page's shell blocks: comments left out, continued lines joined. */
function commandsOf(page: string): readonly string[] {
  const text = readFileSync(join(root, page), 'utf8')
  return [...text.matchAll(/```sh\n(.*?)```/gs)].flatMap(([, block = '']) =>
    block
      .replace(/\\\n\s*/g, '')
      .split('\n')
      .map(line => line.replace(/\s+#\s.*$/, '').trim())
      .filter(line => line !== '' && !line.startsWith('#')),
  )
}

const known = [...Object.keys(byTest), ...Object.keys(byHand)]
const commands = pages.flatMap(page => commandsOf(page).map(command => ({ page, command })))

test('every command of a page is run by a test or was tried by hand', () => {
  expect(commands.length).toBeGreaterThan(50)
  expect(commands.filter(({ command }) => !known.some(start => command.startsWith(start)))).toEqual([])
})

test('every entry is of a command that a page has, and its test is there', () => {
  expect(known.filter(start => !commands.some(({ command }) => command.startsWith(start)))).toEqual([])
  expect(Object.values(byTest).filter(path => !existsSync(join(root, path)))).toEqual([])
})
