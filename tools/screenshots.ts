/**
 * Makes the screenshots of the operator's page in docs/: a cluster under load, whose cheap processor slows down, fails and
 * comes back, and rejects a few payments. `npm run screenshots`; it takes a minute.
 */
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { openPage, pageAddress, startBrowser } from '../e2e/testing/browser.ts'
import { root, startCluster } from '../e2e/testing/cluster-process.ts'
import { configure, SteadyLoad } from '../e2e/testing/steady-load.ts'

const shots = [
  { name: 'page-light', colorScheme: 'light', viewport: { width: 1280, height: 1000 } },
  { name: 'page-dark', colorScheme: 'dark', viewport: { width: 1280, height: 1000 } },
  { name: 'page-narrow', colorScheme: 'light', viewport: { width: 400, height: 1000 } },
] as const

const cluster = await startCluster({ LOG_LEVEL: 'error' })
const browser = await startBrowser()
try {
  const { defaultPort, fallbackPort, adminPort } = cluster.ports
  const load = new SteadyLoad(cluster.public('/payments'), 150)
  const play: readonly (readonly [pauseMs: number, port: number, what: string, body: object])[] = [
    [0, defaultPort, 'delay', { delay: 40 }],
    [0, fallbackPort, 'delay', { delay: 90 }],
    [12_000, defaultPort, 'fault', { paymentStatus: 400, paymentPercent: 1 }],
    [2000, defaultPort, 'fault', {}],
    [8000, defaultPort, 'delay', { delay: 400 }],
    [8000, defaultPort, 'failure', { failure: true }],
    [14_000, defaultPort, 'failure', { failure: false }],
    [0, defaultPort, 'delay', { delay: 60 }],
  ]
  for (const [pauseMs, ...what] of play) {
    await pause(pauseMs)
    await configure(...what)
  }
  await pause(10_000)
  for (const { name, ...options } of shots) {
    const { page } = await openPage(browser, pageAddress(adminPort), options)
    await page.locator('[data-link=live]').waitFor()
    await pause(1500)
    await page.screenshot({
      path: join(root, 'docs', `${name}.png`),
      fullPage: process.argv.includes('--full'),
    })
    process.stdout.write(`docs/${name}.png\n`)
    await page.context().close()
  }
  await load.stop()
} finally {
  await browser.close()
  cluster.program.signal('SIGINT')
  await cluster.program.exit
}
