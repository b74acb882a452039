import { AgentError } from '../../base/agent-error.ts'
import { KUBELET_UNIT, UNITS } from '../../base/kubernetes-paths.ts'
import { devicesWith, numberOf } from '../../host/disks/block-devices.ts'
import { readMounts } from '../../host/files/read-mounts.ts'
import type { Host, HostView } from '../../host/host.ts'
import { bringUpUnit } from '../../host/units/bring-up-unit.ts'
import type { ProvisionStep } from '../../provision/provision.ts'
import { enableUnit, unitIsEnabled } from '../../provision/steps/units.ts'
import { type Volume, volumesOf } from './volumes.ts'

/** The file systems are mounted before the kubelet starts, now and at each boot. */
export const mountVolumes: ProvisionStep = {
  id: 'storage/mount-volumes',
  title: 'Mounting the file systems for volumes',
  async isDone(host, params) {
    for (const volume of volumesOf(params))
      if (!(await isMounted(host, volume)) || !(await unitIsEnabled(host, volume.unit))) return false
    return true
  },
  async apply(host, params, { signal }) {
    for (const volume of volumesOf(params)) {
      await host.expect({ kind: 'file-system', device: volume.device, uuid: volume.uuid })
      if (!(await isMounted(host, volume))) await prepareDirectory(host, volume)
      await host.write(`${UNITS}/${volume.unit}`, unitOf(volume, await sourceOf(host, volume)))
      await host.daemonReload()
      await enableUnit(host, volume.unit)
      await bringUpUnit(host, volume.unit, { signal })
    }
  },
}

/** Throws AgentError `storage/other-mount` if another file system is mounted there. */
async function isMounted(host: HostView, { device: chosen, path, uuid }: Volume): Promise<boolean> {
  const mount = (await readMounts(host)).findLast(({ mountPoint }) => mountPoint === path)
  if (!mount) return false
  const [device = ''] = await devicesWith(host, uuid)
  if ((await numberOf(host, device)) === mount.device) return true
  throw new AgentError('storage/other-mount', `found another disk mounted on ${path}; wanted ${chosen}`, {
    fix: 'choose the disk that the node has; or reset the node, and configure it again',
  })
}

/** While nothing is mounted there, nothing can be written there: a volume never lands on the disk of the system. */
async function prepareDirectory(host: Host, { path }: Volume): Promise<void> {
  await host.makeDirectory(path, 0o700)
  // Not every file system has attributes.
  const attributes = await host.ask(['lsattr', '-d', path])
  if (attributes.exitCode !== 0 || /^\S*i/.test(attributes.stdout)) return
  const why = `${path} can be changed again`
  await host.run(['chattr', '+i', path], { kind: 'run', argv: ['chattr', '-i', path], why })
}

/**
 * By its UUID, because names of disks change. Where udev makes links, systemd waits for that of the disk. In a container nobody does,
 * and systemd would wait for ever: mount finds the disk.
 */
async function sourceOf(host: HostView, { uuid }: Volume): Promise<string> {
  const link = `/dev/disk/by-uuid/${uuid}`
  return (await host.readLink(link)) === undefined ? `UUID=${uuid}` : link
}

/** Not `RequiredBy`: a machine whose disk has failed boots, and so does its kubelet, and pods without such volumes run. */
const unitOf = ({ path }: Volume, source: string) => `[Unit]
Description=Volumes of Kubernetes in ${path}
Before=${KUBELET_UNIT}

[Mount]
What=${source}
Where=${path}
Type=ext4

[Install]
WantedBy=multi-user.target
`
