import { dirname } from 'node:path/posix'
import { ETCD_CONFIGURATION, KUBERNETES } from '../../base/kubernetes-paths.ts'
import { hasVote } from '../../provision/etcd/etcd-members.ts'
import { ETCD_PKI, KUBERNETES_PKI } from '../../provision/paths.ts'
import type { ProvisionStep } from '../../provision/provision.ts'
import { SHARED_FILES } from '../../provision/shared-files.ts'

/** Holds the id of the run whose turn it is; in memory, because a run requests its turn again after a reboot. */
const TURN = '/run/cantrip-join/turn'
const files = Object.entries(SHARED_FILES)

export const acceptInvitation: ProvisionStep = {
  id: 'shared-keys/accept-invitation',
  marks: 'awaits-admission',
  title: 'Requesting an invitation from a master',
  async isDone(host, params) {
    const stats = await Promise.all(files.map(([, { path }]) => host.stat(path)))
    if (!stats.every((stat) => stat?.kind === 'file' && stat.size > 0)) return false
    // Each run requests its turn, even if an earlier run received the keys: another master may be joining in the meantime.
    // A node that has joined needs no turn.
    return (await host.read(TURN)) === params.run || (await hasVote(host, params.node.address))
  },
  async apply(host, params, context) {
    await host.makeDirectory(ETCD_CONFIGURATION, 0o700)
    await host.makeDirectory(ETCD_PKI, 0o700)
    await host.makeDirectory(KUBERNETES)
    await host.makeDirectory(KUBERNETES_PKI)
    if (host.isDryRun) return
    const invitation = await params.requestInvitation(context)
    if (invitation.role !== 'master') throw new Error('found an invitation for a worker')
    for (const [name, { path, mode }] of files) {
      const text = invitation.files[name]
      if (text === undefined) throw new Error(`found an invitation without ${name}`)
      await host.write(path, text, mode)
    }
    await host.makeDirectory(dirname(TURN), 0o700)
    await host.write(TURN, params.run, 0o600)
  },
}
