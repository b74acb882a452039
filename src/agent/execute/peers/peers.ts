import { open, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { errorMessage } from '../../../base/text/error-message.ts'
import type { BundleFile, BundleRef } from '../../../bundle/format.ts'
import type { Emit } from '../../../engine/event.ts'
import type { Host } from '../../../host/host.ts'
import { PartFile } from '../../../host/linux/files/part-file.ts'
import { ZstdPart } from '../../../host/linux/files/zstd-part.ts'
import { openTcp } from '../../../host/linux/network/connect.ts'
import type { HttpProxy } from '../../../host/network.ts'
import { PIECE_PORT, type PieceList } from '../../../protocol/api/delivery/pieces.ts'
import type { Knowledge } from '../../gate/open-signed.ts'
import { hasLayout, keepLayout } from './archive-layout.ts'
import { servePieces } from './piece-server.ts'
import { openSources } from './piece-sources.ts'
import { openPieceStore, type PieceStore } from './piece-store.ts'
import { discardPieces, piecesDirectory } from './pieces-directory.ts'
import { openSwarm } from './swarm.ts'

export interface PeersOptions {
  /** Of the controllers. One that does not answer is left for the next one. */
  urls: readonly string[]
  tls: { ca: string; cert: string; key: string }
  proxy?: HttpProxy
  ref: BundleRef
  /** The directory of the bundle's files. */
  directory: string
  /** Of this node, on which it hands on pieces. */
  address: string
  connect?: typeof openTcp
  knowledge: Pick<Knowledge<never>, 'instructionKeys' | 'nodeId'>
  host: Host
  emit: Emit
  signal: AbortSignal
}

export interface Peers {
  /**
   * Puts what it gets of a file where a download of it continues. The download verifies it against the signed manifest. Rejects with
   * the reason of the signal, and with the host's error for a change that it did not record or make.
   */
  fetch(file: BundleFile, path: string, onProgress?: (doneBytes: number) => void): Promise<void>
  /** Notes how an image can be handed on when its archive is gone. */
  fetched(by: Host, file: BundleFile, path: string): Promise<void>
  /** Failures are only logged. */
  close(): Promise<void>
  /**
   * Closes after a run that has all files. Keeps the pieces of what it installed in another form, such as executables, which came
   * compressed: they are for nodes that come later. Removes those of images, which containerd has as they came.
   */
  discard(): Promise<void>
}

/** Connects to nobody before the first file is fetched. */
export function openPeers(options: PeersOptions): Peers {
  const { urls, tls, proxy, ref, address, connect = openTcp, knowledge, host, emit, signal } = options
  const bundle = ref.manifestSha256
  const directory = piecesDirectory(options.directory)
  const log = (level: 'info' | 'warn', message: string) =>
    emit({ kind: 'log', at: host.now().toISOString(), level, message })
  let unrecorded: unknown
  /** Unless it is known, nothing was fetched with pieces. */
  let list: PieceList | undefined
  let hasFetched = false
  const swarm = openSwarm({
    sources: openSources({ urls, tls, bundle, connect, signal, ...(proxy && { proxy }) }),
    async openStore(opened) {
      try {
        await host.makeDirectory(directory, 0o700)
      } catch (error) {
        unrecorded = error
        throw error
      }
      const store = await openPieceStore(directory, opened)
      list = opened
      return store
    },
    serve: (store, bytesPerSecond) =>
      servePieces({
        ...{ address, port: PIECE_PORT, tls, bundle, store, bytesPerSecond },
        knowledge: () => ({ ...knowledge, now: host.now() }),
        log: (message) => log('warn', message),
      }),
    clock: host,
    log,
    signal,
  })
  const orLog = (what: string, done: Promise<void>) =>
    done.catch((error: unknown) => log('warn', `${what}: ${errorMessage(error)}`))
  const close = () => orLog('the end of handing on pieces', swarm.close())
  const isKept = async ({ path, encoding }: PieceList['files'][number]) =>
    encoding === 'zstd' || !(await hasLayout(host, options.directory, path))
  return {
    async fetch(file, path, onProgress) {
      hasFetched = true
      const store = await swarm.fill(file.path, (part) => onProgress?.(Math.floor(part * file.size)))
      if (unrecorded !== undefined) throw unrecorded
      if (store) await putPart(host, store, file, path)
    },
    async fetched(by, file, path) {
      if (file.role === 'image') await keepLayout(by, options.directory, file, path)
    },
    close,
    async discard() {
      await close()
      // A run that fetched nothing, such as a repair, knows nothing of them.
      if (!hasFetched) return
      await orLog(`the pieces in ${directory} stay`, discardPieces(options.directory, list, isKept))
    },
  }
}

/** Writes the part of a download, unless a longer one is there. A kill leaves a shorter part, which is continued. */
export async function putPart(
  host: Pick<Host, 'makeDirectory' | 'expect'>,
  store: Pick<PieceStore, 'encodingOf' | 'prefix' | 'prefixBytes'>,
  { path: name }: Pick<BundleFile, 'path'>,
  path: string,
): Promise<void> {
  const encoding = store.encodingOf(name)
  const [part, other] = [ZstdPart.nameOf(path), PartFile.nameOf(path)]
  const to = encoding === 'zstd' ? part : other
  const there = (await sizeOf(part)) ?? (encoding === 'zstd' ? undefined : await sizeOf(other))
  if (there !== undefined && there >= store.prefixBytes(name)) return
  if (there !== undefined && encoding === 'identity') await rm(part, { force: true })
  await host.makeDirectory(dirname(path))
  await host.expect({ kind: 'remove-path', path: to })
  const file = await open(to, 'w', 0o600)
  try {
    for await (const bytes of store.prefix(name)) await file.writeFile(bytes)
  } finally {
    await file.close()
  }
}

async function sizeOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.size
}
