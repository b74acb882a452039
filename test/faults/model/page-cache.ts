import type { FakeNode } from '../../support/fake-files.ts'
import type { FakeMachine } from '../../support/fake-machine.ts'
import { isVolatile } from './boot.ts'

export interface PageCache {
  /** A power cut: files that programs wrote without a sync may be empty. */
  lose(random: () => number): void
  forget(): void
}

/** Other programs do not sync their files, so their data stays in memory for a while (30 s on ext4). */
export function pageCache(machine: FakeMachine): PageCache {
  const unsynced = new Set<string>()
  const { files, execute } = machine
  machine.execute = (argv, options) => {
    if (argv[0] === 'sync') for (const path of argv.slice(1)) unsynced.delete(path)
    const before = new Map<string, FakeNode>(files.nodes)
    const done = execute(argv, options)
    for (const [path, node] of files.nodes) {
      if (node.kind === 'file' && before.get(path) !== node && !isVolatile(path)) unsynced.add(path)
    }
    return done
  }
  return {
    lose(random) {
      for (const path of unsynced) {
        const node = files.nodes.get(path)
        if (node?.kind === 'file' && random() < 0.3) files.nodes.set(path, { ...node, bytes: Buffer.alloc(0) })
      }
      unsynced.clear()
    },
    forget: () => unsynced.clear(),
  }
}
