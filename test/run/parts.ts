import { globSync, readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isFull } from './campaign.ts'
import { runCommand } from './command.ts'
import { oneTest, readSummary, readVitestReport, type Tally, withExit, withoutSummary } from './tally.ts'
import { rotating } from './turns.ts'

export type Outcome = Tally & { readonly output: string }

export interface Part {
  readonly name: string
  /** Parts that must end first. */
  readonly after: readonly string[]
  /** Shows its output while it runs. The output of other parts is shown only if they fail. */
  readonly live?: boolean
  run(root: string, onOutput: (text: string) => void): Promise<Outcome>
}

// These run in parallel. Stories on real nodes need the whole machine, so they run one by one.
const quick: readonly Part[] = [
  { name: 'lint', after: [], run: lint },
  { name: 'types', after: ['lint'], run: types },
  { name: 'unit', after: ['types'], run: (root) => vitest(root, 'unit') },
  { name: 'contract', after: ['unit'], run: (root) => vitest(root, 'contract') },
  { name: 'build', after: [], run: (root) => single(root, ['scripts/build']) },
  { name: 'integration', after: ['build'], run: (root) => vitest(root, 'integration', 2) },
  { name: 'console', after: ['build', 'contract'], run: (root) => vitest(root, 'console') },
]

/** The program of each story, in the order in which they run. */
const stories: Record<string, readonly string[]> = {
  e2e: ['test/e2e/run.ts'],
  hosts: ['test/e2e/hosts/run.ts'],
  restored: ['test/e2e/restored.ts'],
  crashes: ['test/e2e/crash-points.ts'],
  'one-and-one': ['test/e2e/shapes.ts', 'one-and-one'],
  'three-and-one': ['test/e2e/shapes.ts', 'three-and-one'],
  'name-servers': ['test/e2e/shapes.ts', 'name-servers'],
  'five-masters': ['test/e2e/shapes.ts', 'five-masters'],
  'two-interfaces': ['test/e2e/shapes.ts', 'two-interfaces'],
  'shared-machine': ['test/e2e/shapes.ts', 'shared-machine'],
  'packet-filters': ['test/e2e/shapes.ts', 'packet-filters'],
  'earlier-agent': ['test/e2e/shapes.ts', 'earlier-agent'],
  'three-controllers': ['test/e2e/shapes.ts', 'three-controllers'],
  expired: ['test/e2e/shapes.ts', 'expired'],
  grown: ['test/e2e/shapes.ts', 'grown'],
  'agent-update': ['test/e2e/agent-update.ts'],
  'clock-jumps': ['test/e2e/clock-jumps.ts'],
  baked: ['test/e2e/baked.ts'],
  journey: ['test/e2e/shapes.ts', 'journey'],
  upgraded: ['test/e2e/shapes.ts', 'upgraded', ...(isFull ? ['upgraded-trio'] : [])],
  settings: ['test/e2e/shapes.ts', 'settings'],
  'restored-etcd': ['test/e2e/shapes.ts', 'restored-etcd'],
  pushed: ['test/e2e/shapes.ts', 'pushed'],
  'read-only-usr': ['test/e2e/shapes.ts', 'read-only-usr'],
  storage: ['test/e2e/shapes.ts', 'storage'],
  'failing-units': ['test/e2e/failing-units.ts'],
  'controller-service': ['test/e2e/controller-service.ts'],
  packages: ['test/e2e/packages.ts'],
  'add-ons': ['test/e2e/add-ons.ts'],
  machine: ['test/vm/run.ts'],
}

export const partNames: readonly string[] = [...quick.map(({ name }) => name), ...Object.keys(stories)]

/** All parts, with only those rotating stories that are in `turn`. Without `turn` all stories. */
export function allParts(turn: readonly string[] = rotating.map(({ name }) => name)): readonly Part[] {
  const names = Object.keys(stories).filter((name) => turn.includes(name) || !rotating.some((one) => one.name === name))
  return [...quick, ...storyParts(names, ['contract', 'integration', 'console'])]
}

/** One part by its name, with the build if the part runs the executables. Empty if there is no such part. */
export function partNamed(name: string): readonly Part[] {
  const found = storyParts(Object.keys(stories).filter((story) => story === name))
  const needsBuild = found.length > 0 || name === 'integration' || name === 'console'
  return [...quick.filter((part) => part.name === name || (needsBuild && part.name === 'build')), ...found]
}

/** Each story waits for the build and for the story before it; the first one also waits for `after`. */
function storyParts(names: readonly string[], after: readonly string[] = []): Part[] {
  return names.map((name, index) => ({
    name,
    after: ['build', ...(index === 0 ? after : names.slice(index - 1, index))],
    live: true,
    run: (root, onOutput) => runStory(root, stories[name] ?? [], onOutput),
  }))
}

async function single(root: string, argv: readonly [string, ...string[]]): Promise<Outcome> {
  const { ok, output } = await runCommand(argv, { cwd: root })
  return { ...oneTest(ok), output }
}

/** The console is for browsers, and has settings of its own. */
async function types(root: string): Promise<Outcome> {
  const projects = await Promise.all(
    ['.', 'src/console'].map((folder) => runCommand(['tsc', '--noEmit', '-p', folder], { cwd: root })),
  )
  return { ...oneTest(projects.every(({ ok }) => ok)), output: projects.map(({ output }) => output).join('') }
}

async function lint(root: string): Promise<Outcome> {
  const [sources, scripts] = await Promise.all([
    runCommand(['biome', 'check', '.'], { cwd: root }),
    runCommand(['shellcheck', '-x', ...shellScripts(root)], { cwd: root }),
  ])
  return { ...oneTest(sources.ok && scripts.ok), output: sources.output + scripts.output }
}

function shellScripts(root: string): string[] {
  return globSync(['scripts/**', 'test/**', '.ci/*'], { cwd: root, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => path.endsWith('.sh') || /^#!.*\bbash\b/.test(readFileSync(path, 'utf8').slice(0, 80)))
}

/** `workers`: more than vitest would start, for tests that wait most of the time. */
async function vitest(root: string, project: string, workers?: number): Promise<Outcome> {
  const scratch = await mkdtemp(join(tmpdir(), 'cantrip-test-'))
  const report = join(scratch, 'report.json')
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
    const own = workers === undefined ? [] : [`--maxWorkers=${workers}`]
    const { ok, output } = await runCommand(['vitest', 'run', '--project', project, ...reporters, ...own], {
      cwd: root,
    })
    const tally = await readFile(report, 'utf8').then(readVitestReport, () => oneTest(false))
    return { ...withExit(tally, ok), output }
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

async function runStory(root: string, argv: readonly string[], onOutput: (text: string) => void): Promise<Outcome> {
  const { ok, output } = await runCommand([process.execPath, ...argv], {
    cwd: root,
    onOutput: (text) => onOutput(withoutSummary(text)),
  })
  return { ...withExit(readSummary(output) ?? oneTest(ok), ok), output }
}
