import { command } from '../../../base/command.ts'
import type { CarryOut } from '../result.ts'

/**
 * The volumes of pods outlive the uninstallation, unless a person asks for them to be erased. Only a whole disk that is not mounted is
 * erased, and only if no other one has the same file system: that would be a copy, and nobody knows which is which.
 */
export const fileSystem: CarryOut<'file-system'> = async ({ uuid }, machine, { wipeStorage }) => {
  const { exitCode, stdout } = await machine.ask(['blkid', '--output', 'device', '--match-token', `UUID=${uuid}`])
  const devices = stdout.split('\n').filter(Boolean)
  const [device] = devices
  if (exitCode !== 0 || device === undefined) return undefined
  const kept = (where: string) => ({
    kept: `the volumes of pods stay on ${where}; to erase them: ${command`wipefs --all ${device}`}`,
  })
  if (devices.length > 1) return kept(`${devices.join(' and ')}, of which one is a copy`)
  const number = (await machine.read(`/sys/block/${device.replace(/^\/dev\//, '')}/dev`))?.trim()
  if (number === undefined) return kept(`${device}, which is no whole disk`)
  const mounts = (await machine.read('/proc/self/mountinfo')) ?? ''
  const mounted = mounts.split('\n').find((line) => line.split(' ')[2] === number)
  if (mounted !== undefined) return kept(`${device}, which is mounted on ${mounted.split(' ')[4]}`)
  if (!wipeStorage) return kept(device)
  await machine.execute(['wipefs', '--all', device])
  return { removed: [`the volumes of pods on ${device}, file system ${uuid}`] }
}
