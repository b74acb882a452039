import { copyFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Run } from './run.ts'
import { runIn } from './tree.ts'

const GIVEN = '/root/cantrip-agent-of-the-image'
const INSTALLED = '/usr/local/bin/cantrip-agent'

/** Makes the agent part of the tree, with its own command. */
export async function bake(tree: string, agent: string, run: Run): Promise<void> {
  await copyFile(agent, join(tree, GIVEN))
  await runIn(tree, run)([GIVEN, 'bake', '--yes'])
  await rm(join(tree, GIVEN))
}

/** Removes what machines of the image must not have in common. The last change of the tree. */
export async function seal(tree: string, run: Run): Promise<void> {
  await runIn(tree, run)([INSTALLED, 'bake', '--seal', '--yes'])
}
