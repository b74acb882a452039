import { command } from '../../../base/command.ts'
import type { CarryOut } from '../result.ts'

/** The volumes of pods outlive the uninstallation, unless a person asks for them to be erased. */
export const fileSystem: CarryOut<'file-system'> = async ({ uuid }, machine, { wipeStorage }) => {
  const { exitCode, stdout } = await machine.ask(['blkid', '--uuid', uuid])
  const device = stdout.trim()
  if (exitCode !== 0 || device === '') return undefined
  const mounts = (await machine.read('/proc/self/mountinfo')) ?? ''
  const numbers = await machine.read(`/sys/block/${device.replace(/^\/dev\//, '')}/dev`)
  const mounted = mounts.split('\n').find((line) => line.split(' ')[2] === numbers?.trim())
  if (wipeStorage && !mounted) {
    await machine.execute(['wipefs', '--all', device])
    return { removed: [`the volumes of pods on ${device}, file system ${uuid}`] }
  }
  const why = mounted ? `, which is mounted on ${mounted.split(' ')[4]}` : ''
  return { kept: `the volumes of pods stay on ${device}${why}; to erase them: ${command`wipefs --all ${device}`}` }
}
