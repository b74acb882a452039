import { ETCD_UNIT } from '../../base/kubernetes-paths.ts'
import { BACKUPS } from '../../provision/etcd/backup/places.ts'
import { CONFINED_SERVICE } from '../../provision/steps/units.ts'

/** It remains when the agent is uninstalled and Kubernetes is kept; then the condition skips it. */
export function unit(executable: string): string {
  return `[Unit]
Description=Backup of etcd
After=${ETCD_UNIT}
ConditionPathExists=${executable}

[Service]
Type=oneshot
ExecStart=${executable} etcd-backup
TimeoutStartSec=15min
Nice=10
IOSchedulingClass=idle
UMask=0077
NoNewPrivileges=yes
ProtectSystem=strict
ReadWritePaths=${BACKUPS}
${CONFINED_SERVICE}
`
}

/** Counts from the boot: a timer with times of day that catches up would leave a file of systemd behind. */
export function timer(): string {
  return `[Unit]
Description=Backup of etcd every six hours

[Timer]
OnActiveSec=15min
OnUnitActiveSec=6h
RandomizedDelaySec=10min

[Install]
WantedBy=multi-user.target
`
}
