import type { Run } from './tools.ts'

/** A bundle that becomes part of an image. */
export interface GivenBundle {
  path: string
  /** The file with the public key of its builder. */
  key: string
  kubernetes: string
  manifestSha256: string
}

/** Makes the agent, and the bundle, part of the tree, with the agent's own command. Nothing outside of the tree changes. */
export async function bake(tree: string, agent: string, bundle: GivenBundle | undefined, run: Run): Promise<void> {
  const files = bundle === undefined ? [] : ['--bundle', bundle.path, '--key', bundle.key]
  await run([agent, 'bake', '--root', tree, ...files, '--yes'])
}

/** Removes what machines of the image must not have in common. The last change of the tree. */
export async function seal(tree: string, agent: string, run: Run): Promise<void> {
  await run([agent, 'bake', '--seal', '--root', tree, '--yes'])
}
