import { UNITS } from '../../base/kubernetes-paths.ts'
import { isUnitActive } from '../../host/units/is-unit-active.ts'
import {
  BACKUP_TIMER,
  BACKUP_UNIT,
  BACKUPS,
  CONFIGURATION,
  SETTINGS_FILE,
  type Settings,
} from '../../provision/etcd/backup/places.ts'
import type { ProvisionParams } from '../../provision/params.ts'
import type { ProvisionStep } from '../../provision/provision.ts'
import { enableUnit, unitIsEnabled } from '../../provision/steps/units.ts'
import { timer, unit } from './templates.ts'

export const configure: ProvisionStep = {
  id: 'etcd-backup/configure',
  title: 'Configuring backups of etcd',
  async isDone(host, params) {
    const wanted = Object.entries(files(params))
    const found = await Promise.all(wanted.map(([path]) => host.read(path)))
    const isThere = (await host.stat(BACKUPS)) !== undefined
    return isThere && wanted.every(([, text], index) => found[index] === text)
  },
  async apply(host, params) {
    // Whoever adds backups later, the timer or a request, has their undo recorded by this.
    await host.expect({ kind: 'remove-tree', path: BACKUPS })
    await host.makeDirectory(BACKUPS, 0o700)
    await host.makeDirectory(CONFIGURATION)
    for (const [path, text] of Object.entries(files(params))) await host.write(path, text)
  },
}

export const startTimer: ProvisionStep = {
  id: 'etcd-backup/start-timer',
  title: 'Scheduling backups of etcd',
  isDone: async (host) => (await unitIsEnabled(host, BACKUP_TIMER)) && (await isUnitActive(host, BACKUP_TIMER)),
  async apply(host) {
    await enableUnit(host, BACKUP_TIMER)
    await host.daemonReload()
    await host.setUnit(BACKUP_TIMER, { active: true })
  },
}

function files({ executable, cluster, node }: ProvisionParams): Record<string, string> {
  const settings: Settings = { cluster: { id: cluster.id, name: cluster.name }, node: node.name }
  return {
    [SETTINGS_FILE]: `${JSON.stringify(settings, null, 2)}\n`,
    [`${UNITS}/${BACKUP_UNIT}`]: unit(executable),
    [`${UNITS}/${BACKUP_TIMER}`]: timer(),
  }
}
