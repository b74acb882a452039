import { command } from '../../../base/command.ts'
import { devicesWith, mountWith, numberOf } from '../../../host/disks/block-devices.ts'
import type { CarryOut } from '../result.ts'

/**
 * The volumes of pods outlive the uninstallation, unless a person asks for them to be erased. Only a whole disk that is not mounted is
 * erased, and only if no other one has the same file system: that would be a copy, and nobody knows which is which.
 */
export const fileSystem: CarryOut<'file-system'> = async ({ uuid }, machine, { wipeStorage }) => {
  const devices = await devicesWith(machine, uuid)
  const [device] = devices
  if (device === undefined) return undefined
  const kept = (where: string) => ({
    kept: `the volumes of pods stay on ${where}; to erase them: ${command`wipefs --all ${device}`}`,
  })
  if (devices.length > 1) return kept(`${devices.join(' and ')}, of which one is a copy`)
  const number = await numberOf(machine, device)
  if (number === undefined) return kept(`${device}, which is no whole disk`)
  const mount = await mountWith(machine, number)
  if (mount) return kept(`${device}, which is mounted on ${mount.mountPoint}`)
  if (!wipeStorage) return kept(device)
  await machine.execute(['wipefs', '--all', device])
  return { removed: [`the volumes of pods on ${device}, file system ${uuid}`] }
}
