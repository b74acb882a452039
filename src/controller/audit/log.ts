import { hostname } from 'node:os'
import { join } from 'node:path'
import { errorMessage } from '../../base/text/error-message.ts'
import type { Later } from '../../base/timers.ts'
import type { HasAnnouncements, HasAudit, HasAuthority, HasClock, HasLog, HasRefusals, HasStore } from '../ports.ts'
import { ANCHOR_FILE, openAnchor } from './anchor.ts'
import { recordLocalActs } from './local/local-acts.ts'
import { noteRestore } from './local/restored.ts'
import { AUDIT_TOPIC } from './recorded.ts'
import { openRefusals } from './refusals.ts'
import { type AuditRetention, openAuditRetention } from './retention.ts'
import { forwardAudit, POSITION_FILE } from './syslog/forward.ts'
import type { SyslogTarget } from './syslog/target.ts'

const FORWARD_MS = 1_000

type Ports = HasStore & HasAuthority & HasAnnouncements & HasLog & HasRefusals & Pick<HasClock, 'now'>

export interface AuditLog {
  /** For the services. */
  audit: HasAudit['audit']
  /** Records what commands did to the files, and notes the head. */
  tick(): Promise<void>
  /** Removes what is too old or too much. */
  tidy(): Promise<void>
  /** Stores what was noted last, and notes the head. */
  close(): Promise<void>
}

export interface AuditOptions {
  dataDirectory: string
  later: Later
  retention: AuditRetention
  /** Also sends each entry to this server. */
  syslog?: SyslogTarget | undefined
}

export async function openAuditLog(
  ports: Ports,
  { dataDirectory, later, retention, syslog }: AuditOptions,
): Promise<AuditLog> {
  const { store, changes, refused, now } = ports
  await noteRestore(ports, dataDirectory)
  await recordLocalActs(ports, dataDirectory)
  const anchor = await openAnchor(ports, join(dataDirectory, ANCHOR_FILE))
  const refusals = openRefusals({
    now,
    later,
    monotonicMs: () => performance.now(),
    async write(content) {
      try {
        await store.commit([{ change: 'add-audit-entry', content }])
        changes.announce(AUDIT_TOPIC)
      } catch (error) {
        const found = 'an entry of the audit log about a refused request could not be stored'
        refused('audit', `${found}: ${errorMessage(error)}`)
      }
    },
  })
  const file = join(dataDirectory, POSITION_FILE)
  const sender = { hostname: hostname(), pid: process.pid }
  const forwarding = syslog && forwardAudit(ports, { target: syslog, file, everyMs: FORWARD_MS, sender })
  return {
    audit: { note: (attempt) => refusals.note(attempt), noted: () => anchor.noted() },
    async tick() {
      await recordLocalActs(ports, dataDirectory)
      await anchor.keep()
    },
    tidy: openAuditRetention(ports, retention).tidy,
    async close() {
      await refusals.flush()
      await forwarding?.stop()
      await anchor.keep()
    },
  }
}
