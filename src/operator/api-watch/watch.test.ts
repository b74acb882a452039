import { expect, test } from 'vitest'
import type { Question } from './ask-master.ts'
import { type WatchEnvironment, watchApi } from './watch.ts'

const HOSTS = '/var/lib/x/hosts'

/** A watch of three masters, for this number of looks, with a hook before each look. */
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

test('a master that stops is removed after one look, and added one look after its return', async () => {
  const { written } = await watching(4, (look, { up }) => {
    if (look === 1) up.delete('10.0.0.2')
    if (look === 2) up.add('10.0.0.2')
  })
  expect(written).toEqual(['10.0.0.1 10.0.0.2 10.0.0.3', '10.0.0.1 10.0.0.3', '10.0.0.1 10.0.0.2 10.0.0.3'])
})

test('if none is healthy, the file contains all masters', async () => {
  const { written } = await watching(3, (look, { up }) => {
    if (look === 0) up.delete('10.0.0.1')
    if (look === 1) up.clear()
  })
  expect(written).toEqual(['10.0.0.2 10.0.0.3', '10.0.0.1 10.0.0.2 10.0.0.3'])
})

test('without a CA no master is queried', async () => {
  const { asked, written } = await watching(3, (_, { files }) => void files.delete('/ca'))
  expect(asked).toEqual([])
  expect(written).toEqual(['10.0.0.1 10.0.0.2 10.0.0.3'])
})

test('a later master is discovered from the API, with the certificate of the node', async () => {
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

test('an unchanged file is not written again', async () => {
  const { written } = await watching(3, (look, { files }) => {
    if (look > 0) return
    const lines = ['10.0.0.1', '10.0.0.2', '10.0.0.3'].map((address) => `${address} api.demo.cantrip.internal\n`)
    files.set(HOSTS, lines.join(''))
  })
  expect(written).toEqual([])
})

test('after a restart the masters in the file are queried as well: the initial ones can all be replaced', async () => {
  const { written } = await watching(3, (look, { files, up }) => {
    if (look > 0) return
    files.delete('/pair')
    up.clear()
    up.add('10.0.0.4')
    files.set(HOSTS, '10.0.0.4 api.demo.cantrip.internal\n')
  })
  expect(written).toEqual([])
})
