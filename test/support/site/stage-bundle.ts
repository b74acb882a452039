import { createHash } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MANIFEST_NAME } from '../../../src/bundle/format.ts'
import type { Node } from '../testbed/machine.ts'
import { must } from '../testbed/run.ts'

/**
 * Puts a bundle where the agent looks before it fetches, as on a machine whose image has it baked in. `linked`: in no time,
 * where nothing is measured; nobody writes into files of a bundle.
 */
export async function stageBundle(bundle: string, node: Node, how: 'copied' | 'linked'): Promise<void> {
  const name = createHash('sha256')
    .update(await readFile(join(bundle, MANIFEST_NAME)))
    .digest('hex')
  // The directory itself, not its mount in the node: links do not cross a mount.
  const to = join(node.directory, 'var/lib/cantrip/bundle', name)
  await mkdir(join(to, '..'), { recursive: true, mode: 0o700 })
  await must(['cp', '--recursive', ...(how === 'linked' ? ['--link'] : []), bundle, to], { timeoutMs: 120_000 })
}
