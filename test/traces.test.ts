import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { POD_INTERFACES } from '../src/base/kubernetes-names.ts'
import * as paths from '../src/base/kubernetes-paths.ts'
import { POD_NETWORKS } from '../src/base/pod-network-traces.ts'

const root = join(import.meta.dirname, '../src')
/** A directory of every machine. */
const { UNITS: _, ...traces } = paths

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
  'base/layout.ts': 'the list of what depends on the layout',
  'base/pod-network-traces.ts': 'the list of networks',
}

/** Directories of programs, which differ between layouts. */
const OF_A_LAYOUT = /(?<![\w./-])(\/usr\/local\/(bin|lib)|\/usr\/libexec|\/opt\/(bin|lib|libexec))(?![\w-])/

/** Files that name them, with the reason. */
const NAMING_A_LAYOUT: Record<string, string> = {
  'base/layout.ts': 'the two layouts',
  'bundle/make/image.ts': 'PATH in a container image',
  'bundle/make/images.ts': 'paths in container images',
  'checks/foreign-configuration/unit-directories.ts': 'where systemd looks for units',
  'checks/other-managers/network-files.ts': 'where systemd-networkd looks for files',
  'checks/previous-kubernetes/traces.ts': 'where other distributions of Kubernetes are',
  'checks/sysctl/boot-settings.ts': 'where systemd-sysctl looks for files',
  'cli/controller/service/installation.ts': 'the controller, which is not on nodes',
  'components/containerd/templates.ts': 'PATH of a service',
  'host/files/find-command.ts': 'where programs of the system are',
  'snapshot/look/places.ts': 'what snapshots observe',
}

function withoutComments(source: string): string {
  return source.replace(/\/\*.*?\*\//gs, '').replace(/^\s*\/\/.*$|\s\/\/ .*$/gm, '')
}

const sources = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !file.endsWith('.generated.ts'))
  .sort()
const textOf = (file: string) => withoutComments(readFileSync(join(root, file), 'utf8'))

test('paths, units, links and networks of Kubernetes are written in src/base only', () => {
  expect(sources.filter((file) => LITERAL.test(textOf(file)))).toEqual(Object.keys(EXCEPTIONS).sort())
})

test('where programs are on a node is written in the layouts only', () => {
  expect(sources.filter((file) => OF_A_LAYOUT.test(textOf(file)))).toEqual(Object.keys(NAMING_A_LAYOUT).sort())
})

test('what runs on a node says in which layout it looks at the machine', () => {
  const forgets = (file: string) =>
    /^(agent|cli\/agent)\//.test(file) && /linux(HostView|Machine)\(\)/.test(textOf(file))
  // A pair check only connects, and the first part of `bake --root` only mounts.
  expect(sources.filter(forgets)).toEqual(['agent/pair-check/lazy-pair-checker.ts', 'cli/agent/preparation/bake.ts'])
})
