import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { linuxHostView } from '../../src/host/linux/host-view.ts'
import { sandboxNamespaces } from '../../src/ledger/undo/network/sandbox-namespaces.ts'

const root = mkdtempSync(join(tmpdir(), 'cantrip-database-'))
afterAll(() => rmSync(root, { recursive: true }))

const OF_SANDBOX = 'cni-668faa69-e4a8-a619-4d71-c9bf47747bf6'
const OF_ANNOTATION = 'cni-dd51c4e9-3420-f44b-8387-9747b658d0ec'

test("the database lists the network namespaces of its sandboxes; a path in a pod's annotation is ignored", async () => {
  const annotation = JSON.stringify({ NetNSPath: `/var/run/netns/${OF_ANNOTATION}` })
  const sandbox = {
    Config: { annotations: { a: annotation, b: OF_ANNOTATION } },
    NetNSPath: `/var/run/netns/${OF_SANDBOX}`,
    IP: '',
  }
  const directory = join(root, 'io.containerd.metadata.v1.bolt')
  mkdirSync(directory)
  writeFileSync(join(directory, 'meta.db'), Buffer.from(`\0\xff${JSON.stringify(sandbox)}\0`, 'latin1'))
  expect(await sandboxNamespaces(root, linuxHostView())).toEqual([OF_SANDBOX])
  expect(await sandboxNamespaces(`${root}/gone`, linuxHostView())).toEqual([])
})
