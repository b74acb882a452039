import { waitFor } from '../wait-for.ts'
import { type Containment, findCgroups } from './containment.ts'
import { must, run } from './run.ts'

/**
 * For hosts with cgroup v2 and systemd. nspawn runs in a transient service, and systemd delegates its cgroup with all
 * controllers. The properties are those of systemd-nspawn@.service.
 */
export const cgroupV2: Containment = {
  async start(machine, command, log) {
    const unit = unitOf(machine)
    const properties = [
      ...[
        'Type=exec',
        'Delegate=yes',
        'Slice=machine.slice',
        'KillMode=mixed',
        'TasksMax=infinity',
        'LimitNOFILE=1048576',
      ],
      ...[`StandardOutput=truncate:${log}`, `StandardError=append:${log}`],
    ].flatMap((property) => ['-p', property])
    await must([
      'systemd-run',
      '--quiet',
      '--collect',
      '--service-type=exec',
      `--unit=${unit}`,
      ...properties,
      ...command,
    ])
    const shown = await must(['systemctl', 'show', '--property=MainPID', '--value', unit])
    return Number(shown)
  },
  async remove(machine) {
    const unit = unitOf(machine)
    await run(['systemctl', 'stop', unit])
    await run(['systemctl', 'reset-failed', unit])
    await waitFor(`end of ${unit}`, () => (findCgroups((name) => name === unit).length === 0 ? true : undefined), {
      withinMs: 10_000,
    })
  },
}

const unitOf = (machine: string) => `${machine}.service`
