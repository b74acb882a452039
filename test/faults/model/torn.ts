import { temporaryPath } from '../../../src/host/machine.ts'
import type { FakeNode } from '../../support/fake-files.ts'
import type { FakeKubernetes } from '../../support/fake-kubernetes.ts'
import type { FakeMachine } from '../../support/fake-machine.ts'
import type { Effect } from '../crashing-world.ts'

/** Files are replaced by rename, which also replaces the temporary file of an earlier try. */
export function renameOver(machine: FakeMachine): void {
  const { writeFile, installFile, moveFile, createLink, restoreFile, files } = machine
  const done = (path: string) => files.delete(temporaryPath(path))
  machine.writeFile = (path, content, mode) => writeFile(path, content, mode).then(() => done(path))
  machine.installFile = (source, path, mode) => installFile(source, path, mode).then(() => done(path))
  machine.moveFile = (source, path, mode) => moveFile(source, path, mode).then(() => done(path))
  machine.createLink = (target, path) => createLink(target, path).then(() => done(path))
  machine.restoreFile = (backup, path, attributes) => restoreFile(backup, path, attributes).then(() => done(path))
}

/** The state after an interrupted effect. Cantrip replaces files by rename; other programs write them in place. */
export function tearing(fake: FakeKubernetes, random: () => number) {
  const { files } = fake.host
  const half = (bytes: Uint8Array) => Buffer.from(bytes.subarray(0, Math.floor(bytes.length * random())))
  const leave = (path: string, bytes: Uint8Array) => files.seed(temporaryPath(path), half(bytes), { mode: 0o600 })

  return async (name: string, args: unknown[], effect: Effect): Promise<void> => {
    const [first = '', second = ''] = args.map(String)
    switch (name) {
      case 'writeFile':
        return leave(first, Buffer.from(args[1] as string))
      case 'moveFile': {
        const bytes = files.bytes(first) ?? Buffer.alloc(0)
        files.seed(temporaryPath(second), bytes)
        // Either copied or moved.
        if (random() < 0.5) files.delete(first)
        return
      }
      case 'installFile':
      case 'restoreFile':
        return leave(second, files.bytes(first) ?? Buffer.alloc(0))
      case 'createLink':
        return files.seedLink(temporaryPath(second), first)
      case 'backUp':
        return void (await effect(...args))
      case 'download': {
        const { path } = args[0] as { path: string }
        if (random() < 0.5) files.seed(`${path}.zst.part`, 'com')
        return files.seed(`${path}.part`, 'par')
      }
      case 'removeTree':
        return void (random() < 0.5 && removeSome(first))
      case 'setUnit': {
        const wanted = args[1] as { enabled?: boolean }
        if (wanted.enabled !== undefined) await effect(first, { enabled: wanted.enabled })
        return
      }
      case 'execute':
        return executeSome(() => effect(...args))
    }
  }

  /** Deletes part of a tree, deepest entries first. */
  function removeSome(path: string): void {
    const below = [...files.nodes.keys()].filter((each) => each.startsWith(`${path}/`))
    const order = below.sort((a, b) => b.split('/').length - a.split('/').length)
    for (const each of order.slice(0, Math.floor(order.length * random()))) files.nodes.delete(each)
  }

  /** The first files are complete, one is truncated, and the others are unchanged. The first objects exist. */
  async function executeSome(effect: () => Promise<unknown>): Promise<void> {
    const before = new Map([...files.nodes].map(([path, node]) => [path, { ...node }]))
    const [objects, images] = [[...fake.objects], [...fake.images]]
    // The commands of the fake write synchronously, so that files of other programs are not included.
    const done = effect()
    const written = [...files.nodes].filter(([path, node]) => node.kind === 'file' && !same(node, before.get(path)))
    const whole = Math.floor(random() * (written.length + 1))
    written.slice(whole).forEach(([path, node], index) => {
      const earlier = before.get(path)
      if (index === 0 && node.kind === 'file') files.nodes.set(path, { ...node, bytes: half(node.bytes) })
      else if (earlier) files.nodes.set(path, earlier)
      else files.nodes.delete(path)
    })
    const added = [...fake.objects].slice(objects.length)
    for (const [path] of added.slice(Math.floor(random() * (added.length + 1)))) fake.objects.delete(path)
    fake.images.clear()
    for (const [image, isPinned] of images) fake.images.set(image, isPinned)
    await done
  }
}

function same(node: FakeNode, other: FakeNode | undefined): boolean {
  return node.kind === 'file' && other?.kind === 'file' && node.bytes.equals(other.bytes)
}
