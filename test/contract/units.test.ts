import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { STANDARD } from '../../src/base/layout.ts'
import { unit as containerd } from '../../src/components/containerd/templates.ts'
import { unit as etcd } from '../../src/components/etcd/templates.ts'
import { unit as etcdBackup, timer as etcdBackupTimer } from '../../src/components/etcd-backup/templates.ts'
import { unit as kubelet, dropIn as kubeletDropIn } from '../../src/components/kubelet/templates.ts'
import { apiWatchUnit, dnsUnit } from '../../src/components/node-dns/templates.ts'

const directory = mkdtempSync(join(tmpdir(), 'units-'))
afterAll(() => rmSync(directory, { recursive: true }))

const UNITS: Record<string, string> = {
  'cantrip-containerd.service': containerd(STANDARD, { hasProxy: true }),
  'etcd.service': etcd(STANDARD, '/etc/etcd/etcd.yaml'),
  'kubelet.service': kubelet(STANDARD),
  'kubelet.service.d/10-kubeadm.conf': kubeletDropIn(STANDARD),
  'cantrip-node-dns.service': dnsUnit(STANDARD, ['/usr/bin/systemctl', '--no-block', 'try-restart', 'x.service']),
  'cantrip-api-watch.service': apiWatchUnit(STANDARD),
  'cantrip-etcd-backup.service': etcdBackup('/usr/local/bin/cantrip-agent'),
  'cantrip-etcd-backup.timer': etcdBackupTimer(),
}

test('systemd accepts every line of the generated units', () => {
  mkdirSync(join(directory, 'kubelet.service.d'))
  for (const [name, text] of Object.entries(UNITS)) writeFileSync(join(directory, name), text)
  cpSync(join(import.meta.dirname, '../../systemd/cantrip-agent.service'), join(directory, 'cantrip-agent.service'))
  const units = [...Object.keys(UNITS).filter((name) => /\.(service|timer)$/.test(name)), 'cantrip-agent.service']
  const argv = ['verify', '--man=no', ...units.map((name) => join(directory, name))]
  const { stderr } = spawnSync('systemd-analyze', argv, { encoding: 'utf8' })
  // The programs need not exist on this machine.
  const complaints = stderr.split('\n').filter((line) => line.includes(directory) && !/is not executable/.test(line))
  expect(complaints).toEqual([])
})
