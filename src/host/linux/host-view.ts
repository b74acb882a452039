import { availableParallelism, hostname, totalmem } from 'node:os'
import { setTimeout } from 'node:timers/promises'
import { type Layout, STANDARD } from '../../base/layout.ts'
import type { HostView } from '../host.ts'
import { ask } from './commands.ts'
import { diskSpace, list, read, readFileItself, readLink, sha256, stat } from './files/files.ts'
import { linuxNetwork } from './network/network.ts'
import { syncTimes } from './network/sync-times.ts'

/** A view of the machine on which this process runs. */
export function linuxHostView(layout: Layout = STANDARD): HostView {
  return {
    ask,
    read,
    readFileItself,
    stat,
    readLink,
    list,
    diskSpace,
    syncTimes,
    sha256,
    uid: () => process.geteuid?.() ?? 0,
    arch: () => (process.arch === 'arm64' ? 'arm64' : 'x64'),
    layout,
    hostname,
    memoryBytes: totalmem,
    cpuCount: availableParallelism,
    now: () => new Date(),
    async sleep(ms, signal) {
      signal?.throwIfAborted()
      try {
        await setTimeout(ms, undefined, { signal })
      } catch (error) {
        // The timer rejects with an AbortError, but the contract is to reject with the signal's reason.
        signal?.throwIfAborted()
        throw error
      }
    },
    network: linuxNetwork,
  }
}
