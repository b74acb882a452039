import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { AgentError } from '../base/agent-error.ts'
import { type Limit, limit } from '../base/tasks/limit.ts'
import type { Host } from '../host/host.ts'
import type { HttpProxy } from '../host/network.ts'
import { agentRoutes } from '../protocol/api/agents.ts'
import { pathOf } from '../protocol/api/route.ts'
import type { BundleStore } from '../provision/params.ts'
import { assemblyOf } from './assembly.ts'
import { badBundle } from './error.ts'
import {
  type BundleFile,
  type BundleManifest,
  type BundleRef,
  MANIFEST_NAME,
  MAX_MANIFEST_BYTES,
  SIGNATURE_NAME,
} from './format.ts'
import { fromAny } from './from-any.ts'
import { decodePublicKey } from './keys.ts'
import { readManifest, type VerifiedManifest } from './manifest.ts'

export interface StoreOptions {
  ref: BundleRef
  /** Tried in order, e.g. `https://controller:7443`. */
  controllerUrls: readonly string[]
  tls: { ca: string; cert: string; key: string }
  proxy?: HttpProxy
  /** The directory for this bundle's files on the node, e.g. `/var/lib/cantrip/bundle/<manifest sha256>`. */
  directory: string
  /** The path of the agent's executable: the operator's image can be made of it. */
  executable?: string
  host: Host
  signal?: AbortSignal
  peers?: {
    /** Gets what other nodes have of a file, where the download of it continues. */
    fetch(file: BundleFile, path: string, onProgress?: (doneBytes: number) => void): Promise<void>
    /** Called with the path of each file that is there, verified. */
    fetched(by: Host, file: BundleFile, path: string): Promise<void>
  }
}

const REQUEST_TIMEOUT_MS = 30_000
const PARALLEL_DOWNLOADS = 3
/** Downloads and verifies a bundle's manifest, unless it is on the node. Files are downloaded on demand. */
export async function openBundleStore(options: StoreOptions): Promise<BundleStore> {
  const { ref, directory, host } = options
  const { manifest } = (await readLocal(options)) ?? (await fetchManifest(options))
  if (manifest.arch !== host.arch()) {
    throw badBundle(
      'wrong-arch',
      `${ref.name} is for ${manifest.arch}; this machine is ${host.arch()}`,
      `import a bundle for ${host.arch()} into the controller`,
    )
  }
  const slots = limit(PARALLEL_DOWNLOADS)
  const underWay = new Map<string, Promise<string>>()
  const pathOf = (file: BundleFile) => join(directory, file.path)
  const fetch: BundleStore['fetch'] = (by, file, onProgress, signal) => {
    const running = underWay.get(file.path)
    if (running) return running
    const here = { ...options, host: by, ...(signal ? { signal } : {}) }
    const fetchOther = (other: BundleFile) => fetch(by, other, undefined, signal)
    const started = fetchMade(here, { manifest, file, pathOf, fetchOther }, (madeOf) =>
      fetchFile(here, slots, file, pathOf(file), onProgress, madeOf),
    )
    underWay.set(file.path, started)
    // The file may be discarded after its use, and a failed download may be retried: both need a new download.
    const forget = () => underWay.delete(file.path)
    started.then(forget, forget)
    return started
  }
  return {
    manifest,
    pathOf,
    file: (role, name) => fileOf(manifest, role, name),
    fetch,
  }
}

function fileOf({ name: bundle, files }: BundleManifest, role: BundleFile['role'], name: string): BundleFile {
  const found = files.find((file) => file.role === role && file.name === name)
  if (found) return found
  throw badBundle(
    'missing-file',
    `${bundle} contains no ${role} ${name}; this node needs it`,
    'build a complete bundle and import it',
  )
}

/** A bundle whose verified files are in a directory of this machine. Whoever fetches a file may move it away. */
export function localBundleStore(manifest: BundleManifest, directory: string): BundleStore {
  const pathOf = (file: BundleFile) => join(directory, file.path)
  return {
    manifest,
    pathOf,
    file: (role, name) => fileOf(manifest, role, name),
    fetch: async (_host, file) => pathOf(file),
  }
}

interface Wanted {
  manifest: BundleManifest
  file: BundleFile
  pathOf(file: BundleFile): string
  fetchOther(file: BundleFile): Promise<string>
}

/** Fetches the file; if it ends with this node's executable, only what is before it. */
async function fetchMade(
  { host, executable }: StoreOptions,
  { manifest, file, pathOf, fetchOther }: Wanted,
  fetch: (madeOf?: string[]) => Promise<string>,
): Promise<string> {
  const assembly = assemblyOf(manifest, file)
  if (assembly === undefined || executable === undefined) return fetch()
  const isHere = await isDownloaded(host, file, pathOf(file))
  const canBeMade = !isHere && (await host.sha256(executable)) === assembly.executable
  const path = await fetch(canBeMade ? [await fetchOther(assembly.head), executable] : undefined)
  // Also that of an earlier try.
  await host.discard(pathOf(assembly.head), 'the controller has it')
  return path
}

async function fetchFile(
  options: StoreOptions,
  slots: Limit,
  file: BundleFile,
  path: string,
  onProgress?: (doneBytes: number) => void,
  madeOf?: readonly string[],
): Promise<string> {
  const { ref, tls, proxy, host, signal, peers } = options
  const download = (url: string) =>
    host.download({
      url: url + pathOf(agentRoutes.fetchBundleFile, { sha256: ref.manifestSha256, path: file.path }),
      path,
      sha256: file.sha256,
      size: file.size,
      tls,
      ...(proxy === undefined ? {} : { proxy }),
      ...(madeOf ? { madeOf } : {}),
      ...(onProgress ? { onProgress } : {}),
      ...(signal ? { signal } : {}),
    })
  if (await isDownloaded(host, file, path)) onProgress?.(file.size)
  else {
    if (!madeOf) await peers?.fetch(file, path, onProgress)
    await slots(() => fromAny(options, `${file.path} of ${ref.name}`, download))
  }
  await peers?.fetched(host, file, path)
  return path
}

async function isDownloaded(host: Host, file: BundleFile, path: string): Promise<boolean> {
  const found = await host.stat(path)
  // Another user could still change a file that belongs to them.
  const isOwn = found?.kind === 'file' && found.uid === host.uid()
  return isOwn && found.size === file.size && (await host.sha256(path)) === file.sha256
}

/** The manifest of a bundle that is on the node, verified; undefined if it is not there. */
export async function readLocal({
  ref,
  directory,
  host,
}: Pick<StoreOptions, 'ref' | 'directory'> & { host: Pick<Host, 'read'> }): Promise<VerifiedManifest | undefined> {
  const manifest = await host.read(join(directory, MANIFEST_NAME))
  const signature = await host.read(join(directory, SIGNATURE_NAME))
  if (manifest === undefined || signature === undefined || sha256(manifest) !== ref.manifestSha256) return undefined
  return readManifest(Buffer.from(manifest), signature, decodePublicKey(ref.publicKey))
}

async function fetchManifest(options: StoreOptions): Promise<VerifiedManifest> {
  const { ref, tls, proxy, directory, host } = options
  const get = (name: string) =>
    fromAny(options, `${name} of ${ref.name}`, async (url) => {
      const at = url + pathOf(agentRoutes.fetchBundleFile, { sha256: ref.manifestSha256, path: name })
      const { status, body } = await host.network.request(at, {
        tls,
        ...(proxy === undefined ? {} : { proxy }),
        timeoutMs: REQUEST_TIMEOUT_MS,
        maxBytes: MAX_MANIFEST_BYTES,
      })
      if (status === 200) return body
      const code = status >= 500 ? 'bundle/not-served' : 'bundle/refused'
      throw new AgentError(code, `${at} answered ${status}; wanted 200`, {
        fix: 'check which bundles the controller has: controller bundle list',
      })
    })
  const manifest = await get(MANIFEST_NAME)
  const found = sha256(manifest)
  if (found !== ref.manifestSha256) {
    throw badBundle(
      'wrong-hash',
      `${MANIFEST_NAME} of ${ref.name}: found SHA-256 ${found}; wanted ${ref.manifestSha256}, as in the instruction`,
    )
  }
  const signature = await get(SIGNATURE_NAME)
  const verified = readManifest(Buffer.from(manifest), signature, decodePublicKey(ref.publicKey))
  await host.makeDirectory(directory, 0o700)
  await host.write(join(directory, SIGNATURE_NAME), signature, 0o600)
  await host.write(join(directory, MANIFEST_NAME), manifest, 0o600)
  return verified
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
