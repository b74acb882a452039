import type { AgentPaths } from '../paths.ts'
import { UNIT_LINES } from './unit.generated.ts'

/** The systemd unit for this installation. */
export function renderUnit({
  executable,
  name,
  instance,
}: Pick<AgentPaths, 'executable' | 'name' | 'instance'>): string {
  const run = instance === undefined ? 'run' : `run --instance ${instance}`
  const lines = UNIT_LINES.map((line) => {
    if (line.startsWith('ExecStart=')) return `ExecStart=${executable} ${run}`
    if (line.startsWith('RuntimeDirectory=')) return `RuntimeDirectory=${name}`
    if (line.startsWith('Description=') && instance !== undefined) return `${line} (${instance})`
    return line.replace('systemctl edit cantrip-agent', `systemctl edit ${name}-agent`)
  })
  return `${lines.join('\n')}\n`
}
