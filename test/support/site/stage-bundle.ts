import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MANIFEST_NAME } from '../../../src/bundle/format.ts'
import type { Node } from '../testbed/machine.ts'
import { must } from '../testbed/run.ts'

/**
 * Copies a bundle to the place where the agent looks before it downloads, as in a prepared machine image. `linked` uses
 * hard links, which is fast. This is safe, because nothing writes to the files of a bundle.
 */
export async function stageBundle(bundle: string, node: Node, how: 'copied' | 'linked'): Promise<void> {
  const name = createHash('sha256')
    .update(await readFile(join(bundle, MANIFEST_NAME)))
    .digest('hex')
  // Not the mount of the node, because hard links do not cross mounts.
  const to = join(node.directory, 'var/lib/cantrip/bundle', name)
  // Of an earlier provisioning.
  if (existsSync(to)) return
  await mkdir(join(to, '..'), { recursive: true, mode: 0o700 })
  await must(['cp', '--recursive', ...(how === 'linked' ? ['--link'] : []), bundle, to], { timeoutMs: 120_000 })
}
