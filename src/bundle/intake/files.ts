import { readFile, stat } from 'node:fs/promises'
import { BINARIES, CNI_PLUGINS, MANIFESTS } from '../contents.ts'
import { fileItem } from '../sources/items.ts'
import type { Item, SourceContext } from '../sources/source.ts'
import { type UpstreamFile, upstreamFiles } from '../upstream/table.ts'
import type { Versioned } from '../versions/sets.ts'
import { addPlain, addUpstream, type Candidate, type Candidates, newCandidates } from './candidates.ts'
import { contentKind } from './content-kind.ts'
import { executableProblem } from './executable.ts'
import { hashOf } from './hash.ts'
import type { Problems } from './problems.ts'
import type { Tree } from './tree.ts'

const MAX_MANIFEST_BYTES = 16 * 1024 * 1024

interface Wanted {
  role: 'binary' | 'cni-plugin' | 'manifest'
  /** `bin/kubelet` */
  path: string
  name: string
  version: string
  required: boolean
}

/** Looks for executables and manifests in a tree, under the bundle's names and under upstream's. Adds to `problems`. */
export async function filesOf(
  tree: Tree,
  context: SourceContext,
  problems: Problems,
): Promise<Pick<Candidates, 'archives' | 'used'> & { items: Item[] }> {
  const { versions, arch, scratch } = context
  const upstream = upstreamFiles(versions, arch)
  const found = newCandidates(tree, scratch, problems)
  for (const file of upstream) await addUpstream(found, file)
  const all = wantedFiles(context)
  for (const { path, name } of all) await addPlain(found, path, name)
  const items: Item[] = []
  for (const wanted of all) {
    const { role, path, name, version } = wanted
    const usable: Candidate[] = []
    const unusable: string[] = []
    for (const candidate of found.byPath.get(path) ?? []) {
      const problem =
        role === 'manifest'
          ? await manifestProblem(candidate.file)
          : await executableProblem(candidate.file, { role, name, version, arch }, scratch)
      if (problem === undefined) usable.push(candidate)
      else unusable.push(`${candidate.label}: ${problem}`)
    }
    const [best] = usable
    const other = best && (await differentFile(best, usable))
    if (other) unusable.push(`${best.label} and ${other.label} are different files for ${path}; keep one`)
    if (best && !other) items.push(await fileItem(role, name, version, best.file))
    else if (unusable.length > 0) problems.unusable.push(...unusable)
    else if (wanted.required) problems.missing.push(describeMissing(path, upstream))
  }
  return { items, archives: found.archives, used: found.used }
}

function wantedFiles({ versions }: SourceContext): Wanted[] {
  const executables = (role: 'binary' | 'cni-plugin', folder: string, all: Record<string, Versioned>) =>
    Object.entries(all).map(([name, component]) => ({
      ...{ role, path: `${folder}/${name}`, name, version: versions[component], required: true },
    }))
  return [
    ...executables('binary', 'bin', BINARIES),
    ...executables('cni-plugin', 'cni', CNI_PLUGINS),
    ...Object.entries(MANIFESTS).map(([name, { version, required }]) => ({
      ...{ role: 'manifest' as const, path: `manifests/${name}`, name, version: versions[version], required },
    })),
  ]
}

async function manifestProblem(file: string): Promise<string | undefined> {
  const { size } = await stat(file)
  if (size > MAX_MANIFEST_BYTES) return `has ${size} bytes; wanted at most ${MAX_MANIFEST_BYTES}`
  const { parseAllDocuments } = await import('yaml')
  const documents = [...parseAllDocuments(await readFile(file, 'utf8'), { version: '1.1' })]
  const isManifest = documents.every(({ errors }) => errors.length === 0) && documents.some((each) => each.has('kind'))
  return isManifest ? undefined : `is ${await contentKind(file)}; wanted a manifest of Kubernetes`
}

async function differentFile(best: Candidate, all: readonly Candidate[]): Promise<Candidate | undefined> {
  if (all.length < 2) return undefined
  const wanted = await hashOf(best.file, 'sha256')
  for (const each of all.slice(1)) if ((await hashOf(each.file, 'sha256')) !== wanted) return each
  return undefined
}

function describeMissing(path: string, upstream: readonly UpstreamFile[]): string {
  const source = upstream.find(({ gives, spare }) => !spare && gives.some((each) => each.path === path))
  return source ? `${path}; it is in ${source.url}` : path
}
