import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { openPeers, type PeersOptions } from '../../../src/agent/execute/peers/peers.ts'
import { readInstructionKey } from '../../../src/agent/gate/open-signed.ts'
import type { BundleRef } from '../../../src/bundle/format.ts'
import type { StoredBundle } from '../../../src/bundle/import.ts'
import { openBundleStore } from '../../../src/bundle/store.ts'
import { openAuthority } from '../../../src/controller/access/authority.ts'
import type { EngineEvent } from '../../../src/engine/event.ts'
import { linuxMachine } from '../../../src/host/linux/linux-machine.ts'
import { recordingHost } from '../../../src/host/recording.ts'
import type { EnrolledNode } from '../controller/client.ts'

export interface PeerNodeOptions {
  node: EnrolledNode
  /** Of the loopback network. */
  address: string
  url: string
  /** Asked first. */
  deadUrls?: readonly string[]
  bundle: StoredBundle
  /** Of the controller, for its key. */
  dataDirectory: string
  directory: string
  signal: AbortSignal
  connect?: PeersOptions['connect']
}

/** What a run of an agent has for a bundle, without the run. */
export async function peerNode(options: PeerNodeOptions) {
  const { node, address, url, deadUrls = [], bundle, dataDirectory, directory, signal, connect } = options
  const machine = linuxMachine()
  const recorded: string[] = []
  const host = recordingHost({
    machine,
    record: async ({ what }) => void recorded.push(what),
    backupDirectory: join(directory, 'backups'),
  })
  const lines: string[] = []
  const log = (event: EngineEvent) => event.kind === 'log' && lines.push(`${event.level} ${event.message}`)
  const { manifest, manifestSha256, publicKey } = bundle
  const ref: BundleRef = { name: manifest.name, manifestSha256, publicKey }
  const { instructionKey } = openAuthority(join(dataDirectory, 'pki'), new Date(), true)
  const own = { ref, directory: join(directory, manifestSha256), host, signal }
  const tls = { ca: node.ca, cert: node.cert, key: node.key }
  mkdirSync(directory, { recursive: true })
  const peers = openPeers({
    ...{
      ...own,
      urls: [...deadUrls, url],
      tls,
      address,
      emit: log,
      ...(connect && { connect }),
    },
    knowledge: { instructionKeys: () => [readInstructionKey(instructionKey)], nodeId: node.id },
  })
  const store = await openBundleStore({ ...own, controllerUrls: [url], tls, peers })
  return {
    lines,
    recorded,
    store,
    fetch: (name: string) => store.fetch(host, store.file('binary', name)),
    fetchImage: (name: string) => store.fetch(host, store.file('image', name)),
    /** Returns the paths of all files. */
    fetchAll: () => Promise.all(manifest.files.map((file) => store.fetch(host, file))),
    close: peers.close,
    discard: peers.discard,
  }
}

export type PeerNode = Awaited<ReturnType<typeof peerNode>>
