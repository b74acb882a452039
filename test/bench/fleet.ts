import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { openAuthority } from '../../src/controller/access/authority.ts'
import type { Change } from '../../src/controller/domain/change.ts'
import { openSqliteStore } from '../../src/controller/store/sqlite/store.ts'
import { createKeyPair, fingerprint, keyToPem, spki } from '../../src/pki/key.ts'
import type { Facts } from '../../src/protocol/wire/facts.ts'
import { factsAt } from '../support/controller/agent.ts'
import type { Credentials } from '../support/controller/client.ts'
import { cluster, EARLY, node, run } from '../support/controller/member.ts'

export interface Machine extends Credentials {
  id: string
  name: string
  /** Of the loopback network: each agent has its own. */
  address: string
}

/** Writes the data directory of a controller whose clusters are READY: `count` nodes with certificates and finished runs. */
export async function createFleet(
  dataDirectory: string,
  count: number,
  clusters: number,
  more: Partial<Facts> = {},
): Promise<Machine[]> {
  mkdirSync(dataDirectory, { recursive: true, mode: 0o700 })
  const authority = openAuthority(join(dataDirectory, 'pki'), new Date(), false)
  const store = openSqliteStore(join(dataDirectory, 'controller.db'))
  const now = new Date()
  const machines: Machine[] = []
  for (let each = 0; each < clusters; each++) {
    const clusterId = `c-${numbered(each)}`
    const changes: Change[] = [
      { change: 'add-cluster', cluster: cluster({ id: clusterId, name: `cluster-${each}`, state: 'READY' }) },
    ]
    for (let of = each; of < count; of += clusters) {
      const { publicKey, privateKey } = createKeyPair()
      const id = `n-${numbered(of)}`
      const certificate = authority.clientCertificate({ kind: 'node', identity: id, publicKey, days: 30, now })
      const address = `127.1.${of >> 7}.${(of & 127) + 1}`
      const machine = { id, name: `node-${of}`, address }
      machines.push({ ...machine, ca: authority.ca, cert: certificate, key: keyToPem(privateKey) })
      changes.push(
        {
          change: 'add-node',
          node: node({
            ...{ ...machine, clusterId, facts: { ...factsAt(address), ...more }, state: 'READY', generation: 1 },
            ...{ roles: of < clusters ? ['master'] : ['worker'] },
            lastSeen: now.toISOString(),
            agentVersion: '0.1.0',
          }),
        },
        {
          change: 'add-enrolment',
          enrolment: {
            ...{ fingerprint: fingerprint(publicKey), publicKey: spki(publicKey).toString('base64') },
            ...{ nodeId: id, installer: clusterId, state: 'approved', certificate, next: null, createdAt: EARLY },
          },
        },
        {
          change: 'add-run',
          run: run({
            id: `r-${numbered(of)}`,
            nodeId: id,
            role: of < clusters ? 'first-master' : 'worker',
            state: 'done',
            endedAt: EARLY,
          }),
        },
      )
    }
    await store.commit(changes)
  }
  await store.close()
  return machines
}

const numbered = (at: number) => at.toString(36).padStart(10, '0')
