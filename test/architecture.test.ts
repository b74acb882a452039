import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'

/**
 * Who may import whom. A folder's rule names the folders of src/ that it may import besides itself; the most specific
 * folder counts. Type-only imports count too: a type is knowledge.
 */
const MAY_IMPORT: Record<string, readonly string[]> = {
  errors: [],
  // errors: for the one type that travels, ErrorReport.
  protocol: ['bundle/format', 'errors/agent-error'],
  'bundle/format': [],
  pki: ['errors'],
  host: ['errors'],
  'host/linux': ['errors', 'host', 'protocol/facts'],
  // The recording host is where changing the machine and remembering it meet.
  'host/recording': ['errors', 'host', 'ledger', 'host/linux'],
  ledger: ['errors', 'host', 'host/linux'],
  engine: ['errors', 'host', 'ledger'],
  // How a machine is, and in what it differs from how it was.
  snapshot: ['errors', 'host'],
  report: ['errors', 'engine'],
  bundle: ['errors', 'host', 'protocol', 'roles/params'],
  // ledger: what an earlier run has left is told by its entries alone.
  checks: ['errors', 'host', 'engine', 'protocol', 'ledger/replay', 'ledger/record-format'],
  'checks/catalog.generated': ['checks', 'engine'],
  // What the components that make a Kubernetes node share: paths, kubeadm's phases, the API.
  kubernetes: ['errors', 'host', 'engine', 'protocol', 'roles/params', 'bundle/format'],
  components: [
    'api-watch/settings',
    'kubernetes',
    'errors',
    'host',
    'engine',
    'pki',
    'roles/params',
    'protocol',
    'bundle/format',
  ],
  // A service of its own, which looks after the records of the API's name.
  'api-watch': [],
  // What a master does in the cluster for another node.
  errands: ['errors', 'host', 'kubernetes', 'pki', 'protocol'],
  roles: ['errors', 'host', 'engine', 'components', 'checks', 'protocol', 'bundle/format'],
  operator: ['errors', 'protocol', 'report'],
  agent: [
    'errors',
    'host',
    'ledger',
    'engine',
    'snapshot',
    'report',
    'bundle',
    'checks',
    'components',
    'roles',
    'protocol',
    'pki',
    'version',
  ],
  controller: ['errors', 'protocol', 'report', 'pki', 'bundle', 'version'],
  cli: ['*'],
  'agent.ts': ['*'],
  'controller.ts': ['*'],
}

/** Node modules and packages that only some folders may touch: whoever else needs one goes through these. */
const ONLY_IN: Record<string, readonly string[]> = {
  'node:child_process': ['host/linux', 'bundle/build', 'bundle/sources', 'agent', 'report'],
  systeminformation: ['host/linux'],
  undici: ['host/linux', 'cli/controller', 'controller'],
  tar: ['host/linux', 'bundle', 'cli/agent', 'agent'],
  ws: ['agent', 'controller/hub', 'controller/api'],
  'node:sqlite': ['controller/store'],
  'node-forge': ['pki'],
  'node-forge/lib/asn1.js': ['pki'],
  commander: ['cli', 'agent.ts', 'controller.ts'],
}

const SRC = resolve(import.meta.dirname, '../src')
const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter(
  (f) => f.endsWith('.ts') && !f.endsWith('.test.ts'),
)

function importsOf(file: string): string[] {
  const text = readFileSync(join(SRC, file), 'utf8')
  return [
    ...text.matchAll(
      /(?:^|\n)\s*(?:import|export)\b[^'\n;]*(?:\n[^'\n;]*)*?\bfrom '([^']+)'|import\('([^']+)'\)|^import '([^']+)'/g,
    ),
  ].map((m) => m[1] ?? m[2] ?? m[3] ?? '')
}

const under = (path: string, folder: string) =>
  path === folder || path === `${folder}.ts` || path.startsWith(`${folder}/`)

function ruleOf(file: string): string | undefined {
  return Object.keys(MAY_IMPORT)
    .filter((folder) => under(file, folder))
    .sort((a, b) => b.length - a.length)[0]
}

function breachOf(file: string, rule: string, name: string): string | undefined {
  if (!name.startsWith('.')) {
    const places = Object.entries(ONLY_IN).find(([module]) => name === module)?.[1]
    const allowed = places === undefined || places.some((place) => under(file, place))
    return allowed ? undefined : `${file}: ${name} belongs to ${places.join(', ')}`
  }
  const target = relative(SRC, resolve(SRC, dirname(file), name)).replace(/\.ts$/, '')
  // Siblings among checks and components do not know each other.
  const apart = ['checks', 'components'].includes(rule) && target.split('/')[1] !== file.split('/')[1]
  const allowed = MAY_IMPORT[rule] ?? []
  if (under(target, rule) && !apart) return undefined
  return allowed.includes('*') || allowed.some((folder) => under(target, folder))
    ? undefined
    : `${file}: imports ${target}`
}

function breachesOf(file: string): (string | undefined)[] {
  const rule = ruleOf(file)
  if (rule === undefined) return file.includes('/') ? [`${file}: its folder has no rule`] : []
  return importsOf(file).map((name) => breachOf(file, rule, name))
}

const breaches = () => files.flatMap(breachesOf).filter((breach) => breach !== undefined)

test('every folder imports only what the architecture allows', () => {
  expect(breaches()).toEqual([])
})

test('process.exit stands only in the two roots', () => {
  const guilty = files.filter(
    (f) => !['agent.ts', 'controller.ts'].includes(f) && /process\.exit\(/.test(readFileSync(join(SRC, f), 'utf8')),
  )
  expect(guilty).toEqual([])
})

test('no shell, no unchecked certificate', () => {
  const guilty = files.filter((f) =>
    /shell: true|execSync\(|import \{[^}]*\bexec\b[^}]*\} from .node:child_process|rejectUnauthorized: false/.test(
      readFileSync(join(SRC, f), 'utf8'),
    ),
  )
  expect(guilty).toEqual([])
})
