import { expect, test } from 'vitest'
import type { Question } from './ask-master.ts'
import { type WatchEnvironment, watchApi } from './watch.ts'

const HOSTS = '/var/lib/x/hosts'

/** A watch of three masters, for so many looks; what happens before a look is up to the test. */
async function watching(looks: number, before: (look: number, world: World) => void): Promise<World> {
  const stop = new AbortController()
  const world: World = {
    up: new Set(['10.0.0.1', '10.0.0.2', '10.0.0.3']),
    files: new Map([
      ['/ca', 'CA'],
      ['/pair', 'PAIR'],
    ]),
    endpoints: [],
    asked: [],
    written: [],
  }
  let nowMs = 0
  let look = 0
  before(0, world)
  const surroundings: WatchEnvironment = {
    settings: {
      name: 'api.demo.cantrip.internal',
      port: 6443,
      masters: ['10.0.0.1', '10.0.0.2', '10.0.0.3'],
      ca: '/ca',
      identity: '/pair',
      hosts: HOSTS,
    },
    async ask(question) {
      world.asked.push(question)
      if (!world.up.has(question.address)) return undefined
      const subsets = [{ addresses: world.endpoints.map((ip) => ({ ip })) }]
      return { status: 200, body: question.path === '/readyz' ? 'ok' : JSON.stringify({ subsets }) }
    },
    read: async (path) => world.files.get(path),
    async write(path, text) {
      world.files.set(path, text)
      world.written.push(text.replaceAll(' api.demo.cantrip.internal\n', ' ').trim())
    },
    log: () => undefined,
    nowMs: () => nowMs,
    async sleep(ms) {
      nowMs += ms
      look += 1
      if (look === looks) stop.abort()
      else before(look, world)
    },
    signal: stop.signal,
  }
  await watchApi(surroundings)
  return world
}

interface World {
  up: Set<string>
  files: Map<string, string>
  endpoints: string[]
  asked: Question[]
  written: string[]
}

test('a master that goes is out after one look, one that comes back is in after one', async () => {
  const { written } = await watching(4, (look, { up }) => {
    if (look === 1) up.delete('10.0.0.2')
    if (look === 2) up.add('10.0.0.2')
  })
  expect(written).toEqual(['10.0.0.1 10.0.0.2 10.0.0.3', '10.0.0.1 10.0.0.3', '10.0.0.1 10.0.0.2 10.0.0.3'])
})

test('where none is healthy all stand in the file', async () => {
  const { written } = await watching(3, (look, { up }) => {
    if (look === 0) up.delete('10.0.0.1')
    if (look === 1) up.clear()
  })
  expect(written).toEqual(['10.0.0.2 10.0.0.3', '10.0.0.1 10.0.0.2 10.0.0.3'])
})

test('before the node knows its cluster nobody is asked', async () => {
  const { asked, written } = await watching(3, (_, { files }) => void files.delete('/ca'))
  expect(asked).toEqual([])
  expect(written).toEqual(['10.0.0.1 10.0.0.2 10.0.0.3'])
})

test('a master that came later is found through the cluster, with the certificate of the node', async () => {
  const { asked, written } = await watching(40, (look, { up, endpoints }) => {
    if (look !== 10) return
    endpoints.push('10.0.0.1', '10.0.0.4')
    up.add('10.0.0.4')
  })
  expect(written.at(-1)).toBe('10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4')
  const discoveries = asked.filter(({ path }) => path !== '/readyz')
  expect(discoveries).toHaveLength(2)
  expect(discoveries.every(({ cert, key }) => cert === 'PAIR' && key === 'PAIR')).toBe(true)
})

test('what stands in the file already is not written again', async () => {
  const { written } = await watching(3, (look, { files }) => {
    if (look > 0) return
    const lines = ['10.0.0.1', '10.0.0.2', '10.0.0.3'].map((address) => `${address} api.demo.cantrip.internal\n`)
    files.set(HOSTS, lines.join(''))
  })
  expect(written).toEqual([])
})

test('masters that it knew before it began again are asked as well: the first ones may all be gone', async () => {
  const { written } = await watching(3, (look, { files, up }) => {
    if (look > 0) return
    files.delete('/pair')
    up.clear()
    up.add('10.0.0.4')
    files.set(HOSTS, '10.0.0.4 api.demo.cantrip.internal\n')
  })
  expect(written).toEqual([])
})
