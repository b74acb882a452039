import type { AgentPaths } from '../paths.ts'

/** From the restart with the new executable, and from each boot, until the former one comes back. */
export const TRIAL_SECONDS = 75

type GuardPaths = Pick<AgentPaths, 'executable' | 'formerExecutable' | 'unit' | 'guardUnitFile'>

export interface Tools {
  mv: string
  systemctl: string
}

/**
 * The service that puts the former executable back. It uses programs of the system only, because neither executable may work. The new
 * agent, once it is welcomed, deletes the former executable: which of the two takes that file first decides.
 */
export function guardUnit({ executable, formerExecutable, unit }: GuardPaths, { mv, systemctl }: Tools): string {
  return `# Written by an update of the node agent, and removed when the controller has welcomed the new version.
[Unit]
Description=Bring the former Cantrip node agent back
ConditionPathExists=${formerExecutable}

[Service]
Type=oneshot
ExecStart=${mv} -f -T ${formerExecutable} ${executable}
ExecStart=${systemctl} --no-block restart ${unit}
`
}

/** Enabled, so that it also runs after a power cut. */
export const GUARD_TIMER = `# Written by an update of the node agent, and removed when the controller has welcomed the new version.
[Unit]
Description=Bring the former Cantrip node agent back unless the controller welcomes the new one

[Timer]
OnActiveSec=${TRIAL_SECONDS}s
AccuracySec=1s

[Install]
WantedBy=timers.target
`
