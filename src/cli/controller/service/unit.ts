import { DEFAULT_DATA } from '../session/access.ts'
import { INSTALLATION } from './installation.ts'
import { credentialsIn, type ServiceSettings, serveArguments, stateDirectoryOf } from './settings.ts'
import { UNIT_LINES } from './unit.generated.ts'

/** Ports below this one need a capability, which a process in a user namespace does not have for the network of the host. */
const FIRST_FREE_PORT = 1_024

/** The unit for these settings; `executable`: that of the service. */
export function renderControllerUnit(settings: ServiceSettings, executable = INSTALLATION.executable): string {
  const name = stateDirectoryOf(settings)
  const data = DEFAULT_DATA.endsWith(`/${name}`) ? [] : ['--data', `/var/lib/${name}`]
  const argv = [executable, 'serve', ...data, ...serveArguments(settings)]
  const lowPort = usesLowPort(settings)
  const lines = UNIT_LINES.flatMap((line) => {
    if (line.startsWith('ExecStart='))
      return [
        `ExecStart=${argv.join(' ')}`,
        ...credentialsIn(settings).map(
          ([credential, path]) => `LoadCredential=${credential}:${path.replaceAll('%', '%%')}`,
        ),
      ]
    if (line.startsWith('StateDirectory=')) return [`StateDirectory=${name}`]
    if (lowPort && line === 'PrivateUsers=yes') return []
    if (lowPort && /^(CapabilityBoundingSet|AmbientCapabilities)=$/.test(line)) return [`${line}CAP_NET_BIND_SERVICE`]
    return [line]
  })
  return `${lines.join('\n')}\n`
}

function usesLowPort({ options }: ServiceSettings): boolean {
  return ['--listen', '--metrics-listen'].some((flag) => {
    const port = Number(/:(\d+)$/.exec(options[flag]?.[0] ?? '')?.[1] ?? FIRST_FREE_PORT)
    return port > 0 && port < FIRST_FREE_PORT
  })
}
