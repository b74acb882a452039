import { join } from 'node:path'
import { CONTAINERD } from '../../base/kubernetes-paths.ts'
import { readLocal } from '../../bundle/store.ts'
import { linuxHostView } from '../../host/linux/host-view.ts'
import { openTcp } from '../../host/linux/network/connect.ts'
import { PIECE_PORT } from '../../protocol/api/delivery/pieces.ts'
import { requireConfig } from '../config.ts'
import { instructionKeysOf } from '../identity/trust.ts'
import type { AgentPaths } from '../paths.ts'
import { readCarriedOut } from './execute.ts'
import { handOn } from './peers/hand-on.ts'
import { openHeldPieces } from './peers/held-pieces.ts'
import { servePieces } from './peers/piece-server.ts'
import { openSources } from './peers/piece-sources.ts'
import { bundleDirectoryOf } from './provision-params.ts'

export interface HandOnPiecesOptions {
  paths: AgentPaths
  /** SHA-256 of the manifest that the controller named. */
  bundle: string
  log(message: string): void
  signal: AbortSignal
}

/** Where containerd keeps blobs, by their SHA-256. */
const BLOBS = join(CONTAINERD.root, 'io.containerd.content.v1.content/blobs/sha256')

/**
 * Hands on to other nodes of the cluster what this one has of its bundle: the one of the last instruction that it carried out. Nothing on
 * the machine is changed.
 */
export async function handOnPieces({ paths, bundle, log, signal }: HandOnPiecesOptions): Promise<void> {
  const { instruction, identity: tls } = await readCarriedOut(paths)
  if (instruction.role === 'reset' || instruction.params.bundle.manifestSha256 !== bundle) return
  const { params, node: nodeId } = instruction
  const view = linuxHostView(paths.layout)
  const directory = bundleDirectoryOf(paths, instruction)
  const verified = await readLocal({ ref: params.bundle, directory, host: view })
  if (!verified) return
  const config = requireConfig(paths)
  const { urls, proxy } = config
  const sources = openSources({ urls, tls, bundle, connect: openTcp, signal, ...(proxy && { proxy }) })
  try {
    await handOn({
      ...{ sources, clock: view, log, signal },
      open: (list) => openHeldPieces(list, { view, manifest: verified.manifest, directory, blobs: BLOBS }),
      serve: (store, bytesPerSecond) =>
        servePieces({
          ...{ address: params.node.address, port: PIECE_PORT, tls, bundle, store, bytesPerSecond, log },
          knowledge: () => ({ instructionKeys: () => instructionKeysOf(paths, config), nodeId, now: view.now() }),
        }),
    })
  } finally {
    sources.close()
  }
}
