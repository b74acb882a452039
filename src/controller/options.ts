import type { Sealer } from './access/keys/seal-key.ts'
import type { OidcSettings } from './access/oidc/settings.ts'
import type { TlsFiles } from './access/server/named-certificate.ts'
import type { Listen } from './api/addresses.ts'
import type { Timeouts } from './api/limits.ts'
import type { AuditRetention } from './audit/retention.ts'
import type { SyslogTarget } from './audit/syslog/target.ts'
import type { Log } from './monitoring/log.ts'
import type { Retention } from './retention/limits.ts'

export interface ControllerOptions {
  dataDirectory: string
  /** URL of a PostgreSQL database, and the environment that says more about it; by default a file in the data directory. */
  database?: { url: string; env: NodeJS.ProcessEnv } | undefined
  /** Port 0: any free one. */
  listen: Listen
  /** The URLs at which agents reach it; default: derived from `listen`. */
  publicUrls?: readonly string[]
  /** The URL at which browsers reach it; default: the first of `publicUrls`. */
  browserUrl?: string
  /** The provider at which people sign in. */
  oidc?: OidcSettings | undefined
  now?: () => Date
  log?: Log
  /** Where /metrics, /healthz and /readyz are served, without TLS; by default nowhere. */
  metricsListen?: Listen | undefined
  /** The heartbeat interval of a session; default 30 s ± 20 %. */
  heartbeatMs?: () => number
  /** How often unreachable nodes, expired instructions and lapsed enrolments are handled; default 5 s. */
  tickMs?: number
  /** How often it tells other controllers on the same database that it is alive; default 3 s. */
  beatMs?: number
  /** The period over which agents reconnect after a close; default 5 s. */
  drainMs?: number
  /** A certificate for the name that browsers use; agents stay with the one of the controller's own CA. */
  tlsFiles?: TlsFiles | undefined
  /** Seals the private keys in the data directory; by default they are files with mode 0600. */
  sealer?: Sealer | undefined
  /** Where the executables of the agent are that join commands download; the first one that has a file. Default: `agents` in the data directory. */
  agentDirectories?: readonly string[]
  /** For how many days after its end a node can renew its certificate with it; default 400. 0: never. */
  lateRenewalDays?: number
  /** How many events are kept, and how long. */
  retention?: Partial<Retention>
  /** How much of the audit log is kept. */
  auditRetention?: Partial<AuditRetention>
  /** A server to which the audit log is forwarded. */
  auditSyslog?: SyslogTarget | undefined
  /** The files of the web console by their paths, and with `.gz` and `.br` compressed ones; by default there is no console. */
  consoleAssets?: ReadonlyMap<string, Uint8Array> | undefined
  /** For clients that are slow. */
  timeouts?: Timeouts
}
