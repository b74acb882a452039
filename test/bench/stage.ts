import { createHash } from 'node:crypto'
import { cp, mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MANIFEST_NAME } from '../../src/bundle/format.ts'
import { type Node, path } from '../support/testbed/machine.ts'

/** Puts a bundle where the agent looks before it fetches, as on a machine whose image has it baked in. */
export async function stageBundle(bundle: string, node: Node): Promise<void> {
  const name = createHash('sha256')
    .update(await readFile(join(bundle, MANIFEST_NAME)))
    .digest('hex')
  const to = join(path(node), '/var/lib/cantrip/bundle', name)
  await mkdir(to, { recursive: true, mode: 0o700 })
  await cp(bundle, to, { recursive: true })
}
