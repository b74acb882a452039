import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { handOn } from '../../../src/agent/execute/peers/hand-on.ts'
import { openHeldPieces } from '../../../src/agent/execute/peers/held-pieces.ts'
import { servePieces } from '../../../src/agent/execute/peers/piece-server.ts'
import { openSources } from '../../../src/agent/execute/peers/piece-sources.ts'
import { readInstructionKey } from '../../../src/agent/gate/open-signed.ts'
import { openAuthority } from '../../../src/controller/access/authority.ts'
import { linuxMachine } from '../../../src/host/linux/linux-machine.ts'
import { openTcp } from '../../../src/host/linux/network/connect.ts'
import { PIECE_PORT } from '../../../src/protocol/api/delivery/pieces.ts'
import { putBlobs } from './image.ts'
import type { PeerNodeOptions } from './peer-node.ts'

/** What a node does after its run: containerd has the images, and the archives and installed executables are no longer there. */
export function installed(paths: readonly string[], blobs: string): void {
  mkdirSync(blobs, { recursive: true })
  for (const path of paths) {
    if (path.endsWith('.tar')) putBlobs(readFileSync(path), blobs)
    rmSync(path)
  }
}

/** What the process of a ready node does when the controller calls it, until the signal. */
export function readyNode(options: PeerNodeOptions & { blobs: string }): { said: string[]; ended: Promise<void> } {
  const { node, address, url, bundle, dataDirectory, directory, blobs, signal } = options
  const machine = linuxMachine()
  const said: string[] = []
  const log = (text: string) => void said.push(text)
  const tls = { ca: node.ca, cert: node.cert, key: node.key }
  const sha256 = bundle.manifestSha256
  const { instructionKey } = openAuthority(join(dataDirectory, 'pki'), new Date(), true)
  const sources = openSources({ urls: [url], tls, bundle: sha256, connect: openTcp, signal })
  const ended = handOn({
    ...{ sources, clock: machine, log, signal },
    open: (list) =>
      openHeldPieces(list, {
        ...{ view: machine, manifest: bundle.manifest, directory: join(directory, sha256), blobs },
      }),
    serve: (store, bytesPerSecond) =>
      servePieces({
        ...{ address, port: PIECE_PORT, tls, bundle: sha256, store, bytesPerSecond, log },
        knowledge: () => ({
          ...{ instructionKeys: () => [readInstructionKey(instructionKey)], nodeId: node.id, now: machine.now() },
        }),
      }),
  }).finally(() => sources.close())
  return { said, ended }
}
