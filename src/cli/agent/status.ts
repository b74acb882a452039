import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import type { AgentPaths } from '../../agent/paths.ts'
import type { ServiceStatus } from '../../agent/status.ts'
import { withOwnPath } from '../../report/own-commands.ts'
import { ExitCode } from '../kit/exit-codes.ts'
import { formatOption } from '../kit/output.ts'
import { ownProgram } from '../kit/own-program.ts'
import { FORMATS, type Format, optionsOf, pathsFor } from './surroundings.ts'

export function registerStatus(program: Command): void {
  program
    .command('status')
    .summary('show connection, state, current run and step, and versions')
    .description('Shows the state of the agent on this machine.')
    .addOption(formatOption(FORMATS))
    .addHelpText('after', '\nExamples:\n  agent status\n  agent status -o json\n')
    .action(async (_: object, command: Command) => {
      const options = optionsOf<{ output: Format }>(command)
      const paths = pathsFor(options.instance)
      const { readStatus } = await import('../../agent/status.ts')
      const status = readStatus(paths.statusFile)
      if (options.output === 'json') process.stdout.write(`${JSON.stringify(jsonOf(status))}\n`)
      else process.stdout.write(status ? statusText(status) : notRunning(paths, existsSync(paths.unitFile)))
      if (!status) process.exitCode = ExitCode.stepFailed
    })
}

function jsonOf(status: ServiceStatus | undefined) {
  return {
    state: status?.state ?? null,
    nodeId: status?.nodeId ?? null,
    cluster: status?.cluster ?? null,
    controller: status?.controller ?? null,
    connected: status?.connected ?? false,
    run: status?.run ?? null,
    agentVersion: status?.agentVersion ?? null,
    kubernetesVersion: status?.kubernetesVersion ?? null,
    fingerprint: status?.fingerprint ?? null,
    problem: status?.problem ?? null,
  }
}

export function statusText(status: ServiceStatus): string {
  const { run, problem } = status
  const doing = run ? `${run.role} (${run.id}): ${run.step ?? 'starting'}, ${run.done} of ${run.of} steps` : 'none'
  const lines: [string, string][] = [
    ['state', status.state ?? 'not registered yet'],
    ['node', `${status.nodeId ?? '-'}, key ${status.fingerprint ?? '-'}`],
    ['cluster', status.cluster ?? '-'],
    ['controller', linkText(status)],
    ['run', doing],
    ['agent', status.agentVersion],
    ['kubernetes', status.kubernetesVersion ?? '-'],
    ...(problem
      ? [
          ['problem', problem.message] as [string, string],
          ['fix', withOwnPath(problem.fix, ownProgram('agent'))] as [string, string],
        ]
      : []),
  ]
  return lines.map(([name, value]) => `${name.padEnd(11)} ${value}\n`).join('')
}

/** The agent connects after its approval; until then it polls. */
function linkText({ controller, connected, state, problem }: ServiceStatus): string {
  if (state === 'DISCOVERED' && !connected && problem === null)
    return 'waiting for an administrator to approve this node'
  return `${controller ?? '-'}, ${connected ? 'connected' : 'not connected'}`
}

/** After an uninstallation there is no unit to check. */
export function notRunning({ unit, unitFile }: Pick<AgentPaths, 'unit' | 'unitFile'>, isInstalled: boolean): string {
  return isInstalled
    ? `The agent is not running. Check: systemctl status ${unit}\n`
    : `The agent is not installed on this machine: ${unitFile} does not exist\n`
}
