import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type ClusterOptions, clusterAt, clusterPortCount, planCluster } from '@rinha/local-cluster'
import type { ProcessPlan } from '@rinha/service'
import { type LinkName, nodeNames, processorNames } from './plan.ts'

/**
 * The processes of a run and what each is told, as data. They are those of `npm start`; what differs is that every link
 * goes through its proxy, that the coordinator has a journal, and that times are short, so that a run of a minute sees many
 * recoveries.
 */
export interface ChaosPorts extends ClusterOptions {
  /** The port on which the proxy of each link listens. */
  readonly links: Readonly<Record<LinkName, number>>
}

export interface FleetPlaces {
  readonly bundleDirectory: string
  /** Exists and is empty: for logs and the journal. */
  readonly directory: string
  readonly hasJournal: boolean
}

export const host = '127.0.0.1'
export const processorToken = '123'

/** How many ports a run needs: see {@link portsFrom}. */
export const portCount = clusterPortCount + 4

export function portsFrom(ports: readonly number[]): ChaosPorts {
  const [api1 = 0, api2 = 0, onDefault = 0, fallback = 0] = ports.slice(clusterPortCount)
  return { ...clusterAt(ports), links: { api1, api2, default: onDefault, fallback } }
}

/** The address that a link's proxy connects to. */
export function linkTargets(ports: ChaosPorts): Readonly<Record<LinkName, number>> {
  const { channelPort, defaultPort, fallbackPort } = ports
  return { api1: channelPort, api2: channelPort, default: defaultPort, fallback: fallbackPort }
}

/** Processes in the stages of their start: processors, coordinator, API nodes. */
export function planProcesses(
  ports: ChaosPorts,
  secret: string,
  places: FleetPlaces,
): readonly (readonly ProcessPlan[])[] {
  return planCluster(ports, secret).map(stage =>
    stage.map(plan => ({
      ...plan,
      // Its last log lines are evaluated, so the user cannot set the log level.
      environment: { ...plan.environment, LOG_LEVEL: 'info', ...settingsOf(plan.name, ports, places) },
    })),
  )
}

/** Says by how many milliseconds the wall clock of a process is off. */
export function clockFile(directory: string, name: string): string {
  return join(directory, `${name}.clock`)
}

function settingsOf(name: string, ports: ChaosPorts, places: FleetPlaces): Readonly<Record<string, string>> {
  const { bundleDirectory, directory, hasJournal } = places
  const node = nodeNames.find(nodeName => nodeName === name)
  if (name !== 'coordinator' && node === undefined) return twinSettings
  const clock = {
    NODE_OPTIONS: `--import ${pathToFileURL(join(bundleDirectory, 'stepped-clock.worker.mjs')).href}`,
    CLOCK_OFFSET_FILE: clockFile(directory, name),
  }
  if (node !== undefined) return { ...clock, ...nodeSettings, COORDINATOR_PORT: `${ports.links[node]}` }
  const feesBps = { default: ports.defaultFeeBps, fallback: ports.fallbackFeeBps }
  return {
    ...clock,
    ...coordinatorSettings,
    PROCESSORS: processorNames
      .map(
        processor => `${processor}=http://${host}:${ports.links[processor]}@${feesBps[processor] / 10_000}`,
      )
      .join(','),
    ...(hasJournal ? { JOURNAL_DIR: join(directory, 'journal') } : {}),
  }
}

/** A peer that went silent is noticed after three of them. */
const heartbeatMs = 200

const nodeSettings = {
  HEARTBEAT_MS: `${heartbeatMs}`,
  RECONNECT_MS_MAX: '200',
  ACK_WAIT_MS_MAX: '700',
  REQUEST_TIMEOUT_MS: '1000',
  // An orderly stop while the coordinator is away has as long as it can have.
  DRAIN_MS_MAX: '8000',
}

const coordinatorSettings = {
  HEARTBEAT_MS: `${heartbeatMs}`,
  CONNECT_TIMEOUT_MS: '500',
  // Silence becomes doubt, and doubt a look-up, within a fault's time; and a delay of the longest kind becomes doubt, too.
  ATTEMPT_TIMEOUT_MS: '1000',
  HEALTH_POLL_MS: '1100',
  HEALTH_TIMEOUT_MS: '3000',
  CANARY_MS_MAX: '200',
  // Payments change processors within a fault's time: only one that moves can be charged at both.
  HOLD_OUTAGE_MS_PER_PERCENT: '20',
  HOLD_SLOWNESS_MS_PER_PERCENT: '20',
  // Slow processors go on being used: attempts end in doubt, which is what is to be looked at.
  AUDIT_GUARD_MS: '0',
}

/** Health is answered at once, and not only once in five seconds. */
const twinSettings = {
  HEALTH_WINDOW_MS: '1000',
  HEALTH_HEARTBEAT_MS: '20',
  BOOK_COUNT_MAX: '1000000',
}
