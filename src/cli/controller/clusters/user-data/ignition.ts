import { type Interface, networkdText } from './network.ts'
import type { Preparation, PreparedFile, PreparedUnit } from './preparation.ts'

/** Flatcar reads it since 3185 (2022). */
const VERSION = '3.3.0'

/** A configuration of Ignition, as Flatcar reads it. */
export function ignition(preparation: Preparation, nic: Interface | undefined): string {
  const { files, units, commands, last, hostname, ntp } = preparation
  const more: PreparedFile[] = [
    ...(hostname === undefined ? [] : [plain('/etc/hostname', `${hostname}\n`)]),
    ...(ntp.length > 0 ? [plain('/etc/systemd/timesyncd.conf.d/cantrip.conf', `[Time]\nNTP=${ntp.join(' ')}\n`)] : []),
    ...(nic === undefined ? [] : [plain('/etc/systemd/network/10-cantrip.network', networkdText(nic))]),
  ]
  const config = {
    ignition: { version: VERSION },
    storage: { files: [...files, ...more].map(fileOf) },
    systemd: {
      units: [commandsUnit([...commands, ...last]), ...units].map(({ name, content }) => ({
        ...{ name, enabled: true, contents: content },
      })),
    },
  }
  return `${JSON.stringify(config, null, 2)}\n`
}

const plain = (path: string, content: string): PreparedFile => ({ path, mode: 0o644, content })

function fileOf({ path, mode, content }: PreparedFile) {
  const source = `data:;base64,${Buffer.from(content).toString('base64')}`
  return { path, mode, overwrite: true, contents: { source } }
}

/** Ignition runs no commands. Each of these can run again at every boot. */
function commandsUnit(commands: readonly (readonly string[])[]): PreparedUnit {
  return {
    name: 'cantrip-day0.service',
    content: `[Unit]
Description=Prepare this machine for Kubernetes
Before=cantrip-join.service

[Service]
Type=oneshot
RemainAfterExit=yes
${commands.map((command) => `ExecStart=-${command.map(systemdWord).join(' ')}\n`).join('')}
[Install]
WantedBy=multi-user.target
`,
  }
}

/** A word of a command line of systemd (systemd.service(5), "Command lines"). */
function systemdWord(word: string): string {
  if (/^[\w@+:,./-]+$/.test(word)) return word
  return `"${word.replace(/[\\"]/g, '\\$&').replaceAll('%', '%%').replaceAll('$', '$$$$')}"`
}
