import { AGENT_IMAGE } from './contents.ts'
import type { BundleFile, BundleManifest } from './format.ts'

/*
 * The archive of the operator's image ends with the agent's executable and zeros. The bundle has the bytes before them, the head, also as
 * a file of its own, whose name says which executable it is for. A node that has this executable makes the archive of both (ADR 91).
 */
const HEAD = /^agent-image-head-([0-9a-f]{64})$/

export const headName = (executableSha256: string): string => `agent-image-head-${executableSha256}`

export interface Assembly {
  head: BundleFile
  /** SHA-256 of the executable. */
  executable: string
}

/** What a file of a bundle can be made of, instead of being downloaded. */
export function assemblyOf({ files }: BundleManifest, { role, name }: BundleFile): Assembly | undefined {
  if (role !== 'image' || !name.startsWith(`${AGENT_IMAGE}:`)) return undefined
  for (const head of files) {
    const [, executable] = (head.role === 'binary' && HEAD.exec(head.name)) || []
    if (executable !== undefined) return { head, executable }
  }
  return undefined
}
