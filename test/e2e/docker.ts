import { exec, execOk, type Node } from '../support/testbed/machine.ts'
import { unpackPackage } from '../support/testbed/unpack-package.ts'
import { waitFor } from '../support/wait-for.ts'
import { IMAGE, importImage } from './test-pod.ts'

const PACKAGES = ['libdevmapper1.02.1', 'tini', 'runc', 'containerd', 'docker.io']
const CTR = ['/usr/bin/ctr', '--namespace', 'own']

/** Starts Docker and containerd from Debian packages, with one running container each, created by docker and by ctr. */
export async function startDocker(node: Node, signal: AbortSignal): Promise<void> {
  for (const name of PACKAGES) await unpackPackage(node, name, signal)
  await execOk(node, ['groupadd', '--system', 'docker'])
  await execOk(node, ['systemctl', 'daemon-reload'])
  await execOk(node, ['systemctl', 'start', 'containerd.service', 'docker.service'], { timeoutMs: 120_000 })
  await importImage(node, [...CTR, 'images', 'import'])
  await execOk(node, [...CTR, 'run', '--detach', IMAGE, 'foreign', '/bin/busybox', 'sleep', '86400'])
  await execOk(node, [...CTR, 'images', 'export', '/root/busybox.tar', IMAGE])
  await execOk(node, ['docker', 'load', '--input', '/root/busybox.tar'])
  await execOk(node, ['rm', '/root/busybox.tar'])
  await execOk(node, [
    'docker',
    'run',
    '--detach',
    '--name',
    'foreign',
    '--publish',
    '8080:80',
    IMAGE,
    'sleep',
    '86400',
  ])
  await waitFor('both containers', async () => ((await dockerState(node)).containers ? true : undefined), {
    withinMs: 30_000,
  })
}

/** Everything that would change if something touched Docker: processes, units, containers, images, leases, snapshots. */
export async function dockerState(node: Node): Promise<Record<string, string>> {
  const ask = async (...argv: string[]) => {
    const { code, stdout, stderr } = await exec(node, argv, { timeoutMs: 30_000 })
    return code === 0 ? stdout : `exit code ${code}: ${stderr}`
  }
  const properties = '--property=Id,MainPID,FragmentPath,ExecMainStartTimestamp,ActiveState'
  const ctr = (...argv: string[]) => ask(...CTR, ...argv)
  return {
    units: await ask('systemctl', 'show', properties, 'containerd.service', 'docker.service'),
    server: (await ctr('version')).split('Server:')[1] ?? 'no answer',
    namespaces: await ask('/usr/bin/ctr', 'namespaces', 'list', '--quiet'),
    containers: await ask('docker', 'ps', '--no-trunc', '--format', '{{.ID}} {{.Names}} {{.State}} {{.Ports}}'),
    pid: await ask('docker', 'inspect', '--format', '{{.State.Pid}}', 'foreign'),
    tasks: await ctr('tasks', 'list'),
    images: `${await ctr('images', 'list', '--quiet')}${await ask('docker', 'images', '--no-trunc', '--quiet')}`,
    leases: await ctr('leases', 'list'),
    snapshots: await ctr('snapshots', 'list'),
  }
}
