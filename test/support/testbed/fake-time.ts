import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { debianPackage } from './debian-package.ts'
import { execOk, type Node, path } from './machine.ts'
import { putFile } from './nodes.ts'
import { unpackPackage } from './unpack-package.ts'

const LIBRARY = 'usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1'
const OFFSET_IN_NODE = '/etc/faketime-offset'

/** libfaketime of Debian. Processes with this environment read the offset of their clock from a file, also while they run. */
const environment = (library: string, offsetFile: string) => ({
  LD_PRELOAD: library,
  FAKETIME_TIMESTAMP_FILE: offsetFile,
  FAKETIME_CACHE_DURATION: '1',
  FAKETIME_DONT_FAKE_MONOTONIC: '1',
  // Otherwise the first process that exits takes the shared memory of the others with it.
  FAKETIME_DISABLE_SHM: '1',
})

/** For processes of this machine. */
export async function fakeTime(offsetFile: string): Promise<Record<string, string>> {
  setOffset(offsetFile, 0)
  return environment(join(await debianPackage('libfaketime'), LIBRARY), offsetFile)
}

export function setOffset(offsetFile: string, days: number): void {
  writeFileSync(offsetFile, `+${days}d\n`)
}

/** For a unit of a node, from its next start on. */
export async function fakeTimeOfUnit(node: Node, unit: string): Promise<void> {
  await unpackPackage(node, 'libfaketime')
  setNodeOffset(node, 0)
  const lines = Object.entries(environment(`/${LIBRARY}`, OFFSET_IN_NODE)).map(
    (each) => `Environment=${each.join('=')}`,
  )
  await execOk(node, ['mkdir', '-p', `/etc/systemd/system/${unit}.d`])
  await putFile(node, `/etc/systemd/system/${unit}.d/faketime.conf`, `[Service]\n${lines.join('\n')}\n`)
  await execOk(node, ['systemctl', 'daemon-reload'])
}

/** Also while the node is switched off. */
export function setNodeOffset(node: Node, days: number): void {
  setOffset(join(path(node), OFFSET_IN_NODE), days)
}
