import { type AgentPaths, pathsOf } from '../../../agent/paths.ts'

/** systemd keeps the directories of services with DynamicUser= here, and links to them from /var/lib. Each boot creates it. */
export const PRIVATE = '/var/lib/private'

/**
 * The installation of the controller as a service. Its ledger and its snapshot are where those of agents are, so that agents
 * and controllers on one machine know what the other has changed. The data of the controller is not part of it.
 */
export const INSTALLATION: AgentPaths = {
  ...pathsOf('controller-service'),
  executable: '/usr/local/bin/cantrip-controller',
  unit: 'cantrip-controller.service',
  unitFile: '/etc/systemd/system/cantrip-controller.service',
  configDirectory: '/etc/cantrip-controller',
  configFile: '/etc/cantrip-controller/service.json',
}

/** Of the Debian package, which manages the service by itself. */
export const PACKAGED_UNIT = '/usr/lib/systemd/system/cantrip-controller.service'
