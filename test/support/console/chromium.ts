import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { rootWith } from '../testbed/debian-root.ts'

/**
 * A program that starts Debian's Chromium, which is installed in a root directory in the cache, with the devices, the processes and
 * the temporary files of this machine.
 */
export async function chromium(signal?: AbortSignal): Promise<string> {
  const root = await rootWith('chromium', signal, ['fonts-dejavu-core'])
  const program = join(root, 'start-chromium')
  const mounts = ['proc', 'dev', 'tmp'].map((each) => `mount --rbind /${each} '${root}/${each}'`)
  const inside = `${mounts.join(' && ')} && exec chroot '${root}' /usr/bin/chromium "$@"`
  await writeFile(
    program,
    `#!/bin/sh\nexec unshare --mount sh -c "${inside.replaceAll(/["$]/g, '\\$&')}" chromium "$@"\n`,
  )
  await chmod(program, 0o755)
  return program
}
