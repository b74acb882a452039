// A page of 100 nodes of a controller with 5,000 ÷ the same page of one with 100; and what the CLI needs to list them all.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startController } from '../../src/controller/start.ts'
import type { NodeView } from '../../src/protocol/api/nodes.ts'
import { adminOf, call } from '../support/controller/client.ts'
import { runController } from '../support/controller/process.ts'
import { createFleet } from './fleet.ts'
import { median, report } from './measure.ts'

const PAGES = 15

/** As many as a worker has. */
const certificates = ['agent', 'kubelet-client', 'kubelet-server', 'node-pair'].map((name) => ({
  ...({ name, owner: 'kubelet', renewedBy: 'agent' } as const),
  ...{ notBefore: new Date(Date.now() - 86_400_000).toISOString(), notAfter: '2099-01-01T00:00:00.000Z' },
}))

const few = await measure(100)
const many = await measure(5_000)
const ms = (value: number) => `${value.toFixed(1)} ms`
console.log(`page of 100: at 100 nodes ${ms(few.pageMs)}, at 5,000 ${ms(many.pageMs)}`)
console.log(`controller node list: at 100 nodes ${ms(few.listMs)}, at 5,000 ${ms(many.listMs)}`)
console.log(`a pass over all clusters: at 100 nodes ${ms(few.passMs)}, at 5,000 ${ms(many.passMs)}`)
report('list-nodes', many.pageMs / few.pageMs, 5, 'a page of 100 nodes at 5,000 to one at 100')

async function measure(count: number) {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'bench-'))
  await createFleet(dataDirectory, count, 1, { certificates })
  const controller = await startController({ dataDirectory, listen: { host: '127.0.0.1', port: 0 }, tickMs: 600_000 })
  try {
    const pages: number[] = []
    for (let each = 0; each < PAGES; each++) {
      const [items, pageMs] = await timed(async () => {
        const { json, text } = await call(controller.url, adminOf(controller), 'GET', '/v1/nodes?limit=100')
        if (json.items === undefined) throw new Error(text)
        return json.items as NodeView[]
      })
      if (items.length !== Math.min(100, count)) throw new Error(`the page has ${items.length} nodes`)
      pages.push(pageMs)
    }
    const [list, listMs] = await timed(() => runController(['node', 'list', '--admin', controller.adminFile]))
    if (list.out.split('\n').length < count) throw new Error(list.err || 'not all nodes are listed')
    const passes: number[] = []
    for (let each = 0; each < 5; each++) passes.push((await timed(() => controller.tick()))[1])
    return { pageMs: median(pages), listMs, passMs: median(passes) }
  } finally {
    await controller.close()
    rmSync(dataDirectory, { recursive: true })
  }
}

async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
  const startedMs = performance.now()
  const result = await work()
  return [result, performance.now() - startedMs]
}
