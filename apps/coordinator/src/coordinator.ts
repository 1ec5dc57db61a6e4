import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Logger, SettingsProblem, StartProblem, whenAborted } from '@rinha/service'
import { openAuditFile } from './admin/audit-file.ts'
import { AuditLog } from './admin/audit-log.ts'
import { startCandidate } from './cluster/start-candidate.ts'
import { listen } from './listen.ts'
import { liveSettings } from './live-settings.ts'
import { openJournal } from './open-journal.ts'
import { type CoordinatorSettings, settingsProblem } from './settings.ts'
import { time } from './time.ts'
import { openWork, type RunningCoordinator } from './work.ts'

export type { RunningCoordinator } from './work.ts'

/** Opens journal, channel, processors and admin port, and lets a Coordinator work between them. */
export async function startCoordinator(
  settings: CoordinatorSettings,
  log: Logger,
  stopAsked?: AbortSignal,
): Promise<RunningCoordinator> {
  const problem = settingsProblem(settings)
  if (problem !== undefined) throw new SettingsProblem(problem)
  if (settings.LOG_SERVERS !== null) return startCandidate(settings, settings.LOG_SERVERS, log, stopAsked)
  const kept = await openKept(settings, log, stopAsked)
  const work = openWork(settings, log, kept)
  const { coordinator } = work
  try {
    const channel = await listen(settings, log, coordinator, {
      onNodeChange: nodes => coordinator.onNodeChange(nodes),
    })
    const admin = await work.start(channel).catch(async error => {
      await channel.close()
      throw error
    })
    return {
      channelPort: channel.port,
      adminPort: admin.port,
      tell: event => coordinator.tell(event),
      addresses: {
        channel: `tcp://${settings.CHANNEL_HOST}:${channel.port}`,
        admin: `http://${settings.ADMIN_HOST}:${admin.port}`,
      },
      ...(kept.opened && { failed: kept.opened.lost }),
      stop: async hurried => {
        const hurry = whenAborted(hurried).then(() => coordinator.hurry())
        await Promise.race([channel.close(), hurry])
        await work.drain(settings.DRAIN_MS_MAX)
        await Promise.all([admin.close(), work.close()])
      },
    }
  } catch (error) {
    await work.close()
    throw error
  }
}

/** The state that an earlier process has left: the journal, and an operator's changes. */
async function openKept(settings: CoordinatorSettings, log: Logger, stopAsked: AbortSignal | undefined) {
  const opened = await openJournal(settings, log)
  try {
    // Reading is synchronous. Messages that arrive meanwhile are handled in the turn after it.
    await nextTurn()
    if (stopAsked?.aborted) throw new StartProblem('stopped during the start')
    const audit = await openAudit(settings)
    return { opened, audit, live: liveSettings(settings, audit, log) }
  } catch (error) {
    await opened?.close()
    throw error
  }
}

/** The directory of the journal, to which only this process writes. */
async function openAudit({ JOURNAL_DIR }: CoordinatorSettings): Promise<AuditLog> {
  const file = JOURNAL_DIR === '' ? undefined : await openAuditFile(JOURNAL_DIR)
  return new AuditLog(file, () => time().wallMs)
}
