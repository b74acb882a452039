import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { VersionInfo } from '../../../base/version.ts'
import type { Meter } from '../meter.ts'
import { openBackupTime } from './backup-time.ts'

const SECONDS = [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10, 60]

/** Gauges of prom-client with the suffix of a counter, which promtool refuses; nodejs_active_* has the same by type. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total']

/** The counters of this process, and those of Node: memory, CPU time, event loop delay, garbage collection. */
export function openMeter(
  { version, commit }: VersionInfo,
  dataDirectory: string,
): { registry: Registry; meter: Meter } {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  for (const name of MISNAMED) registry.removeSingleMetric(name)
  new Gauge({
    ...{ name: 'cantrip_build_info', help: 'Version and commit of the controller; always 1.', registers },
    labelNames: ['version', 'commit'],
  }).set({ version, commit }, 1)
  const requests = new Histogram({
    ...{
      name: 'cantrip_request_duration_seconds',
      help: 'Answered requests of the API, without websockets.',
      registers,
    },
    ...{ labelNames: ['method', 'route', 'status'], buckets: SECONDS },
  })
  const refused = new Counter({
    ...{ name: 'cantrip_refused_requests_total', help: 'Requests that were refused, by the code of their error.' },
    ...{ registers, labelNames: ['code'] },
  })
  const messages = new Counter({
    ...{ name: 'cantrip_agent_messages_total', help: 'Messages of the sessions of agents.', registers },
    labelNames: ['direction', 'type'],
  })
  const calls = new Histogram({
    ...{ name: 'cantrip_database_duration_seconds', help: 'Calls of the database.', registers },
    ...{ labelNames: ['operation', 'outcome'], buckets: SECONDS },
  })
  const events = new Counter({ name: 'cantrip_events_stored_total', help: 'Events that were stored.', registers })
  const backupTime = openBackupTime(dataDirectory)
  let backups: Gauge | undefined
  // Absent until there is one: a new controller has no backup that is 50 years old.
  const showBackup = (at: Date) => {
    backups ??= new Gauge({
      ...{ name: 'cantrip_last_backup_timestamp_seconds', help: 'When the last backup was made, if known.', registers },
    })
    backups.set(Math.round(at.getTime() / 1_000))
  }
  const last = backupTime.read()
  if (last) showBackup(last)
  return {
    registry,
    meter: {
      backup(at) {
        backupTime.write(at)
        showBackup(at)
      },
      request: ({ method, route, status, seconds }) =>
        requests.observe({ method, route, status: `${Math.floor(status / 100)}xx` }, seconds),
      refused: (code) => refused.inc({ code }),
      message: (direction, type) => messages.inc({ direction, type }),
      store({ operation, seconds, failed, events: stored }) {
        calls.observe({ operation, outcome: failed ? 'error' : 'ok' }, seconds)
        if (stored > 0) events.inc(stored)
      },
    },
  }
}
