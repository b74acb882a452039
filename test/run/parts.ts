import { globSync, readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCommand } from './command.ts'
import { oneTest, readSummary, readVitestReport, type Tally, withExit, withoutSummary } from './tally.ts'

export type Outcome = Tally & { readonly output: string }

export interface Part {
  readonly name: string
  /** Parts that must have ended before. */
  readonly after: readonly string[]
  /** Speaks while it runs; the output of others is shown when they have failed. */
  readonly live?: boolean
  run(root: string, onOutput: (text: string) => void): Promise<Outcome>
}

// Two rows side by side, as long as there is work for both; stories on real nodes need the machine for themselves, one by one.
export const parts: readonly Part[] = [
  { name: 'lint', after: [], run: lint },
  { name: 'types', after: ['lint'], run: (root) => single(root, ['tsc', '--noEmit']) },
  { name: 'unit', after: ['types'], run: (root) => vitest(root, 'unit') },
  { name: 'contract', after: ['unit'], run: (root) => vitest(root, 'contract') },
  { name: 'build', after: [], run: (root) => single(root, ['scripts/build']) },
  { name: 'integration', after: ['build'], run: (root) => vitest(root, 'integration') },
  storyPart('e2e', ['contract', 'integration'], 'test/e2e/run.ts'),
  storyPart('restored', ['e2e'], 'test/e2e/restored.ts'),
  storyPart('crashes', ['restored'], 'test/e2e/crash-points.ts'),
  storyPart('one-and-one', ['crashes'], 'test/e2e/shapes.ts', 'one-and-one'),
  storyPart('three-and-one', ['one-and-one'], 'test/e2e/shapes.ts', 'three-and-one'),
  storyPart('name-servers', ['three-and-one'], 'test/e2e/shapes.ts', 'name-servers'),
  storyPart('five-masters', ['name-servers'], 'test/e2e/shapes.ts', 'five-masters'),
  storyPart('two-interfaces', ['five-masters'], 'test/e2e/shapes.ts', 'two-interfaces'),
  storyPart('machine', ['two-interfaces'], 'test/vm/run.ts'),
]

/** The parts that show what was asked for: one by its name, with the build where it starts the executables. */
export function select(name: string | undefined): readonly Part[] {
  if (name === undefined) return parts
  const startsExecutables = name === 'integration' || parts.some((part) => part.name === name && part.live)
  const needed = startsExecutables ? ['build', name] : [name]
  return parts.filter((part) => needed.includes(part.name))
}

/** Stages on real nodes or an emulated machine, told as they go; asked for alone they wait for the executables as well. */
function storyPart(name: string, after: readonly string[], ...argv: readonly string[]): Part {
  return { name, after: ['build', ...after], live: true, run: (root, onOutput) => tellStory(root, argv, onOutput) }
}

async function single(root: string, argv: readonly [string, ...string[]]): Promise<Outcome> {
  const { ok, output } = await runCommand(argv, { cwd: root })
  return { ...oneTest(ok), output }
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

async function vitest(root: string, project: string): Promise<Outcome> {
  const scratch = await mkdtemp(join(tmpdir(), 'cantrip-test-'))
  const report = join(scratch, 'report.json')
  try {
    const { ok, output } = await runCommand(
      ['vitest', 'run', '--project', project, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
      { cwd: root },
    )
    const tally = await readFile(report, 'utf8').then(readVitestReport, () => oneTest(false))
    return { ...withExit(tally, ok), output }
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

async function tellStory(root: string, argv: readonly string[], onOutput: (text: string) => void): Promise<Outcome> {
  const { ok, output } = await runCommand([process.execPath, ...argv], {
    cwd: root,
    onOutput: (text) => onOutput(withoutSummary(text)),
  })
  return { ...withExit(readSummary(output) ?? oneTest(ok), ok), output }
}
