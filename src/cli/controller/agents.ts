import type { Command } from 'commander'
import { version } from '../../base/version.ts'
import type { StoredRelease } from '../../bundle/agents/releases.ts'
import { type AgentReleaseView, agentUpdateRoutes } from '../../protocol/api/updates/agent-updates.ts'
import { collect } from '../kit/collect.ts'
import { confirm } from '../kit/confirm.ts'
import {
  type Column,
  examples,
  type Format,
  formatOption,
  localTime,
  type PlainFormat,
  render,
  tableOption,
} from '../kit/output.ts'
import { changeData } from './service/data-owner.ts'
import { printAs, withAdmin, withClient } from './session/session.ts'
import { DEFAULT_KEY, expandHome } from './signing-key.ts'

/** `controller agents build|import|list|remove`. */
export function registerAgents(program: Command): void {
  const agents = program
    .command('agents')
    .description('build, import and remove releases of the agent, to which nodes can be updated')
  registerBuild(agents)
  registerImport(agents)
  registerList(agents)
  registerRemove(agents)
}

function registerBuild(agents: Command): void {
  agents
    .command('build')
    .description('build and sign a release of the agent')
    .requiredOption('--agent <file>', 'executable of the agent, one for each architecture; repeatable', collect)
    .requiredOption('--to <directory>', 'release to write')
    .option('--version <version>', 'name of the release; default: what the executable prints')
    .option(
      '--key <file>',
      'Ed25519 signing key; if it does not exist, it is created together with FILE.pub',
      DEFAULT_KEY,
    )
    .addOption(formatOption())
    .addHelpText('after', examples('controller agents build --agent dist/agent-linux-x64 --to agents'))
    .action(async (flags: { agent: string[]; to: string; version?: string; key: string; output: PlainFormat }) => {
      const { buildRelease } = await import('../../bundle/agents/build-release.ts')
      const { readOrCreateKey } = await import('../../bundle/keys.ts')
      const release = await buildRelease({
        ...{ executables: flags.agent, version: flags.version, own: version.version, output: flags.to },
        ...{ key: await readOrCreateKey(expandHome(flags.key)), now: new Date() },
      })
      const text = `agent ${release.version}: ${flags.to}, signed with ${flags.key}\n`
      await printAs(flags.output, { release: flags.to, ...release }, text)
    })
}

function registerImport(agents: Command): void {
  agents
    .command('import')
    .description('verify a release of the agent and import it into a controller')
    .argument('<directory>', 'release that `agents build` has written')
    .requiredOption('--data <directory>', 'data directory of the controller')
    .option('--key <file>', "public key that verifies the release's signature", `${DEFAULT_KEY}.pub`)
    .addOption(formatOption())
    .addHelpText('after', examples('controller agents import agents --data /var/lib/cantrip-controller'))
    .action(async (path: string, flags: { data: string; key: string; output: PlainFormat }) => {
      const { importRelease } = await import('../../bundle/agents/releases.ts')
      const { readPublicKey } = await import('../../bundle/keys.ts')
      const key = await readPublicKey(expandHome(flags.key))
      const stored = await changeData(flags.data, {
        ...{ action: 'importAgents', reason: `controller agents import ${path}` },
        work: () => importRelease(path, flags.data, key),
        changes: (release) => [releaseChange(release, 'added')],
      })
      const text = `agent ${stored.version}: imported for ${archesOf(stored)}\n`
      await printAs(flags.output, summary(stored), text)
    })
}

function registerList(agents: Command): void {
  withAdmin(agents.command('list'))
    .description('list the releases of the agent that are imported at the controller that answers')
    .option('--data <directory>', 'list those of this data directory instead')
    .addOption(tableOption())
    .addHelpText(
      'after',
      examples('controller agents list', 'controller agents list --data /var/lib/cantrip-controller'),
    )
    .action(async (flags: { admin?: string; data?: string; output: Format }) => {
      const { data } = flags
      const rows =
        data === undefined
          ? await withClient(flags, (client) => client.ask(agentUpdateRoutes.listAgentReleases, {}))
          : await releasesIn(data)
      process.stdout.write(await render(flags.output, rows, rows, COLUMNS))
    })
}

async function releasesIn(data: string): Promise<AgentReleaseView[]> {
  const { listReleases } = await import('../../bundle/agents/releases.ts')
  return (await listReleases(data)).map(summary)
}

function registerRemove(agents: Command): void {
  agents
    .command('remove')
    .description('remove a release of the agent from a controller')
    .argument('<version>', 'version, or the first 12 or more digits of ID, as `agents list` shows them')
    .requiredOption('--data <directory>', 'data directory of the controller')
    .option('-y, --yes', 'do not ask for confirmation')
    .addOption(formatOption())
    .addHelpText('after', examples('controller agents remove 1.2.0 --data /var/lib/cantrip-controller'))
    .action(async (name: string, flags: { data: string; yes?: boolean; output: PlainFormat }) => {
      const { removeRelease } = await import('../../bundle/agents/releases.ts')
      await confirm(`Remove release ${name} of the agent?`, flags.yes)
      const removed = await changeData(flags.data, {
        ...{ action: 'removeAgents', reason: `controller agents remove ${name}` },
        work: () => removeRelease(name, flags.data),
        changes: (release) => [releaseChange(release, 'removed')],
      })
      await printAs(flags.output, summary(removed), `agent ${removed.version}: removed\n`)
    })
}

const COLUMNS: Column<AgentReleaseView>[] = [
  { title: 'VERSION', of: (row) => row.version },
  { title: 'ARCH', of: ({ arch }) => arch.join(',') },
  { title: 'CREATED', of: ({ createdAt }) => localTime(createdAt) },
  { title: 'ID', of: ({ id }) => id.slice(0, 12) },
]

const releaseChange = ({ id, version: name }: StoredRelease, change: 'added' | 'removed') =>
  ({ record: 'agent release', id, name, change, fields: {} }) as const

const archesOf = ({ files }: StoredRelease) => files.map(({ arch }) => arch).join(' and ')

function summary({ version: name, id, createdAt, files }: StoredRelease): AgentReleaseView {
  return { version: name, id, createdAt, arch: files.map(({ arch }) => arch), files }
}
