import { fstatSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { isSea } from 'node:sea'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { AgentError } from '../../base/agent-error.ts'
import { command, inOrder } from '../../base/command.ts'
import { LATE_RENEWAL_DAYS } from '../../controller/api/admission/expired.ts'
import type { Log } from '../../controller/monitoring/log.ts'
import { RETENTION } from '../../controller/retention/limits.ts'
import { MOST_URLS } from '../../protocol/wire/session/limits.ts'
import { examples } from '../kit/output.ts'
import { consoleAssets } from './console/assets.ts'
import { sealerOf } from './keys.ts'
import { type OidcFlags, oidcSettingsOf, withOidcFlags } from './login/oidc-flags.ts'
import { originOf } from './login/origin.ts'
import { isToJournal, LOG_FORMATS, type LogFormat, openLog } from './service/log-output.ts'
import { DEFAULT_DATA } from './session/access.ts'

interface Flags extends OidcFlags {
  data: string
  database?: string
  listen: { host: string; port: number }
  publicUrl?: string[]
  browserUrl?: string
  tlsCert?: string
  tlsKey?: string
  keyFile?: string
  agents?: string
  keepDetails: number
  keepEvents: number
  lateRenewal: number
  auditSyslog?: string
  metricsListen?: { host: string; port: number }
  logFormat: LogFormat
}

/** `controller serve`: runs until SIGTERM or SIGINT. */
export function registerServe(program: Command): void {
  withServeOptions(program.command('serve').description('run the controller'))
    .addHelpText(
      'after',
      examples(
        'controller serve --data /var/lib/cantrip-controller --listen 0.0.0.0:8443',
        "controller serve --database 'postgres://cantrip@db.example/cantrip?sslmode=verify-full&sslrootcert=/etc/ssl/db.pem'",
        'controller serve --data ./data --listen 10.0.0.5:8443 --public-url https://controller.example:8443',
        'controller serve --tls-cert console.example.pem --tls-key console.example.key',
        'controller serve --metrics-listen 127.0.0.1:9464 --log-format json',
        'controller serve --oidc-issuer-url https://id.example --oidc-client-id cantrip --oidc-grant platform=admin',
      ),
    )
    .action(serve)
}

/** The options of `controller serve`, which `controller install` takes as well. */
export function withServeOptions(command: Command): Command {
  command
    .option('--data <directory>', 'data directory; created at the first start', DEFAULT_DATA)
    .option('--database <url>', 'PostgreSQL database to use instead of a file in the data directory')
    .addOption(
      new Option('--listen <host:port>', 'address to listen on, for the REST API and the agents')
        .argParser(listenOf)
        .default({ host: '0.0.0.0', port: 8443 }, '0.0.0.0:8443'),
    )
    .option('--public-url <url>', 'URL at which nodes reach the controller; repeatable', urlOf)
    .option('--browser-url <url>', 'URL at which browsers reach it (default: the first --public-url)', originOf)
    .option(
      '--tls-cert <file>',
      'certificate and chain (PEM) for the name that browsers use; read again when it changes',
    )
    .option('--tls-key <file>', 'key of that certificate (PEM)')
    .option('--key-file <file>', 'key file with which the keys are sealed (controller keys seal)')
    .option(
      '--agents <directory>',
      'agent-linux-x64 and agent-linux-arm64, for join commands (default: agents in the data directory, or beside this program)',
    )
    .option('--keep-details <days>', 'how long step details are kept', daysOf, RETENTION.detailDays)
    .option('--keep-events <days>', 'how long failures, results and states are kept', daysOf, RETENTION.days)
    .option(
      '--late-renewal <days>',
      'for how long after its end a node can renew its certificate with it; 0: never',
      daysOrNone,
      LATE_RENEWAL_DAYS,
    )
    .option(
      '--audit-syslog <url>',
      'syslog server that gets the audit log: tls://HOST:6514[?ca=FILE] or tcp://HOST:514',
    )
    .addOption(
      new Option(
        '--metrics-listen <host:port>',
        'where to serve /metrics, /healthz and /readyz, without TLS and authentication (default: nowhere)',
      ).argParser(listenOf),
    )
    .addOption(new Option('--log-format <format>', 'format of the log').choices(LOG_FORMATS).default('text'))
  return withOidcFlags(command)
}

async function serve(flags: Flags): Promise<void> {
  const tlsFiles = tlsFilesOf(flags)
  const oidc = await oidcSettingsOf(flags)
  await refuseForeign(flags.data)
  if (flags.agents !== undefined) await refuseForeign(flags.agents, 'directory of the agents')
  const [{ startController }, { syslogTarget }, { systemdNotifier }] = await Promise.all([
    import('../../controller/start.ts'),
    import('../../controller/audit/syslog/target.ts'),
    import('../../agent/service/sd-notify.ts'),
  ])
  const log = logOf(flags.logFormat)
  const notifier = systemdNotifier(process.env, (message) => log(message, { level: 'warning' }))
  const controller = await startController({
    dataDirectory: flags.data,
    listen: flags.listen,
    ...(flags.database === undefined ? {} : { database: { url: flags.database, env: process.env } }),
    ...(flags.publicUrl ? { publicUrls: flags.publicUrl } : {}),
    ...(flags.browserUrl === undefined ? {} : { browserUrl: flags.browserUrl }),
    oidc,
    tlsFiles,
    auditSyslog: flags.auditSyslog === undefined ? undefined : syslogTarget(flags.auditSyslog),
    agentDirectories: agentDirectories(flags),
    retention: { detailDays: flags.keepDetails, days: flags.keepEvents },
    lateRenewalDays: flags.lateRenewal,
    sealer: await sealerOf(flags.keyFile),
    metricsListen: flags.metricsListen,
    consoleAssets: consoleAssets(),
    log,
  })
  log(`listening on ${flags.listen.host}:${controller.port}; nodes reach it at ${controller.publicUrls.join(', ')}`)
  log(`administrator access file: ${controller.adminFile}`)
  notifier.ready(`listening on ${flags.listen.host}:${controller.port}`)
  const { watchdogMs } = notifier
  const watchdog = watchdogMs === undefined ? undefined : setInterval(notifier.alive, watchdogMs)
  await signalled()
  log('stopping')
  notifier.stopping()
  clearInterval(watchdog)
  await controller.close()
}

function logOf(format: LogFormat): Log {
  const write = (text: string) => process.stdout.write(text)
  return openLog({ format, toJournal: isToJournal(process.env, fstatSync(1)), now: () => new Date(), write })
}

function tlsFilesOf({ tlsCert: certificate, tlsKey: key }: Flags) {
  if (certificate !== undefined && key !== undefined) return { certificate, key }
  if (certificate === undefined && key === undefined) return undefined
  throw new AgentError('serve/tls-files', 'found only one of --tls-cert and --tls-key; wanted both', {
    fix: 'pass the certificate and its key: --tls-cert FILE --tls-key FILE',
    kind: 'invalid',
  })
}

function agentDirectories({ agents, data }: Flags): string[] {
  if (agents !== undefined) return [resolve(agents)]
  return [resolve(data, 'agents'), ...(isSea() ? [dirname(process.execPath)] : [])]
}

/** A user who can replace the database, a key in the data directory, or the agent that machines download, controls every node. */
export async function refuseForeign(given: string, what = 'data directory'): Promise<void> {
  const [{ linuxHostView }, { trustOf }, { untrustedPlace }] = await Promise.all([
    import('../../host/linux/host-view.ts'),
    import('../../host/files/trust.ts'),
    import('../../host/files/untrusted-place.ts'),
  ])
  const view = linuxHostView()
  if (view.uid() !== 0) return
  const place = await untrustedPlace(`${resolve(given)}/any`, await trustOf(view, process.env), view)
  if (place === undefined) return
  const found = `users other than root can change the ${what} ${given}: ${place.kind} ${place.path} ${place.why}`
  throw new AgentError('data/foreign-directory', `${found}; wanted directories that only root can write to`, {
    fix: inOrder(command`chown --no-dereference root:root ${place.path}`, command`chmod go-w ${place.path}`),
    kind: 'invalid',
  })
}

function signalled(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve())
  })
}

function listenOf(text: string): { host: string; port: number } {
  const [, host, bracketed, portText] = /^(?:\[([0-9a-fA-F:]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(text) ?? []
  const port = Number(portText)
  if (portText === undefined || port > 65_535)
    throw new InvalidArgumentError('It must be HOST:PORT, e.g. 0.0.0.0:8443.')
  return { host: host || bracketed || '0.0.0.0', port }
}

function daysOf(text: string): number {
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It must be a number of days, at least 1.')
}

function daysOrNone(text: string): number {
  return text === '0' ? 0 : daysOf(text)
}

function urlOf(text: string, before: string[] = []): string[] {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol !== 'https:' || url.pathname !== '/') {
    throw new InvalidArgumentError('It must be https://HOST:PORT, without a path.')
  }
  if (before.length >= MOST_URLS) throw new InvalidArgumentError(`At most ${MOST_URLS} are possible.`)
  return [...before, url.origin]
}
