import type { AgentPaths } from '../paths.ts'

type Named = Pick<AgentPaths, 'name' | 'instance' | 'executable' | 'dayZeroDirectory' | 'firstBootUnit'>

const HEAD = '# Written by "agent bake".'

/** Starts the registration as soon as there are credentials, also if cloud-init writes them after this unit was started. */
export const firstBootPath = ({ dayZeroDirectory, firstBootUnit }: Named): string => `${HEAD}
[Unit]
Description=Credentials for the Cantrip node agent
Documentation=man:systemd.path(5)

[Path]
PathExistsGlob=${dayZeroDirectory}/*.pem
Unit=${firstBootUnit}

[Install]
WantedBy=multi-user.target
`

/**
 * cloud-init writes the credentials before it sets the hostname, which becomes the name of the node. systemd before 244 refuses
 * `Restart=` with `Type=oneshot`.
 */
export const firstBootService = ({ executable, instance }: Named): string => `${HEAD}
[Unit]
Description=Registration of this machine with the Cantrip controller
Documentation=man:systemd.service(5)
After=network.target cloud-init.service cloud-config.service
StartLimitIntervalSec=0

[Service]
Type=simple
ExecStart=${executable} first-boot${instance === undefined ? '' : ` --instance ${instance}`}
Restart=on-failure
RestartSec=30
`

/**
 * Not every distribution creates the host keys that "agent bake --seal" removes, and sshd does not start without them. ssh-keygen -A
 * creates only what is missing or empty. Not before ssh.socket: sockets come before this service, which would be an ordering cycle.
 */
export const hostKeysService = (): string => `${HEAD}
[Unit]
Description=SSH host keys of this machine
Documentation=man:ssh-keygen(1)
Before=ssh.service sshd.service

[Service]
Type=oneshot
ExecStart=/usr/bin/ssh-keygen -A
RemainAfterExit=yes

[Install]
WantedBy=multi-user.target
`
