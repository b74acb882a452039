import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { POD_INTERFACES } from '../src/base/kubernetes-names.ts'
import * as paths from '../src/base/kubernetes-paths.ts'
import { POD_NETWORKS } from '../src/base/pod-network-traces.ts'

const root = join(import.meta.dirname, '../src')
/** BINARIES and UNITS are directories of every machine. */
const { BINARIES: _, UNITS: __, ...traces } = paths

const PATHS = Object.values(traces).flatMap((value) => (typeof value === 'string' ? [value] : Object.values(value)))
// The name of this pod network is also the name of its program.
const NETWORKS = POD_NETWORKS.filter((name) => name !== 'cilium')
const TRACES = [...PATHS, ...POD_INTERFACES, ...NETWORKS]
/** Matches them in strings and in regular expressions. */
const escaped = TRACES.map((trace) => trace.replaceAll('.', '\\\\?\\.').replaceAll('/', '\\\\?/'))
const LITERAL = new RegExp(`(?<![\\w./-])(${escaped.join('|')})(?![\\w-])`)

/** Files that contain them, with the reason. */
const EXCEPTIONS: Record<string, string> = {
  'base/kubernetes-names.ts': 'the list of links',
  'base/kubernetes-paths.ts': 'the list',
  'base/pod-network-traces.ts': 'the list of networks',
}

function withoutComments(source: string): string {
  return source.replace(/\/\*.*?\*\//gs, '').replace(/^\s*\/\/.*$|\s\/\/ .*$/gm, '')
}

test('paths, units, links and networks of Kubernetes are written in src/base only', () => {
  const sources = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !file.endsWith('.generated.ts'))
    .filter((file) => LITERAL.test(withoutComments(readFileSync(join(root, file), 'utf8'))))
  expect(sources.sort()).toEqual(Object.keys(EXCEPTIONS).sort())
})
