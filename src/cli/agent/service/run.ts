import { existsSync } from 'node:fs'
import { isSea } from 'node:sea'
import { setTimeout } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { notInstalled } from '../../../agent/config.ts'
import { privateKeys } from '../../../agent/identity/identity.ts'
import { readMachineIds } from '../../../agent/identity/machine.ts'
import { createLog } from '../../../agent/log.ts'
import { openLogFile } from '../../../agent/logs/log-file.ts'
import { selfOf } from '../../../agent/self.ts'
import { systemdNotifier } from '../../../agent/service/sd-notify.ts'
import { runService } from '../../../agent/service/service.ts'
import { Redactor } from '../../../base/text/secret.ts'
import { version } from '../../../base/version.ts'
import { CERTIFICATE_PLACES } from '../../../provision/certificates/places.ts'
import { pathsFor } from '../surroundings.ts'

/** `agent run [--instance NAME]`, as systemd starts it. It has no option parser, to start fast. */
export async function run(argv: readonly string[]): Promise<void> {
  const at = argv.findIndex((word) => word === '--instance' || word === '-m')
  const paths = pathsFor(at < 0 ? undefined : argv[at + 1])
  // Checked first, so that an agent that is not installed writes no files. The service reports a damaged file.
  if (!existsSync(paths.configFile)) throw notInstalled(paths)
  const print = (line: string) => void process.stdout.write(`${line}\n`)
  const redactor = new Redactor()
  for (const key of privateKeys(paths)) redactor.add(key)
  const log = createLog([print, openLogFile(paths.logFile).write], redactor, () => new Date())
  const stop = new AbortController()
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => stop.abort())
  const self = selfOf(process, isSea())
  log('info', `agent ${version.version} (${version.commit}) starting`)
  await runService({
    paths,
    self,
    agentVersion: version.version,
    machine: readMachineIds(),
    network: async () => (await import('../../../host/linux/network/network.ts')).linuxNetwork,
    notifier: systemdNotifier(process.env, (message) => log('warn', message)),
    log,
    redact: (text) => redactor.redact(text),
    hide: (secret) => redactor.add(secret),
    facts: async () => (await import('../../../agent/execute/ask-facts.ts')).askFacts(self, paths, log),
    certificateFiles: CERTIFICATE_PLACES.map(({ path }) => path),
    now: () => new Date(),
    monotonicMs: () => performance.now(),
    random: Math.random,
    sleep: (ms, signal) => setTimeout(ms, undefined, { signal }),
    // V8 then gives memory back rather than save time: 17 MB instead of 20. At the start it would refuse its compiled code.
    onWaiting: () => setFlagsFromString('--optimize-for-size'),
    signal: stop.signal,
  })
}
