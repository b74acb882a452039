import { AgentError } from '../../../base/agent-error.ts'
import { command } from '../../../base/command.ts'
import type { HostView } from '../../../host/host.ts'
import { PRIVATE } from './installation.ts'
import { type ServiceSettings, stateDirectoryOf } from './settings.ts'

/**
 * systemd would move a directory in /var/lib to /var/lib/private, and change its owner: a person has to decide that. Throws
 * AgentError `install/data-exists`.
 */
export async function refuseForeignData(view: HostView, settings: ServiceSettings): Promise<void> {
  const name = stateDirectoryOf(settings)
  const path = `/var/lib/${name}`
  const stat = await view.stat(path)
  if (stat === undefined) return
  const target = stat.kind === 'symlink' ? await view.readLink(path) : undefined
  if (target === `private/${name}` || target === `${PRIVATE}/${name}`) return
  const found = `found a ${stat.kind} at ${path}, which the service does not own`
  throw new AgentError('install/data-exists', `${found}; its data would be in ${PRIVATE}/${name}`, {
    fix: `to use this data, stop the controller that runs on it, then ${command`mv ${path} ${`${PRIVATE}/${name}`}`}; to begin with no data, pass --data with another directory in /var/lib`,
    kind: 'refused',
  })
}
